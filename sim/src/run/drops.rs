//! Files that scripts put into the inbox: which there are, what each holds, and how it is written.

use crate::kernel::{Prng, Seed};
use crate::scenario::{Pace, Scenario, Writer};
use alert::AlertId;

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// In place, in pieces.
    InPlace,
    /// The same, under a name that ends in `.JSON`.
    UpperCase,
    /// In pieces under a name that begins with a dot, and renamed when it is whole.
    Dotted,
    /// At once, under a name that is never taken until somebody renames it.
    NeverTaken,
    /// In place, and left in its middle.
    Abandoned,
}

/// One file, and so one alert.
#[derive(Clone, Debug)]
pub struct Drop {
    /// Which of the scenario's writers writes it.
    pub writer: usize,
    /// When it is begun at the earliest, in nanoseconds after the start.
    pub due_ns: u64,
    /// The name that it comes to have.
    pub name: String,
    /// How it is written.
    pub manner: Manner,
    /// All that is ever written into it.
    pub bytes: Vec<u8>,
}

impl Drop {
    /// The identity that it comes to the queue with.
    pub fn id(&self) -> AlertId {
        AlertId::of_alert(&self.bytes)
    }
}

/// All files of a scenario, writer by writer, each writer's in the order in which it begins them.
pub fn drops(scenario: &Scenario, seed: Seed) -> Vec<Drop> {
    let writers = scenario.writers.iter().enumerate();
    let each = writers.flat_map(|(number, writer)| {
        let mut draw = seed.stream(&format!("writer/{}", writer.id));
        let manners = manners(writer, &mut draw);
        let of = move |(place, manner): (u64, Manner)| drop_of(scenario, number, place, manner);
        (0..).zip(manners).map(of)
    });
    each.collect()
}

/// As many of each manner as the scenario says, in an order that the seed draws.
fn manners(writer: &Writer, draw: &mut Prng) -> Vec<Manner> {
    let mut manners = Vec::new();
    for (manner, count) in [
        (Manner::Dotted, writer.dotted),
        (Manner::UpperCase, writer.upper_case),
        (Manner::NeverTaken, writer.never_taken),
        (Manner::Abandoned, writer.abandoned),
    ] {
        manners.extend((0..count).map(|_| manner));
    }
    manners.resize(usize::try_from(writer.total).unwrap_or(0), Manner::InPlace);
    draw.shuffle(&mut manners);
    manners
}

fn drop_of(scenario: &Scenario, writer: usize, place: u64, manner: Manner) -> Drop {
    let of = &scenario.writers[writer];
    let interval = match of.pace {
        Pace::Max => 0,
        Pace::EveryNs(interval) => interval,
    };
    let due_ns = of.start_ns + place * interval;
    let due_ms = i64::try_from(due_ns / 1_000_000).unwrap_or(i64::MAX / 2);
    let time = jiff::Timestamp::from_millisecond(scenario.clock.t0_ms + due_ms);
    let time = time.expect("a run is in our time");
    let id = &of.id;
    let mut bytes = format!(
        r#"{{"timestamp":"{time}","rule":{{"level":3,"id":"502"}},"agent":{{"id":"000"}},"id":"{id}.{place}"}}"#
    )
    .into_bytes();
    if manner == Manner::Abandoned {
        // All but its end: what is cut before the number would be equal in all of them, and one alert.
        bytes.truncate(bytes.len() - 1);
    }
    let ending = if manner == Manner::UpperCase {
        "JSON"
    } else {
        "json"
    };
    Drop {
        writer,
        due_ns,
        name: format!("{id}-{place}.{ending}"),
        manner,
        bytes,
    }
}
