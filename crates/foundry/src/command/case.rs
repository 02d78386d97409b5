//! `foundry case`: what became of one alert, and which cases there are.

use crate::config::Config;
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::foundry;
use crate::machine::Machine;
use crate::terminal::{Format, Terminal};
use crate::words;
use alert::{AlertId, Disposition};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use host::Millis;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use spool::cases::FoundCase;
use spool::ledger::Record;
use spool::{LedgerPosition, Spool};

/// Shows one case, or lists them
#[derive(Args, Debug)]
pub(crate) struct CaseArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Shows the judgement and the alert of one case, and every document that the indexer had of it
    Show {
        /// The alert's id: 32 hexadecimal digits, as in the ledger and in the case's path
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Lists cases in the order of the ledger: id, disposition, when it was published, where it stands
    List {
        /// Only cases of this disposition
        #[arg(long, value_name = "WORD")]
        #[arg(value_parser = PossibleValuesParser::new(Disposition::ALL.map(Disposition::word)))]
        disposition: Option<String>,
        /// At most so many, the last ones
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
}

/// One case as the ledger tells of it.
struct Listed {
    id: AlertId,
    disposition: Disposition,
    published: Millis,
    shelf: String,
}

/// Runs the command.
pub(crate) fn run(args: &CaseArgs, context: &Context) -> Result<Exit, FoundryError> {
    let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let config = Config::load(&machine, &context.config)?;
    let spool = foundry::open_to_look(&machine, &config)?;
    match &args.verb {
        Verb::Show { id } => show(&spool, id, &context.terminal),
        Verb::List { disposition, limit } => {
            let wanted = disposition.as_deref();
            let wanted = Disposition::ALL
                .into_iter()
                .find(|one| Some(one.word()) == wanted);
            list(&spool, wanted, *limit, &context.terminal)
        }
    }
}

fn show(spool: &Spool<'_>, id: &str, terminal: &Terminal) -> Result<Exit, FoundryError> {
    let id = AlertId::from_hex(id.as_bytes()).ok_or_else(|| FoundryError::Usage {
        message: format!("`{id}` is not an alert's id"),
        help: "give 32 hexadecimal digits in lower case; `foundry case list` shows some".to_owned(),
    })?;
    let Some(found) = spool::cases::find(spool, id)? else {
        let kept_from = spool::ledger::pruned(spool)?.before;
        let removed = match i64::try_from(kept_from) {
            Ok(kept_from) if 0 < kept_from => format!(
                "; or it was removed, as all are whose alerts came before {}",
                words::time(words::timestamp(Millis(kept_from)))
            ),
            _ => String::new(),
        };
        return Err(FoundryError::Usage {
            message: format!("there is no case of {id}"),
            help: format!(
                "it may wait in the queue, or stand in quarantine: `foundry status`{removed}"
            ),
        });
    };
    let documents = documents(spool, &found)?;
    match terminal.format {
        Format::Json => terminal.json(&json!({
            "id": id.to_string(),
            "shelf": found.shelf,
            "documents": documents,
            "case": value(&found.case),
            "alert": value(&found.alert),
        })),
        Format::Text => terminal.result(&text(&found, &documents)),
    }
    Ok(Exit::Ok)
}

/// A document of an alert: where the indexer has it, or had it.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Document {
    #[serde(rename = "_index")]
    index: String,
    #[serde(rename = "_id")]
    id: String,
}

/// Every document of a case's alert, each once: the one whose bytes the case has, if it came from an indexer, and those that
/// the ledger names. Reads all of the ledger.
fn documents(spool: &Spool<'_>, case: &FoundCase) -> Result<Vec<Document>, FoundryError> {
    let mut documents = Vec::new();
    documents.extend(serde_json::from_slice::<Document>(&case.alert));
    spool::follow(spool, &LedgerPosition::default(), &mut |record| {
        let Record::Repeated { documents: named } = record else {
            return;
        };
        for (alert, index, id) in named {
            let document = Document { index, id };
            if alert == case.id && !documents.contains(&document) {
                documents.push(document);
            }
        }
    })?;
    Ok(documents)
}

/// Where a case stands in the home: a directory, or a line of a file.
pub(crate) fn place(shelf: &str, id: AlertId) -> String {
    match shelf.ends_with(".ndjson") {
        true => format!("cases/{shelf}#{id}"),
        false => format!("cases/{shelf}/{id}"),
    }
}

fn text(found: &FoundCase, documents: &[Document]) -> String {
    let pretty = |bytes: &[u8]| match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => format!("{value:#}"),
        Err(_) => String::from_utf8_lossy(bytes).escape_debug().to_string(),
    };
    let mut text = format!("{}\n", place(&found.shelf, found.id));
    if !documents.is_empty() {
        text.push_str("\ndocuments\n");
    }
    for Document { index, id } in documents {
        // Whoever wrote the index chose both.
        text.push_str(&format!(
            "{}  {}\n",
            index.escape_debug(),
            id.escape_debug()
        ));
    }
    let (case, alert) = (pretty(&found.case), pretty(&found.alert));
    text.push_str(&format!("\ncase.json\n{case}\n\nalert.json\n{alert}\n"));
    text
}

/// JSON as it is; bytes that are none as text.
fn value(bytes: &[u8]) -> Value {
    let text = || Value::String(String::from_utf8_lossy(bytes).into_owned());
    serde_json::from_slice(bytes).unwrap_or_else(|_| text())
}

fn list(
    spool: &Spool<'_>,
    wanted: Option<Disposition>,
    limit: usize,
    terminal: &Terminal,
) -> Result<Exit, FoundryError> {
    let mut last = std::collections::VecDeque::new();
    let mut total = 0_u64;
    let pruned = spool::ledger::pruned(spool)?;
    spool::follow(spool, &LedgerPosition::default(), &mut |record| {
        for case in record.new_cases() {
            let is_wanted = wanted.is_none_or(|wanted| wanted == case.disposition);
            if !is_wanted || pruned.covers(case.entry) {
                continue;
            }
            total += 1;
            last.push_back(Listed {
                id: case.entry.id(),
                disposition: case.disposition,
                published: Millis(i64::try_from(case.entry.stamp().millis).unwrap_or(i64::MAX)),
                shelf: case.shelf.to_owned(),
            });
            if limit < last.len() {
                last.pop_front();
            }
        }
    })?;
    for listed in &last {
        terminal.result(&line(listed, terminal.format));
    }
    if terminal.format == Format::Text {
        let (shown, total) = (words::count(last.len() as u64), words::count(total));
        terminal.remark(&format!("{shown} of {total} cases\n"));
    }
    Ok(Exit::Ok)
}

fn line(listed: &Listed, format: Format) -> String {
    let published = words::timestamp(listed.published);
    let (id, word) = (listed.id, listed.disposition.word());
    match format {
        Format::Text => {
            let published = words::time(published);
            format!(
                "{id}  {word:<9}  {published}  {}\n",
                place(&listed.shelf, id)
            )
        }
        Format::Json => {
            let line = json!({
                "id": id.to_string(),
                "disposition": word,
                "published": published.to_string(),
                "shelf": listed.shelf,
            });
            format!("{line}\n")
        }
    }
}
