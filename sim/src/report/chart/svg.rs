//! The few elements of SVG that the charts need.

use super::style::{Anchor, Ink, Shape, Stroke, TextStyle};
use std::fmt::Write as _;

/// A drawing that grows by elements.
#[derive(Debug)]
pub(in super::super) struct Svg {
    width: f64,
    height: f64,
    alt: String,
    body: String,
}

impl Svg {
    /// An empty drawing; `alt` is read to those who cannot see it.
    pub(in super::super) fn new(width: f64, height: f64, alt: &str) -> Self {
        Svg {
            width,
            height,
            alt: alt.to_owned(),
            body: String::new(),
        }
    }

    /// A line from `a` to `b`.
    pub(in super::super) fn line(&mut self, a: (f64, f64), b: (f64, f64), stroke: Stroke) {
        let (a, b) = ((round(a.0), round(a.1)), (round(b.0), round(b.1)));
        self.push(&format!(
            r#"<line x1="{}" y1="{}" x2="{}" y2="{}" {}/>"#,
            a.0,
            a.1,
            b.0,
            b.1,
            stroke.attributes()
        ));
    }

    /// A line through `points`.
    pub(in super::super) fn path(&mut self, points: &[(f64, f64)], stroke: Stroke) {
        if points.is_empty() {
            return;
        }
        self.push(&format!(
            r#"<polyline points="{}" fill="none" stroke-linejoin="round" {}/>"#,
            joined(points),
            stroke.attributes()
        ));
    }

    /// A curve from `a` to `b` that bends towards `bend`, with an arrow head at its end.
    pub(in super::super) fn arrow(
        &mut self,
        a: (f64, f64),
        b: (f64, f64),
        bend: f64,
        stroke: Stroke,
    ) {
        self.push(&format!(
            r#"<path d="M{} {} C{} {} {} {} {} {}" fill="none" {}/>"#,
            round(a.0),
            round(a.1),
            round(bend),
            round(a.1),
            round(bend),
            round(b.1),
            round(b.0),
            round(b.1),
            stroke.attributes()
        ));
        // The curve arrives horizontally, so the head points along the axis.
        let back = if bend < b.0 { -8.0 } else { 8.0 };
        let head = [b, (b.0 + back, b.1 - 4.5), (b.0 + back, b.1 + 4.5)];
        self.area(&head, stroke.ink, 1.0);
    }

    /// A filled polygon.
    pub(in super::super) fn area(&mut self, points: &[(f64, f64)], ink: Ink, opacity: f64) {
        self.push(&format!(
            r#"<polygon points="{}" fill="{}" fill-opacity="{opacity}"/>"#,
            joined(points),
            ink.paint()
        ));
    }

    /// A marker at `at`.
    pub(in super::super) fn marker(&mut self, at: (f64, f64), shape: Shape, ink: Ink) {
        let (x, y) = at;
        match shape {
            Shape::Circle => {
                let (x, y) = (round(x), round(y));
                let paint = ink.paint();
                self.push(&format!(
                    r#"<circle cx="{x}" cy="{y}" r="4.2" fill="{paint}"/>"#
                ));
            }
            Shape::Square => {
                let (left, top) = (round(x - 5.4), round(y - 5.4));
                let stroke = Stroke::solid(ink, 2.0).attributes();
                self.push(&format!(
                    r#"<rect x="{left}" y="{top}" width="10.8" height="10.8" fill="none" {stroke}/>"#
                ));
            }
            Shape::Triangle => {
                self.area(
                    &[(x, y - 5.2), (x + 4.9, y + 3.8), (x - 4.9, y + 3.8)],
                    ink,
                    1.0,
                );
            }
            Shape::Diamond => self.area(&diamond(x, y, 5.4), ink, 1.0),
            Shape::Open => {
                self.push(&format!(
                    r#"<polygon points="{}" fill="{}" {}/>"#,
                    joined(&diamond(x, y, 5.6)),
                    Ink::Paper.paint(),
                    Stroke::solid(ink, 2.0).attributes()
                ));
            }
        }
    }

    /// A cross at `at`.
    pub(in super::super) fn cross(&mut self, at: (f64, f64), ink: Ink) {
        let (x, y) = at;
        let stroke = Stroke::solid(ink, 2.4);
        self.line((x - 4.5, y - 4.5), (x + 4.5, y + 4.5), stroke);
        self.line((x - 4.5, y + 4.5), (x + 4.5, y - 4.5), stroke);
    }

    /// Words at `at`.
    pub(in super::super) fn text(&mut self, at: (f64, f64), words: &str, style: TextStyle) {
        self.words(at, words, style, "");
    }

    /// Words that read upwards along a vertical axis.
    pub(in super::super) fn text_upwards(&mut self, at: (f64, f64), words: &str, style: TextStyle) {
        let turn = format!(
            r#" transform="rotate(-90 {} {})""#,
            round(at.0),
            round(at.1)
        );
        self.words(at, words, style, &turn);
    }

    fn words(&mut self, at: (f64, f64), words: &str, style: TextStyle, turn: &str) {
        let anchor = match style.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let weight = if style.bold {
            r#" font-weight="600""#
        } else {
            ""
        };
        let halo = if style.halo {
            let paper = Ink::Paper.paint();
            format!(
                r#" stroke="{paper}" stroke-width="4" stroke-linejoin="round" paint-order="stroke""#
            )
        } else {
            String::new()
        };
        self.push(&format!(
            r#"<text x="{}" y="{}" font-size="{}" fill="{}"{anchor}{weight}{halo}{turn}>{}</text>"#,
            round(at.0),
            round(at.1),
            style.size,
            style.ink.paint(),
            escape(words)
        ));
    }

    fn push(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    /// The finished element, to stand in a page.
    pub(in super::super) fn finish(self) -> String {
        format!(
            "<svg viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" aria-label=\"{alt}\" \
             font-family=\"system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif\">\n\
             <title>{alt}</title>\n{body}</svg>",
            w = self.width,
            h = self.height,
            alt = escape(&self.alt),
            body = self.body
        )
    }
}

/// `text` shortened to what fits in `width` at a text height of `size`, with a dot leader if something was cut.
///
/// Nothing knows the reader's font, so the estimate is a wide one.
pub(in super::super) fn cut_to_width(text: &str, width: f64, size: f64) -> String {
    let fits = (width / (size * 0.54)).floor().max(1.0) as usize;
    if text.chars().count() <= fits {
        return text.to_owned();
    }
    let kept: String = text.chars().take(fits.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Text that may stand in an element or in an attribute.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

fn diamond(x: f64, y: f64, r: f64) -> [(f64, f64); 4] {
    [(x, y - r), (x + r, y), (x, y + r), (x - r, y)]
}

fn joined(points: &[(f64, f64)]) -> String {
    let mut text = String::with_capacity(points.len() * 12);
    for (x, y) in points {
        write!(text, "{},{} ", round(*x), round(*y)).expect("writing to a string cannot fail");
    }
    text.truncate(text.trim_end().len());
    text
}

/// A tenth of a unit is finer than a pixel; more digits would only be bytes.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_words_cannot_break_out_of_an_element() {
        let mut svg = Svg::new(10.0, 10.0, "a \"b\" <c>");
        let style = TextStyle {
            ink: Ink::Text,
            size: 12.0,
            anchor: Anchor::Start,
            bold: false,
            halo: true,
        };
        svg.text((1.0, 2.0), "</svg><script>\u{0}&'", style);
        let text = svg.finish();
        assert!(!text.contains("<script"), "{text}");
        assert_eq!(text.matches("</svg>").count(), 1);
        assert!(
            text.contains("&lt;/svg&gt;&lt;script&gt; &amp;&#39;"),
            "{text}"
        );
    }

    #[test]
    fn long_words_are_cut_and_short_ones_are_not() {
        assert_eq!(cut_to_width("short", 100.0, 12.0), "short");
        let cut = cut_to_width("a sentence that is too long for its column", 100.0, 12.0);
        assert!(cut.ends_with('…'), "{cut}");
        assert!(cut.chars().count() <= 15, "{cut}");
    }
}
