//! What a scenario means, for people: every value that is not zero, in the order of the file.

use crate::scenario::units::show_ns;
use crate::scenario::{Active, Consumer, Ends, Pace, Runs, Scenario, Spread, Stage, Trigger};
use std::fmt::Write;

/// Writes the scenario. Notes of the account come last, in full.
pub(super) fn text(scenario: &Scenario) -> String {
    let mut text = format!("{}  {}\n", scenario.name(), scenario.title);
    for part in [
        world,
        workers,
        neighbours,
        misfortunes,
        swarm,
        goals,
        account,
    ] {
        // Writing into a string cannot fail.
        part(scenario, &mut text).ok();
    }
    text
}

fn world(scenario: &Scenario, out: &mut String) -> std::fmt::Result {
    let Scenario {
        clock,
        machine,
        queue,
        ..
    } = scenario;
    let t0 = jiff::Timestamp::from_millisecond(clock.t0_ms)
        .map_or_else(|_| String::new(), |t| t.to_string());
    writeln!(out, "\nworld")?;
    writeln!(out, "  clock     {t0}, for {}", show_ns(clock.run_ns))?;
    writeln!(
        out,
        "  machine   {} directories, {} costs, {} sharing, {} power loss",
        word(&machine.directory),
        word(&machine.latency),
        word(&machine.sharing),
        word(&machine.power_loss)
    )?;
    let costs = serde_json::to_value(&scenario.costs).unwrap_or_default();
    let costs: Vec<String> = costs
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, ns)| {
            let name = name.strip_suffix("_ns")?;
            Some(format!("{name} {}", show_ns(ns.as_u64()?)))
        })
        .collect();
    if !costs.is_empty() {
        writeln!(out, "  costs     {}", costs.join(", "))?;
    }
    writeln!(
        out,
        "  queue     {} files, cap {}, buckets of {}, sheds the {}",
        count(queue.initial),
        count(queue.cap),
        queue.bucket,
        word(&queue.shed)
    )?;
    if queue.filled {
        writeln!(out, "  begins    with all of them in the queue already")?;
    }
    if clock.ends == Ends::Counted {
        writeln!(
            out,
            "  ends      by a count of every alert, wherever it is then"
        )?;
    }
    if !queue.packed.is_empty() {
        let packed: Vec<_> = queue.packed.iter().map(|one| one.word()).collect();
        writeln!(out, "  packs     {}", packed.join(", "))?;
    }
    writeln!(
        out,
        "  indexer   answers in {}, its counts compared each {}",
        show_ns(scenario.indexer.answer_ns),
        show_ns(scenario.indexer.audit_every_ns)
    )
}

fn workers(scenario: &Scenario, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\nat work")?;
    for p in &scenario.producers {
        let total = p
            .total
            .map_or_else(String::new, |total| format!("{} alerts, ", count(total)));
        writeln!(
            out,
            "  producer  {}: {total}{}{}",
            p.id,
            pace(p.pace),
            when(p.active)
        )?;
    }
    for c in &scenario.consumers {
        writeln!(
            out,
            "  consumer  {}: {}{}",
            c.id,
            consumer(c),
            when(c.active)
        )?;
    }
    for c in &scenario.caps {
        writeln!(
            out,
            "  cap       {}: every {}{}",
            c.id,
            show_ns(c.every_ns),
            when(c.active)
        )?;
    }
    for s in &scenario.second_instances {
        writeln!(
            out,
            "  second    {}: the whole program again{}",
            s.id,
            when(s.active)
        )?;
    }
    Ok(())
}

fn consumer(c: &Consumer) -> String {
    let engine = c
        .engine
        .map_or("the engine of the campaign", |engine| engine.name());
    let mut text = format!("{} x {engine}", c.count);
    match c.stages[..] {
        [Stage::Cap] => text += ", cap alone",
        [Stage::Triage] => text += ", triage alone",
        [Stage::Poll, ..] => text += ", all seven stages",
        _ => {}
    }
    match &c.runs {
        Runs::BackToBack => {}
        Runs::EveryNs(ns) => text += &format!(", every {}", show_ns(*ns)),
        Runs::AtNs(times) => {
            let times: Vec<String> = times.iter().map(|ns| show_ns(*ns)).collect();
            text += &format!(", at t0 + {}", times.join(", "));
        }
    }
    if let Pace::EveryNs(_) = c.drain {
        text += &format!(", drains {}", pace(c.drain));
    }
    text
}

fn neighbours(scenario: &Scenario, out: &mut String) -> std::fmt::Result {
    for a in &scenario.archivers {
        let aimed = if a.aimed_at_list {
            ", aimed at what was just listed"
        } else {
            ""
        };
        let (rate, which) = (pace(a.pace), word(&a.select));
        writeln!(
            out,
            "  archiver  {}: {rate}, {which}, {} at once{aimed}{}",
            a.id,
            a.batch,
            when(a.active)
        )?;
    }
    for a in &scenario.antiviruses {
        let deny = if a.deny {
            "denying rename"
        } else {
            "denying nothing"
        };
        let (held, away) = (spread(a.hold), percent(a.quarantine));
        writeln!(
            out,
            "  antivirus {}: {} of files, {held}, {deny}, takes {away} away{}",
            a.id,
            percent(a.share),
            when(a.active)
        )?;
    }
    for f in &scenario.file_indexers {
        writeln!(
            out,
            "  searcher  {}: {} of files, {}{}",
            f.id,
            percent(f.share),
            spread(f.hold),
            when(f.active)
        )?;
    }
    for o in &scenario.operators {
        writeln!(
            out,
            "  operator  {}: removes {}, copies back {}, edits {}{}",
            o.id,
            o.rm,
            o.copy_back,
            o.edit,
            when(o.active)
        )?;
    }
    Ok(())
}

fn misfortunes(scenario: &Scenario, out: &mut String) -> std::fmt::Result {
    let nothing = scenario.clock_steps.is_empty()
        && scenario.crashes.is_empty()
        && scenario.power_losses.is_empty()
        && scenario.faults.is_empty()
        && scenario.short_reads.is_empty()
        && scenario.read_only.is_empty()
        && scenario.restores.is_empty()
        && scenario.indexer.turns.is_empty()
        && scenario.plants.is_empty()
        && scenario.indexer.rotations.is_empty()
        && scenario.indexer.faults.is_empty();
    if nothing {
        return Ok(());
    }
    writeln!(out, "\nwhat goes wrong")?;
    for s in &scenario.clock_steps {
        writeln!(
            out,
            "  clock     {:+} ms at t0 + {}",
            s.by_ms,
            show_ns(s.at_ns)
        )?;
    }
    for c in &scenario.crashes {
        let who = word(&c.process);
        writeln!(
            out,
            "  crash     of {who} process, {}{}",
            trigger(&c.trigger),
            times(c.times)
        )?;
    }
    for p in &scenario.power_losses {
        writeln!(
            out,
            "  power     lost {}{}",
            trigger(&p.trigger),
            times(p.times)
        )?;
    }
    for f in &scenario.faults {
        let one = match (f.one_name, f.partial) {
            (true, _) => ", for one name",
            (false, true) => ", after a part of the bytes",
            (false, false) => "",
        };
        writeln!(
            out,
            "  fault     {}: {}, {}{}{one}",
            f.call.name(),
            f.errno,
            trigger(&f.trigger),
            times(f.times)
        )?;
    }
    for s in &scenario.short_reads {
        let (who, share) = (word(&s.process), percent(s.probability));
        writeln!(
            out,
            "  reads     of {who} process give a part, {share} of them"
        )?;
    }
    for r in &scenario.read_only {
        let (from, until) = (show_ns(r.from_ns), show_ns(r.until_ns));
        let part = if r.part.is_empty() {
            "the home"
        } else {
            &r.part
        };
        writeln!(
            out,
            "  disk      {part}: {}, from t0 + {from} until t0 + {until}",
            r.errno
        )?;
    }
    for r in &scenario.restores {
        let (backup, at) = (show_ns(r.backup_ns), show_ns(r.at_ns));
        writeln!(out, "  backup    of t0 + {backup}, put back at t0 + {at}")?;
    }
    for p in &scenario.plants {
        writeln!(out, "  spoiled   {} x {}", p.count, word(&p.kind))?;
    }
    for r in &scenario.indexer.rotations {
        let (at, noticed) = (show_ns(r.at_ns), show_ns(r.noticed_ns));
        writeln!(
            out,
            "  password  changed at t0 + {at}, brought to the program at t0 + {noticed}"
        )?;
    }
    for f in &scenario.indexer.faults {
        let (from, until) = (show_ns(f.from_ns), show_ns(f.until_ns));
        writeln!(
            out,
            "  indexer   {}, from t0 + {from} until t0 + {until}",
            word(&f.kind)
        )?;
    }
    for t in &scenario.indexer.turns {
        let until = t.until_ns.map(|ns| format!(" until t0 + {}", show_ns(ns)));
        writeln!(
            out,
            "  indices   {} at t0 + {}{}",
            word(&t.kind),
            show_ns(t.at_ns),
            until.unwrap_or_default()
        )?;
    }
    Ok(())
}

/// What each run draws, and the dangers that it draws from.
fn swarm(scenario: &Scenario, out: &mut String) -> std::fmt::Result {
    let Some(swarm) = &scenario.swarm else {
        return Ok(());
    };
    let [least, most] = swarm.weight;
    let dangers = scenario.dangers();
    writeln!(out, "\nswarm")?;
    writeln!(
        out,
        "  each run  has each of {} dangers with a chance of {}, its weights times {least} to {most}",
        dangers.len(),
        percent(swarm.chance)
    )?;
    let drawn = serde_json::json!({
        "machine": swarm.machine,
        "queue": swarm.queue,
        "workers": swarm.workers,
        "audits_ns": swarm.audits_ns,
        "initial": swarm.initial,
    });
    writeln!(out, "  it draws  {drawn}")?;
    for danger in dangers {
        writeln!(out, "  danger    {danger}")?;
    }
    Ok(())
}

fn goals(scenario: &Scenario, out: &mut String) -> std::fmt::Result {
    let Scenario { sweep, expect, .. } = scenario;
    let engines: Vec<&str> = scenario.engines().into_iter().map(|e| e.name()).collect();
    let depths: Vec<String> = sweep.depths.iter().copied().map(count).collect();
    writeln!(out, "\ncampaign")?;
    writeln!(out, "  engines   {}", engines.join(" "))?;
    writeln!(out, "  depths    {}", depths.join(" "))?;
    writeln!(out, "  seeds     {}", sweep.seeds)?;
    writeln!(out, "\nexpected")?;
    for (engine, ids) in &expect.canary {
        writeln!(out, "  must fail  {engine}: {}", ids.join(" "))?;
    }
    for (key, values) in [
        ("always    ", &expect.always),
        ("eventually", &expect.eventually),
        ("sometimes ", &expect.sometimes),
    ] {
        if !values.is_empty() {
            writeln!(out, "  {key} {}", values.join(" "))?;
        }
    }
    Ok(())
}

fn account(scenario: &Scenario, out: &mut String) -> std::fmt::Result {
    if !scenario.observed.is_empty() {
        let ids: Vec<&str> = scenario.observed.iter().map(|o| o.id.as_str()).collect();
        writeln!(out, "\ncompared with the account\n  {}", ids.join(", "))?;
    }
    if !scenario.unresolved.is_empty() {
        writeln!(out, "\nthe account contradicts itself")?;
    }
    for u in &scenario.unresolved {
        writeln!(out, "  {}: {}", u.id, u.note)?;
    }
    Ok(())
}

/// The word that a scenario file uses for a value.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => "?".to_owned(),
    }
}

fn pace(pace: Pace) -> String {
    match pace {
        Pace::Max => "as fast as possible".to_owned(),
        Pace::EveryNs(ns) => {
            let ns = ns.max(1);
            let hundredths = (6_000_000_000_000 + ns / 2) / ns;
            match (hundredths / 100, hundredths % 100) {
                (whole, 0) => format!("{}/min", count(whole)),
                (whole, _) if 100 <= whole => format!("{}/min", count((hundredths + 50) / 100)),
                (whole, part) => format!("{whole}.{part:02}/min"),
            }
        }
    }
}

fn when(active: Active) -> String {
    let from = match active.start_ns {
        0 => String::new(),
        ns => format!(" from t0 + {}", show_ns(ns)),
    };
    let to = active
        .stop_ns
        .map_or_else(String::new, |ns| format!(" until t0 + {}", show_ns(ns)));
    match (from.is_empty(), to.is_empty()) {
        (true, true) => String::new(),
        _ => format!(",{from}{to}"),
    }
}

fn spread(hold: Spread) -> String {
    format!(
        "held {}, at times {}",
        show_ns(hold.p50_ns),
        show_ns(hold.p99_ns)
    )
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 100_000.0).round() / 1_000.0)
}

fn trigger(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Chance(chance) => format!("with a chance of {} a call", percent(*chance)),
        Trigger::EveryNs(ns) => format!("every {}", show_ns(*ns)),
        Trigger::Nth { call, nth } => format!("at {} number {nth}", call.name()),
        Trigger::After(point) => format!("after {}", word(point)),
    }
}

fn times(times: Option<u64>) -> String {
    match times {
        None => String::new(),
        Some(1) => ", once".to_owned(),
        Some(times) => format!(", {times} times at most"),
    }
}

/// A count with its thousands apart.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let groups = (0..tail.len()).step_by(3).map(|at| &tail[at..at + 3]);
    let groups: Vec<&str> = (!head.is_empty())
        .then_some(head)
        .into_iter()
        .chain(groups)
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_rates_are_shown_as_the_account_writes_them() {
        assert_eq!(
            [0, 999, 1_000, 505_836].map(count),
            ["0", "999", "1,000", "505,836"]
        );
        assert_eq!(pace(Pace::EveryNs(176_470_588)), "340/min");
        assert_eq!(pace(Pace::EveryNs(75_000_000_000)), "0.80/min");
        assert_eq!(pace(Pace::EveryNs(14_584_346)), "4,114/min");
        assert_eq!(pace(Pace::EveryNs(666_666_667)), "90/min");
        assert_eq!(pace(Pace::Max), "as fast as possible");
    }
}
