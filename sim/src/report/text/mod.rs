//! The campaign for a terminal: lines that a person reads and a log keeps.
//!
//! Colour and Unicode are arguments, and neither carries meaning alone: `FAIL` is a word, a failing cell has a mark. Without
//! colour the text is the same. The last two lines keep the shapes that readers of logs know.

mod axes;
mod gate;
mod incident;
mod swarm;
mod sweep;
#[cfg(test)]
mod tests;

pub use gate::gate;
pub use sweep::sweep;

use clap::builder::styling::{AnsiColor, Style};

/// How a text is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextOptions<'a> {
    /// With ANSI colours.
    pub colour: bool,
    /// With ASCII alone.
    pub ascii: bool,
    /// Only the verdict, the findings and the lines that reproduce them.
    pub quiet: bool,
    /// Where the page lies, to be named in the last line.
    pub report: Option<&'a str>,
}

/// What a word means, which chooses its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tone {
    Plain,
    Good,
    Bad,
    Doubt,
    Faint,
}

/// Text that grows by lines.
struct Lines<'a> {
    options: TextOptions<'a>,
    text: String,
}

impl<'a> Lines<'a> {
    fn new(options: TextOptions<'a>) -> Self {
        Lines {
            options,
            text: String::new(),
        }
    }

    /// Adds a line. Trailing blanks are dropped.
    fn push(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Adds a line unless only the essential ones are wanted.
    fn detail(&mut self, line: &str) {
        if !self.options.quiet {
            self.push(line);
        }
    }

    /// `words` in the colour of `tone`, if colours are wanted.
    fn paint(&self, words: &str, tone: Tone) -> String {
        let style = match tone {
            Tone::Plain => Style::new(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Bad => AnsiColor::Red.on_default().bold(),
            Tone::Doubt => AnsiColor::Yellow.on_default(),
            Tone::Faint => Style::new().dimmed(),
        };
        if !self.options.colour || tone == Tone::Plain || words.trim().is_empty() {
            return words.to_owned();
        }
        format!("{style}{words}{style:#}")
    }

    /// The finished text, in ASCII if that is wanted.
    fn finish(self) -> String {
        if self.options.ascii {
            to_ascii(&self.text)
        } else {
            self.text
        }
    }
}

/// One cell of a grid: its words, and what they mean.
struct GridCell {
    words: String,
    tone: Tone,
}

impl GridCell {
    fn plain(words: impl Into<String>) -> Self {
        GridCell {
            words: words.into(),
            tone: Tone::Plain,
        }
    }
}

/// Adds rows whose columns line up: the first `left` columns to the left, the others to the right.
fn push_grid(lines: &mut Lines<'_>, rows: &[Vec<GridCell>], left: usize) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.words.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let mut line = String::from(" ");
        for (column, cell) in row.iter().enumerate() {
            // Blanks stand outside the colour, or a terminal would paint them.
            let blanks = " ".repeat(widths[column] - cell.words.chars().count());
            let words = lines.paint(&cell.words, cell.tone);
            line.push(' ');
            if column < left {
                line.push_str(&format!("{words}{blanks} "));
            } else {
                line.push_str(&format!(" {blanks}{words}"));
            }
        }
        lines.detail(&line);
    }
}

/// Replaces what a terminal without Unicode cannot show. Width is kept where a column needs it.
fn to_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '✓' => ascii.push('+'),
            '✗' => ascii.push('X'),
            '◆' => ascii.push('*'),
            '○' => ascii.push('o'),
            '·' => ascii.push('.'),
            '–' | '—' => ascii.push('-'),
            '×' => ascii.push('x'),
            'µ' => ascii.push('u'),
            '→' => ascii.push_str("->"),
            '←' => ascii.push_str("<-"),
            '≤' => ascii.push_str("<="),
            '…' => ascii.push_str("..."),
            c if c.is_ascii() => ascii.push(c),
            _ => ascii.push('?'),
        }
    }
    ascii
}
