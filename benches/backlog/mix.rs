//! A policy that gives the mock's alerts the incident's mix of dispositions.
//!
//! The incident's ledger had 61.6 % benign, 26.5 % known false positives, 9.2 % for review and 2.6 % escalated. The starter
//! policy knows a third of the mock's alerts by their level alone, and sends them to a person.

use policy::{Files, LoadOptions, POLICY_TOML, Policy, starter};

/// The incident's shares in percent, in the order of `Disposition::ALL`.
pub(crate) const INCIDENT: [f64; 4] = [61.6, 26.5, 9.2, 2.6];

/// One signature over the starter's.
struct Added {
    path: &'static str,
    text: &'static str,
}

const ADDED: [Added; 5] = [
    Added {
        path: "filters/mf_bench_releases.yml",
        text: include_str!("policy/mf_bench_releases.yml"),
    },
    Added {
        path: "filters/mf_bench_inventory.yml",
        text: include_str!("policy/mf_bench_inventory.yml"),
    },
    Added {
        path: "filters/mf_bench_tool_files.yml",
        text: include_str!("policy/mf_bench_tool_files.yml"),
    },
    Added {
        path: "rules/bench_unknown_users.yml",
        text: include_str!("policy/bench_unknown_users.yml"),
    },
    Added {
        path: "rules/bench_web_scans.yml",
        text: include_str!("policy/bench_web_scans.yml"),
    },
];

/// The services of the mock's alerts, each with its group, its rule and a field.
const FORMS: [(&str, &str, &str, &str); 4] = [
    ("syscheck", "syscheck", "550", "syscheck.path"),
    ("sysmon", "sysmon", "92000", "data.win.eventdata.image"),
    ("auth", "authentication_failed", "5710", "data.srcuser"),
    ("rootcheck", "rootcheck", "510", "data.file"),
];

/// The starter's signatures, those of the mix, and as many that match nothing as make `signatures`.
pub(crate) fn policy(signatures: u32) -> Policy {
    let mut files = starter();
    for Added { path, text } in ADDED {
        files.insert(path, text);
    }
    let known = files.iter().filter(|(path, _)| path.ends_with(".yml"));
    let known = u32::try_from(known.count()).expect("few signatures");
    for number in known..signatures {
        add_filter(&mut files, number);
    }
    assert!(files.get(POLICY_TOML).is_some(), "the starter has settings");
    Policy::load(&files, LoadOptions::default()).expect("the policy is sound")
}

/// A filter as people write them, for one rule or for every rule of its service.
fn add_filter(files: &mut Files, number: u32) {
    let at = number as usize;
    let (service, group, rule, field) = FORMS[at % FORMS.len()];
    // A fleet has a hundred rules that speak often; the mock's alerts are of seven.
    let own = format!("{}", 1_000 + at % 100);
    let rule = if (at / 4).is_multiple_of(20) {
        rule
    } else {
        own.as_str()
    };
    let rules = match at / 4 % 10 {
        9 => "any".to_owned(),
        _ => format!("[wazuh_{rule}]"),
    };
    let modifier = ["", "|contains", "|startswith", "|endswith"][at / 4 % 4];
    let value = format!("/srv/app{number}/cache");
    let sample = |text: &str| {
        let alert = nested(field, text);
        format!("{{rule: {{id: '{rule}', level: 5, groups: [{group}]}}, {alert}}}")
    };
    let text = format!(
        "title: Signature {number}\nid: 00000000-0000-4000-8000-{number:012}\nlogsource:\n  product: wazuh\n  \
         service: {service}\nfilter:\n  rules: {rules}\n  selection:\n    {field}{modifier}: {value}\n  other:\n    \
         agent.name: elsewhere-{number}\n    {field}|re: '^/opt/[a-z]+{number}$'\n  condition: not 1 of them\n\
         disposition: known_fp\nowner: o\nticket: t\nexpires: 2030-01-01\nmax_level: high\ntests:\n  match:\n    - {}\n  \
         no_match:\n    - {}\n",
        sample(&value),
        sample("/etc/x"),
    );
    files.insert(format!("filters/mf_signature_{number:04}.yml"), text);
}

/// `a.b: text` as nested YAML in braces, without the outermost.
fn nested(field: &str, text: &str) -> String {
    let (first, rest) = field.split_once('.').unwrap_or((field, ""));
    match rest {
        "" => format!("{first}: '{text}'"),
        rest => format!("{first}: {{{}}}", nested(rest, text)),
    }
}
