//! What a page is made of. The template knows these forms and no statistics.

/// A numbered part of the page.
pub(super) struct Section {
    /// The anchor that links lead to.
    pub(super) id: &'static str,
    /// The heading.
    pub(super) title: &'static str,
    /// What follows, in order.
    pub(super) blocks: Vec<Block>,
}

/// One thing below a heading.
pub(super) enum Block {
    /// A paragraph.
    Prose(String),
    /// Why there is nothing to show.
    Empty(String),
    /// Short statements, one a line.
    List(Vec<String>),
    /// One figure, or several beside each other, under one caption.
    Figure(Figure),
    /// A table.
    Table(Table),
    /// A line to paste into a terminal.
    Command(String),
}

/// Drawings under one caption.
pub(super) struct Figure {
    /// The drawings: finished elements.
    pub(super) drawings: Vec<String>,
    /// What they show.
    pub(super) caption: String,
}

/// A table, whole or folded away.
#[derive(Default)]
pub(super) struct Table {
    /// What it shows.
    pub(super) caption: String,
    /// If it is folded away: the words to open it with.
    pub(super) fold: Option<String>,
    /// The words over the columns.
    pub(super) head: Vec<String>,
    /// The rows, in groups.
    pub(super) groups: Vec<Group>,
    /// Whether the columns after the first hold figures.
    pub(super) figures: bool,
}

/// Rows that belong together.
#[derive(Default)]
pub(super) struct Group {
    /// Their common heading; empty if they need none.
    pub(super) title: String,
    /// The rows.
    pub(super) rows: Vec<Vec<Td>>,
}

/// One cell of a table.
#[derive(Clone, Default)]
pub(super) struct Td {
    /// What it says.
    pub(super) text: String,
    /// What it adds in smaller letters.
    pub(super) small: String,
    /// The class that colours it: `ok`, `bad`, `caught`, `quiet` or nothing.
    pub(super) class: &'static str,
    /// Where it leads.
    pub(super) link: Option<String>,
}

impl Td {
    /// A cell that says only `text`.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Td {
            text: text.into(),
            ..Td::default()
        }
    }

    /// The same cell in a class.
    pub(super) fn class(self, class: &'static str) -> Self {
        Td { class, ..self }
    }

    /// The same cell with smaller words under its text.
    pub(super) fn small(self, small: impl Into<String>) -> Self {
        Td {
            small: small.into(),
            ..self
        }
    }
}

impl Table {
    /// A table of plain text.
    pub(super) fn plain(caption: &str, head: &[&str], rows: Vec<Vec<String>>) -> Self {
        let rows = rows
            .into_iter()
            .map(|row| row.into_iter().map(Td::new).collect())
            .collect();
        Table {
            caption: caption.to_owned(),
            head: head.iter().map(|word| (*word).to_owned()).collect(),
            groups: vec![Group {
                title: String::new(),
                rows,
            }],
            ..Table::default()
        }
    }
}
