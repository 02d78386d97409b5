//! The two streams: results on stdout, everything else on stderr.

use super::CliError;
use clap::ValueEnum;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, ThemeCharacters, ThemeStyles};
use std::env;
use std::io::{self, IsTerminal, Write};

/// The form of results.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// When to use colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR or TERM=dumb says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How to speak to whoever started the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terminal {
    /// The form of results.
    pub format: Format,
    /// Whether results are coloured.
    pub color_out: bool,
    /// Whether progress and errors are coloured.
    pub color_err: bool,
    /// Whether somebody watches stderr, so that a bar may be drawn and redrawn.
    pub live: bool,
    /// Whether only ASCII may be written.
    pub ascii: bool,
    /// Whether to keep to the verdict and the replay line.
    pub quiet: bool,
}

impl Terminal {
    /// What the flags and the environment ask for.
    pub fn new(format: Format, color: Color, quiet: bool) -> Self {
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let live = io::stderr().is_terminal() && !dumb;
        Terminal {
            format,
            color_out: colored(color, io::stdout().is_terminal() && !dumb),
            color_err: colored(color, live),
            live,
            ascii: dumb || is_ascii_locale(),
            quiet,
        }
    }

    /// Writes a result. A reader that has gone away, as `head` does, is no error.
    pub fn result(&self, text: &str) {
        write(&mut io::stdout().lock(), text);
    }

    /// Writes a result as one line of JSON.
    pub fn json(&self, value: &serde_json::Value) {
        self.result(&format!("{value}\n"));
    }

    /// Writes a remark that is not a result; kept back by `--quiet`.
    pub fn remark(&self, text: &str) {
        if !self.quiet {
            write(&mut io::stderr().lock(), text);
        }
    }

    /// Writes an error, with the place in the file where it has one.
    pub fn error(&self, error: &CliError) {
        let mut text = String::new();
        let mut handler = GraphicalReportHandler::new_themed(self.theme()).with_links(false);
        if !self.live {
            // Logs are searched by line: do not break one for a width that nobody has.
            handler = handler.with_wrap_lines(false);
        }
        let related: Vec<&dyn Diagnostic> =
            error.related().map(Iterator::collect).unwrap_or_default();
        let rendered = match related[..] {
            [] => handler.render_report(&mut text, error),
            _ => related
                .iter()
                .try_for_each(|one| handler.render_report(&mut text, *one)),
        };
        if rendered.is_err() {
            text = format!("{error}\n");
        }
        write(&mut io::stderr().lock(), &text);
    }

    fn theme(&self) -> GraphicalTheme {
        GraphicalTheme {
            characters: match self.ascii {
                true => ThemeCharacters::ascii(),
                false => ThemeCharacters::unicode(),
            },
            styles: match self.color_err {
                true => ThemeStyles::ansi(),
                false => ThemeStyles::none(),
            },
        }
    }
}

fn write(stream: &mut impl Write, text: &str) {
    // The stream is all we have: there is nowhere left to report its failure.
    if stream.write_all(text.as_bytes()).is_ok() {
        stream.flush().ok();
    }
}

fn colored(color: Color, on_terminal: bool) -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto if set("CLICOLOR_FORCE") => {
            env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0")
        }
        Color::Auto => on_terminal,
    }
}

/// Whether the locale says that only ASCII is understood. No locale at all is taken for UTF-8.
fn is_ascii_locale() -> bool {
    let value = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| env::var(name).ok())
        .find(|value| !value.is_empty());
    value.is_some_and(|locale| locale == "C" || locale == "POSIX")
}
