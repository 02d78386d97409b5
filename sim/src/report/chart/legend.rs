//! The legend above a plot.

use super::draw::{TEXT, stroke_of, text, text_width};
use super::style::{Anchor, Ink, Shape, Stroke};
use super::svg::Svg;
use super::{Chart, Layer};

const ROW: f64 = 22.0;

/// The named layers, in rows that fit.
pub(super) struct Legend<'a> {
    rows: Vec<Vec<Entry<'a>>>,
    left: f64,
}

struct Entry<'a> {
    name: &'a str,
    ink: Ink,
    mark: Mark,
}

enum Mark {
    Line(Stroke),
    Point(Shape),
}

impl<'a> Legend<'a> {
    /// The legend of `chart` between `left` and `right`.
    pub(super) fn of(chart: &'a Chart, left: f64, right: f64) -> Self {
        let mut entries: Vec<Entry<'a>> = chart.layers.iter().filter_map(entry).collect();
        // In the order of the engines and not of the layers, because layers lie from back to front.
        entries.sort_by_key(|entry| match entry.ink {
            Ink::Engine(place) => place,
            _ => usize::MAX,
        });
        let mut rows: Vec<Vec<Entry<'a>>> = Vec::new();
        let mut used = f64::INFINITY;
        for entry in entries {
            let width = entry.width();
            if right - left < used + width {
                rows.push(Vec::new());
                used = 0.0;
            }
            used += width;
            rows.last_mut()
                .expect("the first entry opens a row")
                .push(entry);
        }
        Legend { rows, left }
    }

    /// How much room it takes above the plot.
    pub(super) fn height(&self) -> f64 {
        if self.rows.is_empty() {
            0.0
        } else {
            ROW * self.rows.len() as f64 + 6.0
        }
    }

    /// Draws it at the top.
    pub(super) fn draw(&self, svg: &mut Svg) {
        for (row, entries) in self.rows.iter().enumerate() {
            let y = 14.0 + ROW * row as f64;
            let mut x = self.left;
            for entry in entries {
                match entry.mark {
                    Mark::Line(stroke) => svg.line((x, y), (x + 24.0, y), stroke),
                    Mark::Point(shape) => svg.marker((x + 12.0, y), shape, entry.ink),
                }
                svg.text(
                    (x + 31.0, y + 4.5),
                    entry.name,
                    text(Ink::Text, Anchor::Start),
                );
                x += entry.width();
            }
        }
    }
}

impl Entry<'_> {
    fn width(&self) -> f64 {
        text_width(self.name, TEXT) + 50.0
    }
}

fn entry(layer: &Layer) -> Option<Entry<'_>> {
    match layer {
        Layer::Line {
            name: Some(name),
            ink,
            dash,
            ..
        } => Some(Entry {
            name,
            ink: *ink,
            mark: Mark::Line(stroke_of(*ink, *dash)),
        }),
        Layer::Dots {
            name: Some(name),
            ink,
            shape,
            ..
        } => Some(Entry {
            name,
            ink: *ink,
            mark: Mark::Point(*shape),
        }),
        _ => None,
    }
}
