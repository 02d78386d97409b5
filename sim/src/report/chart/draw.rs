//! From a chart to its drawing.

use super::legend::Legend;
use super::style::{Anchor, Ink, Pattern, Shape, Stroke, TextStyle};
use super::svg::Svg;
use super::{Chart, Dash, Dot, Layer, Side, Size};
use crate::stats::Interval;

pub(super) const TEXT: f64 = 13.0;

/// Where the plot lies within the drawing.
struct Frame<'a> {
    chart: &'a Chart,
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// Draws a chart.
pub(super) fn chart(chart: &Chart) -> String {
    let (width, plot_height) = match chart.size {
        Size::Full => (800.0, 330.0),
        Size::Half => (390.0, 210.0),
    };
    let left = 86.0;
    let legend = Legend::of(chart, left, width);
    let top = 12.0 + legend.height();
    let frame = Frame {
        chart,
        left,
        top,
        width: width - left - 22.0,
        height: plot_height,
    };
    let mut svg = Svg::new(width, top + plot_height + 52.0, &chart.alt);
    legend.draw(&mut svg);
    for layer in &chart.layers {
        if let Layer::Beyond { from, .. } = layer {
            frame.beyond(&mut svg, *from);
        }
    }
    frame.grid(&mut svg);
    for layer in &chart.layers {
        frame.layer(&mut svg, layer);
    }
    for layer in &chart.layers {
        frame.words(&mut svg, layer);
    }
    svg.finish()
}

impl Frame<'_> {
    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x(x), self.y(y))
    }

    fn x(&self, x: f64) -> f64 {
        self.left + self.width * self.chart.x.place(x)
    }

    fn y(&self, y: f64) -> f64 {
        self.top + self.height * (1.0 - self.chart.y.place(y))
    }

    fn right(&self) -> f64 {
        self.left + self.width
    }

    fn bottom(&self) -> f64 {
        self.top + self.height
    }

    fn grid(&self, svg: &mut Svg) {
        let rule = Stroke::solid(Ink::Grid, 1.0);
        for (tick, words) in self.chart.x.ticks() {
            let x = self.x(tick);
            svg.line((x, self.top), (x, self.bottom()), rule);
            svg.text(
                (x, self.bottom() + 18.0),
                &words,
                text(Ink::Muted, Anchor::Middle),
            );
        }
        for (tick, words) in self.chart.y.ticks() {
            let y = self.y(tick);
            svg.line((self.left, y), (self.right(), y), rule);
            svg.text(
                (self.left - 8.0, y + 4.5),
                &words,
                text(Ink::Muted, Anchor::End),
            );
        }
        let axis = Stroke::solid(Ink::Muted, 1.2);
        svg.line(
            (self.left, self.bottom()),
            (self.right(), self.bottom()),
            axis,
        );
        let middle = self.left + self.width / 2.0;
        let below = (middle, self.bottom() + 42.0);
        svg.text(below, self.chart.x.label(), text(Ink::Text, Anchor::Middle));
        let beside = (15.0, self.top + self.height / 2.0);
        svg.text_upwards(
            beside,
            self.chart.y.label(),
            text(Ink::Text, Anchor::Middle),
        );
    }

    fn beyond(&self, svg: &mut Svg, from: f64) {
        let (x, right) = (self.x(from), self.right());
        let corners = [
            (x, self.top),
            (right, self.top),
            (right, self.bottom()),
            (x, self.bottom()),
        ];
        svg.area(&corners, Ink::Muted, 0.09);
    }

    fn layer(&self, svg: &mut Svg, layer: &Layer) {
        match layer {
            Layer::Band { ink, points } => self.band(svg, *ink, points),
            Layer::Line {
                ink, dash, points, ..
            } => {
                // A curve ends at the upper edge: drawn along it, it would claim a value.
                let high = self.chart.y.high();
                let shown = points.iter().filter(|p| p.1 <= high);
                let points: Vec<_> = shown.map(|p| self.at(p.0, p.1)).collect();
                svg.path(&points, stroke_of(*ink, *dash));
            }
            Layer::Dots {
                ink, shape, points, ..
            } => {
                for dot in points {
                    self.dot(svg, *ink, *shape, *dot);
                }
            }
            Layer::Level { y, .. } if self.chart.y.shows(*y) => {
                let y = self.y(*y);
                let stroke = Stroke {
                    ink: Ink::Muted,
                    width: 1.3,
                    pattern: Pattern::Dashes,
                };
                svg.line((self.left, y), (self.right(), y), stroke);
            }
            Layer::Drop {
                ink,
                x,
                y,
                interval,
                ..
            } => self.drop(svg, *ink, (*x, *y), *interval),
            Layer::Cross { ink, x, row, .. } => {
                let at = (self.x(*x), self.cross_row(*row));
                let line = Stroke {
                    ink: *ink,
                    width: 1.0,
                    pattern: Pattern::Dashes,
                };
                svg.line((at.0, at.1 + 7.0), (at.0, self.bottom()), line);
                svg.cross(at, *ink);
            }
            Layer::Note { x, y, .. } => svg.marker(self.at(*x, *y), Shape::Open, Ink::Text),
            Layer::Beyond { .. } | Layer::Level { .. } => {}
        }
    }

    fn band(&self, svg: &mut Svg, ink: Ink, points: &[(f64, Interval)]) {
        let low = points.iter().map(|(x, band)| self.at(*x, band.low));
        let high = points.iter().rev().map(|(x, band)| self.at(*x, band.high));
        let outline: Vec<_> = low.chain(high).collect();
        if 4 <= outline.len() {
            svg.area(&outline, ink, 0.16);
        }
    }

    fn dot(&self, svg: &mut Svg, ink: Ink, shape: Shape, dot: Dot) {
        let at = self.at(dot.x, dot.y);
        if let Some(bar) = dot.bar {
            let stroke = Stroke::solid(ink, 1.6);
            let (low, high) = (self.y(bar.low), self.y(bar.high));
            svg.line((at.0, low), (at.0, high), stroke);
            svg.line((at.0 - 4.0, low), (at.0 + 4.0, low), stroke);
            svg.line((at.0 - 4.0, high), (at.0 + 4.0, high), stroke);
        }
        svg.marker(at, shape, ink);
    }

    fn drop(&self, svg: &mut Svg, ink: Ink, at: (f64, f64), interval: Interval) {
        let (x, y) = self.at(at.0, at.1);
        svg.line(
            (x, y),
            (x, self.bottom()),
            Stroke {
                ink,
                width: 1.2,
                pattern: Pattern::Dashes,
            },
        );
        let bar = self.bottom() - 5.0;
        let (low, high) = (self.x(interval.low), self.x(interval.high));
        svg.line((low, bar), (high, bar), Stroke::solid(ink, 3.0));
    }

    /// The words of a layer, drawn last so that no line crosses them.
    fn words(&self, svg: &mut Svg, layer: &Layer) {
        let small = |ink, anchor| TextStyle {
            size: 12.0,
            halo: true,
            ..text(ink, anchor)
        };
        match layer {
            Layer::Beyond { from, label } => {
                let at = (self.x(*from) + 8.0, self.top + 17.0);
                svg.text(at, label, small(Ink::Muted, Anchor::Start));
            }
            Layer::Level { y, label } if self.chart.y.shows(*y) => {
                let at = (self.left + 8.0, self.y(*y) - 5.0);
                svg.text(at, label, small(Ink::Muted, Anchor::Start));
            }
            Layer::Drop { x, y, label, .. } => {
                let (x, y) = self.at(*x, *y);
                svg.text((x - 8.0, y - 12.0), label, small(Ink::Text, Anchor::End));
            }
            Layer::Cross { x, row, label, .. } => {
                let x = self.x(*x);
                let (at, anchor) = self.beside(x, 9.0, label);
                svg.text(
                    (at, self.cross_row(*row) + 4.5),
                    label,
                    small(Ink::Text, anchor),
                );
            }
            Layer::Note { x, y, label, side } => {
                let (x, y) = self.at(*x, *y);
                let (at, anchor) = match side {
                    Side::Above => ((x, y - 11.0), Anchor::Middle),
                    Side::Below => ((x, y + 20.0), Anchor::Middle),
                    Side::LowerRight => ((x + 9.0, y + 18.0), Anchor::Start),
                };
                svg.text(at, label, small(Ink::Text, anchor));
            }
            _ => {}
        }
    }

    /// Right of `x`, or left of it where the words would leave the plot.
    fn beside(&self, x: f64, gap: f64, label: &str) -> (f64, Anchor) {
        if x + gap + text_width(label, 12.0) <= self.right() {
            (x + gap, Anchor::Start)
        } else {
            (x - gap, Anchor::End)
        }
    }

    fn cross_row(&self, row: usize) -> f64 {
        self.top + 12.0 + 19.0 * row as f64
    }
}

pub(super) fn stroke_of(ink: Ink, dash: Dash) -> Stroke {
    match dash {
        Dash::Solid => Stroke::solid(ink, solid_width(ink)),
        Dash::Dashed => Stroke {
            ink,
            width: 2.0,
            pattern: Pattern::Dashes,
        },
        Dash::Dotted => Stroke {
            ink,
            width: 1.5,
            pattern: Pattern::Dots,
        },
    }
}

/// Neighbours among the engines alternate between thin and wide, so that two curves that coincide are both seen.
fn solid_width(ink: Ink) -> f64 {
    match ink {
        Ink::Engine(place) if place % 2 == 1 => 4.6,
        _ => 2.0,
    }
}

pub(super) fn text(ink: Ink, anchor: Anchor) -> TextStyle {
    TextStyle {
        ink,
        size: TEXT,
        anchor,
        bold: false,
        halo: false,
    }
}

pub(super) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * 0.56
}
