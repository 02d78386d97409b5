//! The bare side: the requests that a pipeline sent, with answers that nobody reads, and the calls of its queue.

use crate::run::{Cost, Order, https, processor, requests_file};
use crate::source::ALERTS_AN_HOUR;
use alert::AlertId;
use benches::bare::{self, Bare, Names, Sizes};
use benches::fixture::Made;
use indexer::{Patience, Request, Transport};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::time::Instant;

/// Alerts that wait when polling stops, as in a pass.
const BACKLOG: usize = 50_000;
/// One of so many becomes a directory where the others are packed: the incident's share of what a person sees.
const EVERY: usize = 9;
/// What the mock's alerts take, on average: as an entry, as a `case.json`, as a line of a pack.
const PAYLOAD_BYTES: usize = 1_690;
const SIZES: Sizes = Sizes {
    case: 790,
    line: 2_600,
};
/// The reader's state, of which most are counts of minutes.
const STATE_BYTES: usize = 40 * 1_024;
/// `bench:bench`.
const AUTHORIZATION: &str = "Basic YmVuY2g6YmVuY2g=";

/// Sends the requests, publishes as many alerts as they brought, and makes as many cases.
pub(crate) fn run(order: &Order) {
    let transport = https(order);
    let requests = std::fs::File::open(requests_file(&order.dir)).expect("a pipeline was first");
    let lines = BufReader::new(requests).lines();
    let requests: Vec<String> = lines.map(|line| line.expect("a line")).collect();
    let pages = requests.iter().filter(|line| is_page(line)).count();
    let alerts = order.alerts as usize;
    let workers = order.workers as usize;
    let mut queues: Vec<Lane> = (0..workers)
        .map(|number| Lane::new(&order.dir.join(format!("lane-{number}"))))
        .collect();
    let (mut poll, mut drain) = (Cost::default(), Cost::default());
    let (mut answer, mut published, mut page) = (Vec::new(), 0, 0);
    for line in &requests {
        let begun = (Instant::now(), processor());
        let (path, body) = line.split_once('\t').expect("path and body");
        let request = Request {
            path,
            authorization: Some(AUTHORIZATION),
            body,
            patience: Patience::ENDLESS,
        };
        let answered = transport.send(&request, &mut answer).expect("an answer");
        assert_eq!(answered.status, 200);
        if !body.contains("search_after") {
            save_state(&order.dir);
        }
        poll.add(begun.0, begun.1);
        if !is_page(line) {
            continue;
        }
        // As many on each page as there were on average.
        page += 1;
        let end = alerts * page / pages;
        let made: Vec<Made> = (published..end).map(make).collect();
        let names = bare::names(&made, published);
        let lane = &mut queues[page % workers];
        let begun = (Instant::now(), processor());
        lane.queue.publish(&made, &names);
        poll.add(begun.0, begun.1);
        lane.names.extend(names);
        published = end;
        if BACKLOG <= queues.iter().map(Lane::len).sum() || page == pages {
            drain_all(&mut queues, order.is_packed, &mut drain);
        }
    }
    assert_eq!(published, alerts);
    poll.tell("poll");
    drain.tell("drain");
}

/// One worker's half of a bare queue: workers meet in no directory, as the production queue's seldom do.
struct Lane {
    queue: Bare,
    names: Vec<Names>,
    /// Packs so far.
    number: u32,
}

impl Lane {
    fn new(dir: &Path) -> Self {
        Lane {
            queue: Bare::new(dir, SIZES),
            names: Vec::new(),
            number: 0,
        }
    }

    fn len(&self) -> usize {
        self.names.iter().map(Names::len).sum()
    }

    fn drain(&mut self, is_packed: bool) {
        let names = std::mem::take(&mut self.names);
        match is_packed {
            true => self.queue.drain_packed(&names, EVERY, &mut self.number),
            false => self.queue.drain(&names),
        }
    }
}

fn drain_all(queues: &mut [Lane], is_packed: bool, drain: &mut Cost) {
    let begun = (Instant::now(), processor());
    std::thread::scope(|scope| {
        for lane in queues {
            scope.spawn(move || lane.drain(is_packed));
        }
    });
    drain.add(begun.0, begun.1);
}

/// Whether a request asks for alerts, and not for their number alone.
fn is_page(line: &str) -> bool {
    // Neither a count, nor a look for the newest alert.
    !line.contains(r#""size":0,"#) && !line.contains(r#""_source":false"#)
}

/// The calls by which the reader replaces its state.
fn save_state(dir: &Path) {
    let (aside, state) = (dir.join("state.new"), dir.join("state"));
    let file = OpenOptions::new()
        .append(true)
        .create_new(true)
        .open(&aside);
    let mut file = file.expect("a new file");
    file.write_all(&[b'x'; STATE_BYTES]).expect("the state");
    file.sync_all().expect("durable");
    std::fs::rename(aside, state).expect("the state is replaced");
    let dir = std::fs::File::open(dir).expect("the directory");
    dir.sync_all().expect("durable");
}

fn make(number: usize) -> Made {
    let hours = number / ALERTS_AN_HOUR as usize;
    let (day, hour) = (1 + hours / 24 % 28, hours % 24);
    Made {
        id: AlertId::of("beside", &number.to_string()),
        payload: vec![b'x'; PAYLOAD_BYTES],
        shelf: format!("2026/04/{day:02}/{hour:02}"),
    }
}
