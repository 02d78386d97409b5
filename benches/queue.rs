//! Single steps of the queue beside bare loops of their calls, a page of 1,000 alerts each, with criterion's statistics.
//!
//! `cargo bench -p benches --bench queue`; `BENCH_DIR` says where on the disk.

use benches::bare::{self, Bare, Sizes};
use benches::fixture;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use spool::{Publisher, Worker};
use std::time::{Duration, Instant};

const PAGE: u32 = 1_000;

fn directory() -> tempfile::TempDir {
    let parent = std::env::var_os("BENCH_DIR").map_or_else(std::env::temp_dir, Into::into);
    tempfile::tempdir_in(parent).expect("a directory to measure in")
}

/// Runs `step` on pages of fresh alerts and adds up the time of one of its two parts.
fn timed(
    pages: u64,
    mut publish: impl FnMut(u32),
    mut drain: impl FnMut(u32),
    is_drain: bool,
) -> Duration {
    let mut total = Duration::ZERO;
    for page in 0..u32::try_from(pages).expect("few pages") {
        let begun = Instant::now();
        publish(page * PAGE);
        let published = begun.elapsed();
        let begun = Instant::now();
        drain(page * PAGE);
        total += if is_drain { begun.elapsed() } else { published };
    }
    total
}

fn spool_pages(pages: u64, is_drain: bool) -> Duration {
    let dir = directory();
    let host = fixture::host(dir.path());
    let spool = fixture::spool(&host, "spool");
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    let made: Vec<_> = (0..pages).map(page_of).collect();
    let publish = |first: u32| fixture::publish(&mut publisher, &made[(first / PAGE) as usize]);
    let drain = |_| assert_eq!(fixture::drain(&mut worker), u64::from(PAGE));
    timed(pages, publish, drain, is_drain)
}

fn bare_pages(pages: u64, is_drain: bool) -> Duration {
    let dir = directory();
    let queue = std::cell::RefCell::new(Bare::new(&dir.path().join("bare"), Sizes::SHORT));
    let made: Vec<_> = (0..pages).map(page_of).collect();
    let names: Vec<_> = (0..)
        .zip(&made)
        .map(|(page, made)| bare::names(made, page * PAGE as usize))
        .collect();
    let at = |first: u32| (first / PAGE) as usize;
    let publish = |first| queue.borrow().publish(&made[at(first)], &names[at(first)]);
    let drain = |first| queue.borrow_mut().drain(&names[at(first)]);
    timed(pages, publish, drain, is_drain)
}

fn page_of(page: u64) -> Vec<fixture::Made> {
    let first = u32::try_from(page).expect("few pages") * PAGE;
    fixture::make(first..first + PAGE)
}

fn steps(criterion: &mut Criterion) {
    for (name, is_drain) in [("publish", false), ("claim to case", true)] {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(u64::from(PAGE)));
        group.bench_function("spool", |b| {
            b.iter_custom(|pages| spool_pages(pages, is_drain))
        });
        group.bench_function("bare loop", |b| {
            b.iter_custom(|pages| bare_pages(pages, is_drain))
        });
        group.finish();
    }
}

criterion_group! {
    name = queue;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(4));
    targets = steps
}
criterion_main!(queue);
