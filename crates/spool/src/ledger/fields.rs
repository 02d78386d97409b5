//! Reading a record. What serde derives for an enum that names its variant in a field first reads everything into a tree of
//! owned values; ledgers are long, so the fields are read straight into their types, and sorted into a variant afterwards.

use super::pruned::{KeptFrom, Pruned, Tally};
use super::record::{Quarantined, Record};
use crate::layout::{BucketName, EntryName};
use alert::AlertId;
use serde::Deserialize;

/// The fields of all kinds of records.
#[derive(Deserialize)]
pub(super) struct Fields {
    kind: Kind,
    writer: Option<String>,
    number: Option<u32>,
    continues: Option<String>,
    epoch: Option<u32>,
    #[serde(default)]
    names_before: u64,
    bucket: Option<BucketName>,
    entries: Option<Vec<EntryName>>,
    #[serde(default)]
    origins: Vec<String>,
    times: Option<(i64, i64)>,
    documents: Option<Vec<(AlertId, String, String)>>,
    #[serde(default)]
    at: i64,
    cased: Option<Vec<EntryName>>,
    #[serde(default)]
    dispositions: String,
    #[serde(default)]
    shelves: Vec<(String, u32)>,
    #[serde(default)]
    digests: Vec<(String, u32)>,
    #[serde(default)]
    policy: String,
    #[serde(default)]
    quarantined: Vec<Quarantined>,
    #[serde(default)]
    duplicates: Vec<EntryName>,
    #[serde(default)]
    vanished: Vec<EntryName>,
    before: Option<u64>,
    gone: Option<Tally>,
    #[serde(default)]
    kept_from: Vec<KeptFrom>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Opened,
    Life,
    Published,
    Repeated,
    Completed,
    Pruned,
}

/// The field that a record of this kind must have.
fn need<T>(field: Option<T>, name: &str) -> Result<T, String> {
    field.ok_or_else(|| format!("missing field `{name}`"))
}

impl TryFrom<Fields> for Record {
    type Error = String;

    fn try_from(fields: Fields) -> Result<Self, String> {
        Ok(match fields.kind {
            Kind::Opened => Record::Opened {
                writer: need(fields.writer, "writer")?,
                number: need(fields.number, "number")?,
                continues: fields.continues,
                epoch: fields.epoch,
                names_before: fields.names_before,
            },
            Kind::Life => Record::Life {
                epoch: need(fields.epoch, "epoch")?,
                names_before: fields.names_before,
            },
            Kind::Published => Record::Published {
                bucket: need(fields.bucket, "bucket")?,
                entries: need(fields.entries, "entries")?,
                origins: fields.origins,
                times: fields.times,
            },
            Kind::Repeated => Record::Repeated {
                documents: need(fields.documents, "documents")?,
            },
            Kind::Completed => Record::Completed {
                bucket: need(fields.bucket, "bucket")?,
                at: fields.at,
                cased: need(fields.cased, "cased")?,
                dispositions: fields.dispositions,
                shelves: fields.shelves,
                digests: fields.digests,
                policy: fields.policy,
                quarantined: fields.quarantined,
                duplicates: fields.duplicates,
                vanished: fields.vanished,
            },
            Kind::Pruned => Record::Pruned(Pruned {
                at: fields.at,
                before: need(fields.before, "before")?,
                gone: need(fields.gone, "gone")?,
                kept_from: fields.kept_from,
            }),
        })
    }
}
