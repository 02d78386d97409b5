//! Invariants of the page.

use super::super::demo;
use super::super::model::Campaign;
use super::*;

const SECTIONS: [&str; 11] = [
    "matrix", "pairs", "window", "chance", "vanish", "cost", "memory", "incident", "race", "far",
    "method",
];

/// Elements without an end tag.
const VOID: [&str; 2] = ["meta", "!doctype"];

/// Fails unless every start tag has its end tag, in order. Quotes must close before their tag does.
fn assert_nested(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = tag_end(rest).unwrap_or_else(|| panic!("a tag does not end: {:.60}", rest));
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        let name = tag
            .trim_start_matches('/')
            .split([' ', '\n', '/'])
            .next()
            .unwrap();
        if tag.starts_with('/') {
            let inner = open.pop();
            assert_eq!(inner, Some(name), "</{name}> closes {inner:?} in {open:?}");
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

fn tag_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == '>' && !quoted).then_some(at)
    })
}

fn assert_offline(page: &str) {
    for load in [
        "http:",
        "https:",
        "//cdn",
        "<link",
        "<img",
        "<iframe",
        "@import",
        "url(",
        "javascript:",
    ] {
        assert!(!page.contains(load), "the page holds '{load}'");
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("<script type=\"application/json\""));
    assert!(page.len() < PAGE_BYTES_MAX / 5, "{} bytes", page.len());
}

#[test]
fn a_full_campaign_fills_every_section_and_needs_no_network() {
    for campaign in [demo::campaign(), demo::failing()] {
        let page = render(&campaign).unwrap();
        assert_nested(&page);
        assert_offline(&page);
        for id in SECTIONS {
            assert_eq!(
                page.matches(&format!("<section id=\"{id}\">")).count(),
                1,
                "{id}"
            );
        }
        assert!(
            !page.contains("class=\"empty\""),
            "a full campaign leaves nothing empty"
        );
        assert!(!page.contains("NaN"), "a figure is not a number");
        assert!(!page.contains("inf "), "a figure is infinite");
        assert_eq!(
            page,
            render(&campaign).unwrap(),
            "the same campaign gives the same page"
        );
    }
}

#[test]
fn an_empty_campaign_says_so_in_every_section() {
    let page = render(&Campaign::default()).unwrap();
    assert_nested(&page);
    assert_offline(&page);
    assert!(page.contains("NOTHING RAN"));
    assert_eq!(page.matches("class=\"empty\"").count(), SECTIONS.len());
    assert_eq!(page.matches("<svg").count(), 0);
}

#[test]
fn the_matrix_shows_counts_bounds_and_tapes() {
    let page = render(&demo::failing()).unwrap();
    let cell = "<td class=\"bad\"><a href=\"./F-3a91c2.tape\">✗ 3/400</a><small>0.75 %\n[0.26, 2.18]</small></td>";
    assert_eq!(
        page.matches(cell).count(),
        2,
        "once in the short matrix and once in the long one"
    );
    assert!(page.contains("<td class=\"ok\">✓ 0/400<small>≤ 0.75 %</small></td>"));
    assert!(page.contains(">◆ 203/400</a>"), "a caught canary");
    assert!(page.contains("18 clean"), "clean predicates share a row");
    let matrix = page.split("<section id=\"matrix\">").nth(1).unwrap();
    let failing = matrix
        .split("</tr>")
        .find(|row| row.contains("F-3a91c2"))
        .unwrap();
    let before = failing.split("F-3a91c2").next().unwrap();
    // Column 0 is the predicate; the depths are 100, 1k, 3k, 10k, 25k, 50k, 100k.
    assert_eq!(
        before.matches("<td").count() - 1,
        7,
        "the cell stands under 100k"
    );
}

#[test]
fn words_of_a_campaign_cannot_become_elements() {
    let mut campaign = demo::failing();
    let hostile = "</script><script>alert(1)</script>\"'><b>";
    campaign.findings[0].story = hostile.to_owned();
    campaign.environment.scenario = hostile.to_owned();
    campaign.overlay.as_mut().unwrap().series[0].name = hostile.to_owned();
    campaign.story.as_mut().unwrap().events[0].what = hostile.to_owned();
    for cell in campaign
        .cells
        .iter_mut()
        .filter(|cell| cell.engine == "spool")
    {
        cell.engine = hostile.to_owned();
    }
    let page = render(&campaign).unwrap();
    assert_nested(&page);
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.contains("<b>\""), "an element came from the data");
}

#[test]
fn the_page_carries_the_campaign() {
    let campaign = demo::failing();
    let page = render(&campaign).unwrap();
    let json = page
        .split("id=\"campaign\">")
        .nth(1)
        .unwrap()
        .split("</script>")
        .next()
        .unwrap();
    assert_eq!(super::super::json::read(json).unwrap(), campaign);
}

#[test]
fn one_measured_cell_is_enough_for_a_page() {
    let mut campaign = demo::campaign();
    campaign.cells.truncate(1);
    let page = render(&campaign).unwrap();
    assert_nested(&page);
    assert!(page.contains("too few for a fit"));
    campaign.cells[0].runs = 0;
    campaign.cells[0].crashed = 0;
    campaign.cells[0].predicates.clear();
    assert_nested(&render(&campaign).unwrap());
}
