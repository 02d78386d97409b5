//! Charts as inline SVG, without scripts and without a style sheet of their own.
//!
//! A [`Chart`] is data: two axes and layers, drawn in order. Colours are presentation attributes of the form
//! `var(--name,#rrggbb)`: the page's light or dark scheme sets the variable, and where a strict policy drops the page's
//! style sheet, the colour behind the comma remains. Each series has its own marker shape too, so colour never stands alone.

mod axis;
mod draw;
mod legend;
mod style;
mod svg;

pub(super) use axis::Axis;
pub(super) use style::{Anchor, Ink, Shape, Stroke, TextStyle};
pub(super) use svg::{Svg, cut_to_width};

use crate::stats::Interval;

/// How wide a chart is drawn. Text keeps its size; only the plot shrinks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Size {
    /// The width of the page.
    Full,
    /// Two beside each other.
    Half,
}

/// A chart: axes, and layers from back to front.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    /// What it shows, for readers who cannot see it.
    pub(super) alt: String,
    /// How wide it is.
    pub(super) size: Size,
    /// The horizontal axis.
    pub(super) x: Axis,
    /// The vertical axis.
    pub(super) y: Axis,
    /// What is drawn, from back to front.
    pub(super) layers: Vec<Layer>,
}

/// One thing that is drawn.
#[derive(Clone, Debug)]
pub(super) enum Layer {
    /// Everything right of `from` is shaded, because no data lie there.
    Beyond { from: f64, label: String },
    /// The area between two curves.
    Band {
        ink: Ink,
        points: Vec<(f64, Interval)>,
    },
    /// A curve. Unnamed curves stay out of the legend.
    Line {
        ink: Ink,
        dash: Dash,
        points: Vec<(f64, f64)>,
        name: Option<String>,
    },
    /// Measured points with their error bars.
    Dots {
        ink: Ink,
        shape: Shape,
        points: Vec<Dot>,
        name: Option<String>,
    },
    /// A horizontal line with its label.
    Level { y: f64, label: String },
    /// From a point on a curve down to the axis, with a label and the interval of its place.
    Drop {
        ink: Ink,
        x: f64,
        y: f64,
        interval: Interval,
        label: String,
    },
    /// A cross at the upper edge: something happened at `x`. The `row` counts from the top.
    Cross {
        ink: Ink,
        x: f64,
        row: usize,
        label: String,
    },
    /// An observed point with its words beside it.
    Note {
        x: f64,
        y: f64,
        label: String,
        side: Side,
    },
}

/// Where the words of a point stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    /// Centred above it.
    Above,
    /// Centred below it.
    Below,
    /// To its right and below, where a rising curve leaves room.
    LowerRight,
}

/// How a curve is dashed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dash {
    /// What was measured or fitted within the data.
    Solid,
    /// What lies beyond the data.
    Dashed,
    /// What competes with the preferred fit.
    Dotted,
}

/// A point and the interval around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dot {
    /// Horizontal place.
    pub(super) x: f64,
    /// Vertical place.
    pub(super) y: f64,
    /// Vertical error bar.
    pub(super) bar: Option<Interval>,
}

impl Chart {
    /// Draws the chart. The same chart gives the same bytes.
    pub(super) fn svg(&self) -> String {
        draw::chart(self)
    }
}
