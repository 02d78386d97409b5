//! `foundry backfill`: a range of the indexer's alerts is read again, whatever the cursor.

use crate::config::Config;
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::foundry::Workplace;
use crate::machine::Machine;
use crate::terminal::Format;
use crate::words;
use clap::Args;
use host::Millis;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

/// Reads a range of the indexer's alerts again, and queues those that were never here
#[derive(Args, Debug)]
pub(crate) struct BackfillArgs {
    /// The first moment: a day such as 2026-03-26, which begins in UTC, or an instant such as 2026-03-26T06:30:00Z
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Timestamp,
    /// The moment to end before, in the same form
    #[arg(long, value_name = "TIME", value_parser = instant)]
    to: Timestamp,
}

/// Runs the command.
pub(crate) fn run(args: &BackfillArgs, context: &Context) -> Result<Exit, FoundryError> {
    if args.to <= args.from {
        return Err(FoundryError::Usage {
            message: format!(
                "--to ({}) is not later than --from ({})",
                args.to, args.from
            ),
            help: "the range has its beginning, and not its end".to_owned(),
        });
    }
    let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let config = Config::load(&machine, &context.config)?;
    let workplace = Workplace::open(&machine, &config, "backfill")?;
    let mut pipeline = workplace.pipeline()?;
    let range = [args.from, args.to].map(|at| Millis(at.as_millisecond()));
    let done = pipeline.backfill(range[0], range[1])?;
    let done = done.ok_or(FoundryError::NoValue {
        key: "indexer.url",
        help: "only an indexer can be asked again: name its scheme, host and port",
    })?;
    let terminal = &context.terminal;
    match terminal.format {
        Format::Json => terminal.json(&json!({"read": done.read, "new": done.new})),
        Format::Text => terminal.result(&format!(
            "read {} alerts, of which {} are new and wait for the next pass\n",
            words::count(done.read),
            words::count(done.new),
        )),
    }
    Ok(Exit::Ok)
}

/// A day's beginning in UTC, or an instant.
fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let day = text.parse::<Date>().ok();
    let begins = day.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    let begins = begins.map(|at| at.timestamp());
    begins.ok_or_else(|| {
        "write a day such as 2026-03-26, or an instant with its offset such as 2026-03-26T06:30:00Z"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_day_or_an_instant() {
        let read = |text| instant(text).map(|at| at.to_string()).ok();
        for (text, expected) in [
            ("2026-03-26", Some("2026-03-26T00:00:00Z")),
            ("2026-03-26T06:30:00+02:00", Some("2026-03-26T04:30:00Z")),
            ("2026-03-26T06:30:00Z", Some("2026-03-26T06:30:00Z")),
            ("yesterday", None),
            ("26.03.2026", None),
        ] {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }
}
