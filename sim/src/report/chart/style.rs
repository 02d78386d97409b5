//! What marks, lines and words look like.

/// What a mark is painted with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Ink {
    /// The colour of an engine, by its place among the engines.
    Engine(usize),
    /// Words.
    Text,
    /// Words of less weight.
    Muted,
    /// Lines to read along.
    Grid,
    /// What went wrong.
    Alarm,
    /// The page.
    Paper,
}

impl Ink {
    /// The value of a `fill` or `stroke` attribute.
    pub(in super::super) fn paint(self) -> &'static str {
        const ENGINES: [&str; 5] = [
            "var(--e0,#1f6fb2)",
            "var(--e1,#c4501b)",
            "var(--e2,#1e8a5f)",
            "var(--e3,#8e4a9e)",
            "var(--e4,#7a6a1f)",
        ];
        match self {
            Ink::Engine(place) => ENGINES[place % ENGINES.len()],
            Ink::Text => "var(--ink,#1b1f24)",
            Ink::Muted => "var(--muted,#5a6370)",
            Ink::Grid => "var(--rule,#dfe3e8)",
            Ink::Alarm => "var(--bad,#b3261e)",
            Ink::Paper => "var(--paper,#ffffff)",
        }
    }
}

/// The shape of a marker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Shape {
    /// A disc.
    Circle,
    /// A square frame, wide enough to show a disc that coincides with it.
    Square,
    /// A triangle.
    Triangle,
    /// A square on its corner.
    Diamond,
    /// An open diamond: seen by people and not simulated.
    Open,
}

impl Shape {
    /// The shape of an engine, by its place among the engines.
    pub(in super::super) fn of_engine(place: usize) -> Self {
        [
            Shape::Circle,
            Shape::Square,
            Shape::Triangle,
            Shape::Diamond,
        ][place % 4]
    }
}

/// Where a text stands from its point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Anchor {
    /// It begins there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// How a text is written.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in super::super) struct TextStyle {
    /// Its colour.
    pub(in super::super) ink: Ink,
    /// Its height, in the drawing's units.
    pub(in super::super) size: f64,
    /// Where it stands from its point.
    pub(in super::super) anchor: Anchor,
    /// Whether it is heavy.
    pub(in super::super) bold: bool,
    /// Whether the paper shows around it, so that it can be read over lines.
    pub(in super::super) halo: bool,
}

/// How a line is drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in super::super) struct Stroke {
    /// Its colour.
    pub(in super::super) ink: Ink,
    /// Its width, in the drawing's units.
    pub(in super::super) width: f64,
    /// Whether it is broken up.
    pub(in super::super) pattern: Pattern,
}

/// How a line is broken up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Pattern {
    /// Not at all.
    Solid,
    /// Into dashes.
    Dashes,
    /// Into dots.
    Dots,
}

impl Stroke {
    /// A solid line.
    pub(in super::super) fn solid(ink: Ink, width: f64) -> Self {
        Stroke {
            ink,
            width,
            pattern: Pattern::Solid,
        }
    }

    /// The attributes of an element.
    pub(super) fn attributes(self) -> String {
        let dash = match self.pattern {
            Pattern::Solid => "",
            Pattern::Dashes => r#" stroke-dasharray="7 5""#,
            Pattern::Dots => r#" stroke-dasharray="1.5 4" stroke-linecap="round""#,
        };
        format!(
            r#"stroke="{}" stroke-width="{}"{dash}"#,
            self.ink.paint(),
            self.width
        )
    }
}
