//! The two streams: results on stdout, everything else on stderr.

use crate::error::FoundryError;
use clap::ValueEnum;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, ThemeCharacters, ThemeStyles};
use serde::Serialize;
use std::env;
use std::io::{self, IsTerminal, Write};

/// The form of results.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// How to speak to whoever started the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Terminal {
    /// The form of results.
    pub(crate) format: Format,
    /// Whether results are coloured.
    pub(crate) color_out: bool,
    /// Whether somebody watches stderr: logs are then for people, and messages coloured.
    pub(crate) is_watched: bool,
}

impl Terminal {
    /// What the flags and the environment ask for.
    pub(crate) fn new(format: Format) -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let plain = set("NO_COLOR") || env::var_os("TERM").is_some_and(|term| term == "dumb");
        Terminal {
            format,
            color_out: io::stdout().is_terminal() && !plain,
            is_watched: io::stderr().is_terminal() && !plain,
        }
    }

    /// Writes a result. A reader that has gone away, as `head` does, is no error.
    pub(crate) fn result(&self, text: &str) {
        write(&mut io::stdout().lock(), text);
    }

    /// Writes a result as one line of JSON.
    pub(crate) fn json(&self, value: &impl Serialize) {
        let line = serde_json::to_string(value).expect("its keys are strings");
        self.result(&format!("{line}\n"));
    }

    /// Writes a remark that is not a result.
    pub(crate) fn remark(&self, text: &str) {
        write(&mut io::stderr().lock(), text);
    }

    /// A result's text in the colour that goes with its meaning.
    pub(crate) fn paint(&self, paint: Paint, text: &str) -> String {
        match (self.color_out, paint) {
            (false, _) => text.to_owned(),
            (true, Paint::Good) => format!("\u{1b}[32m{text}\u{1b}[0m"),
            (true, Paint::Bad) => format!("\u{1b}[31m{text}\u{1b}[0m"),
            (true, Paint::Strong) => format!("\u{1b}[1m{text}\u{1b}[0m"),
        }
    }

    /// Writes an error, with the place in the file where it has one.
    pub(crate) fn error(&self, error: &FoundryError) {
        self.diagnostic(error);
    }

    /// Writes what is wrong: the parts if there are parts, each at its place, otherwise the whole.
    pub(crate) fn diagnostic(&self, wrong: &dyn Diagnostic) {
        let parts: Vec<&dyn Diagnostic> =
            wrong.related().map(Iterator::collect).unwrap_or_default();
        let mut text = String::new();
        // Logs are searched by line: do not break one for a width that nobody has.
        let handler = GraphicalReportHandler::new_themed(self.theme())
            .with_links(false)
            .with_wrap_lines(self.is_watched);
        let rendered = match parts[..] {
            [] => handler.render_report(&mut text, wrong),
            _ => parts
                .iter()
                .try_for_each(|one| handler.render_report(&mut text, *one)),
        };
        if rendered.is_err() {
            text = format!("{wrong}\n");
        }
        self.remark(&text);
    }

    fn theme(&self) -> GraphicalTheme {
        GraphicalTheme {
            characters: ThemeCharacters::unicode(),
            styles: match self.is_watched {
                true => ThemeStyles::ansi(),
                false => ThemeStyles::none(),
            },
        }
    }
}

/// What a colour says. It never says it alone: the text does too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Paint {
    Good,
    Bad,
    Strong,
}

fn write(stream: &mut impl Write, text: &str) {
    // The stream is all we have: there is nowhere left to report its failure.
    if stream.write_all(text.as_bytes()).is_ok() {
        stream.flush().ok();
    }
}
