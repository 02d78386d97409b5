//! What serde cannot see: values that are well formed and cannot work.

use super::keys::Values;
use super::origin::{Origin, Sourced};
use super::problem::Located;
use super::units::Span;
use std::time::Duration;

/// Everything that cannot work, in the order of the keys.
pub(super) fn check(values: &Values) -> Vec<Located> {
    let mut found = Vec::new();
    let mut refuse = |origin: &Origin, message: String, help: &str| {
        found.push(Located::at(origin, message, help));
    };
    if values.home.dir.value.is_none() {
        let message = "`home.dir` is missing".to_owned();
        refuse(
            &values.home.dir.origin,
            message,
            "write [home] dir = \"/var/lib/signalfoundry\"",
        );
    }
    for (most, key) in [
        (&values.home.names_max, "home.names_max"),
        (&values.home.subdirs_max, "home.subdirs_max"),
        (&values.home.ledger_names_max, "home.ledger_names_max"),
        (&values.home.full_percent_max, "home.full_percent_max"),
    ] {
        at_least(most, key, 1, "at 0, everything is full", &mut refuse);
    }
    indexer(values, &mut refuse);
    let queue = &values.queue;
    at_least(
        &queue.cap,
        "queue.cap",
        8,
        "an eighth of it is a bucket",
        &mut refuse,
    );
    let most = spool::BUCKET_ENTRIES_MAX;
    if !(1..=most).contains(&queue.bucket_max.value) {
        let message = format!("`queue.bucket_max` is {}", queue.bucket_max.value);
        refuse(
            &queue.bucket_max.origin,
            message,
            &format!("write 1 to {most}"),
        );
    }
    if queue.backlog_max.value < u64::from(queue.cap.value) {
        let message = format!(
            "`queue.backlog_max` is {}, which is below `queue.cap` ({})",
            queue.backlog_max.value, queue.cap.value
        );
        let nearer = [&queue.backlog_max.origin, &queue.cap.origin];
        let said = nearer.into_iter().find(|origin| !origin.is_default());
        let said = said.unwrap_or(&queue.backlog_max.origin);
        refuse(said, message, "polling would stop before the queue is full");
    }
    let workers = values.run.workers.value;
    if !(1..=64).contains(&workers) {
        let message = format!("`run.workers` is {workers}");
        refuse(
            &values.run.workers.origin,
            message,
            "write 1 to 64; more than cores help nobody",
        );
    }
    let second = Duration::from_secs(1);
    for (span, key) in [
        (&values.indexer.poll_max, "indexer.poll_max"),
        (&values.run.pass_max, "run.pass_max"),
        (&values.serve.every, "serve.every"),
    ] {
        if span.value.0 < second {
            let message = format!("`{key}` is {}", span.value);
            refuse(&span.origin, message, "write at least \"1s\"");
        }
    }
    scrub(values, &mut refuse);
    let retention = &values.retention.cases_older_than;
    if let Some(older_than) = retention.value.0
        && let Err(why) = retention_of(values, older_than)
    {
        let message = format!("`retention.cases_older_than` is {older_than}");
        refuse(
            &retention.origin,
            message,
            &format!("{why}; \"off\" keeps everything"),
        );
    }
    let listen = &values.serve.listen;
    if !listen.value.0.ip().is_loopback() {
        let message = format!(
            "`serve.listen` is {}, which others can reach",
            listen.value.0
        );
        let help = "write a loopback address such as \"127.0.0.1:9464\", and put a proxy with TLS before it";
        refuse(&listen.origin, message, help);
    }
    found
}

type Refuse<'a> = dyn FnMut(&Origin, String, &str) + 'a;

fn at_least(value: &Sourced<u32>, key: &str, least: u32, why: &str, refuse: &mut Refuse<'_>) {
    if value.value < least {
        let message = format!("`{key}` is {}", value.value);
        refuse(
            &value.origin,
            message,
            &format!("write at least {least}: {why}"),
        );
    }
}

/// Whether so much may be removed. Errs with what to write instead.
pub(super) fn retention_of(values: &Values, older_than: Span) -> Result<(), String> {
    let window = &values.indexer.audit_window.value;
    if older_than < Span::days(1) {
        return Err("write at least \"1d\": whole days are removed".to_owned());
    }
    // An audit of counts that finds an hour to differ reads all of it again, and makes cases of what it does not know.
    if values.indexer.url.value.is_some() && older_than < *window {
        return Err(format!(
            "write at least {window}, which is `indexer.audit_window`, or make that shorter: within it, alerts are read again \
             when counts differ, and would become cases a second time"
        ));
    }
    Ok(())
}

fn scrub(values: &Values, refuse: &mut Refuse<'_>) {
    let scrub = &values.scrub;
    if let Some(every) = scrub
        .every
        .value
        .0
        .filter(|every| every.0 < Duration::from_secs(1))
    {
        let message = format!("`scrub.every` is {every}");
        refuse(
            &scrub.every.origin,
            message,
            "write at least \"1s\", or \"off\"",
        );
    }
    for (most, key) in [
        (&scrub.cases_max, "scrub.cases_max"),
        (&scrub.bytes_max, "scrub.bytes_max"),
    ] {
        if most.value == 0 {
            let message = format!("`{key}` is 0");
            let help = "write how much a pass may do; `scrub.every = \"off\"` looks at nothing";
            refuse(&most.origin, message, help);
        }
    }
}

fn indexer(values: &Values, refuse: &mut Refuse<'_>) {
    let indexer = &values.indexer;
    if let Some(url) = &indexer.url.value {
        // The transport knows best what it can reach; it opens no connection yet.
        if let Err(error) = indexer::Https::new(indexer::HttpsOptions::new(url)) {
            refuse(
                &indexer.url.origin,
                error.to_string(),
                "write scheme, host and port",
            );
        }
    }
    if indexer.insecure.value && indexer.ca_file.value.is_some() {
        let message = "`indexer.insecure` takes any certificate, although `indexer.ca_file` names those to trust";
        refuse(
            &indexer.insecure.origin,
            message.to_owned(),
            "leave one of them out",
        );
    }
    if let Err(error) = values.indexer_config().check() {
        let origin = match error.key {
            "index" => &indexer.index.origin,
            "lag" => &indexer.lag.origin,
            "overlap" => &indexer.overlap.origin,
            "audit_window" => &indexer.audit_window.origin,
            _ => &indexer.page_alerts.origin,
        };
        let message = format!("`indexer.{}` is {}", error.key, error.value);
        refuse(origin, message, error.reason);
    }
}
