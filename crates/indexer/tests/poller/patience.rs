//! An indexer that hangs, or is slow: what a pass waits for it is bounded, and what is cut goes on where it was.

use crate::fake::{Fake, Fault, NEVER};
use crate::*;
use host::Stop;
use indexer::{Class, Patience};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a pass may wait.
const BUDGET: Duration = Duration::from_secs(20);

/// An indexer with so many documents, one a second.
fn with_documents<'h>(machine: &'h Machine, count: i64) -> Fake<'h> {
    let fake = Fake::new(machine);
    for number in 0..count {
        fake.add(T0 - HOUR + number * SECOND, &format!("{number:05}"), 0);
    }
    fake
}

/// One pass of a process of its own: steps until it has caught up, or more than half of its time is gone. Says whether it has
/// caught up.
fn pass(
    fake: &Fake<'_>,
    machine: &Machine,
    config: &Config,
    accepted: &mut Accepted,
) -> Result<bool, PollError> {
    let mut poller = open(fake, machine, config.clone());
    let patience = Patience::new(machine, BUDGET, None);
    poller.grant(patience);
    loop {
        let step = poller.step(&mut accept(accepted))?;
        if step.is_caught_up || patience.is_tight() {
            return Ok(step.is_caught_up);
        }
    }
}

/// Passes, one each minute, until one has caught up: at most `most`. Says how many there were.
#[track_caller]
fn passes(
    fake: &Fake<'_>,
    machine: &Machine,
    config: &Config,
    accepted: &mut Accepted,
    most: usize,
) -> usize {
    for number in 1..=most {
        let began = machine.now.get();
        let ended = pass(fake, machine, config, accepted);
        let took = machine.now.get() - began;
        assert!(took <= 20_000, "pass {number} waited {took} ms");
        if matches!(ended, Ok(true)) {
            return number;
        }
        machine.sleep(Duration::from_secs(60));
    }
    panic!(
        "{} of {} in {most} passes",
        accepted.len(),
        fake.docs.borrow().len()
    );
}

#[test]
fn an_indexer_that_never_answers_holds_a_pass_for_its_budget_and_no_longer() {
    let machine = machine();
    let fake = with_documents(&machine, 5);
    fake.pace.set(NEVER);
    let mut poller = open(&fake, &machine, config());
    poller.grant(Patience::new(&machine, BUDGET, None));
    let error = poller.step(&mut |_| Ok(())).unwrap_err();
    assert!(matches!(error, PollError::Answer { .. }), "{error}");
    let waited = machine.now.get() - T0;
    assert!((10_000..=20_000).contains(&waited), "{waited} ms");
    let asked = fake.count();
    assert!(2 <= asked, "one attempt that hangs is followed by another");
    // Whoever asks next in the same pass sends at most what is left of the time.
    machine.sleep(BUDGET);
    let error = poller.audit(&mut |_| Ok(())).unwrap_err();
    assert!(matches!(error, PollError::OutOfTime { .. }), "{error}");
    assert_eq!(fake.count(), asked);
}

#[test]
fn pauses_between_attempts_are_within_the_budget() {
    let machine = machine();
    let fake = with_documents(&machine, 5);
    for request in 0..99 {
        fake.fault(request, Fault::Answer(503, "not initialized".to_owned()));
    }
    let mut config = config();
    (config.attempts, config.wait_min, config.wait_max) = (99, BUDGET / 4, BUDGET / 2);
    let mut poller = open(&fake, &machine, config);
    poller.grant(Patience::new(&machine, BUDGET, None));
    let error = poller.step(&mut |_| Ok(())).unwrap_err();
    assert!(matches!(error, PollError::Answer { .. }), "{error}");
    let slept: Duration = machine.sleeps.borrow().iter().sum();
    assert!(slept < BUDGET, "{slept:?}");
    assert!(fake.count() < 99, "{} attempts", fake.count());
}

#[test]
fn bodies_without_an_end_do_not_outlast_the_budget() {
    let machine = machine();
    let fake = with_documents(&machine, 5);
    // After the look for the newest alert, and the count of what is older than the start.
    for request in 2..99 {
        let event = |fake: &Fake<'_>| fake.machine.sleep(Duration::from_secs(9));
        fake.fault(request, Fault::Late(Box::new(event), Class::TooLarge));
    }
    let mut config = config();
    (config.page_alerts, config.slice_alerts) = (10_000, 10_000);
    let mut poller = open(&fake, &machine, config);
    poller.grant(Patience::new(&machine, BUDGET, None));
    poller.step(&mut |_| Ok(())).unwrap_err();
    assert_eq!(fake.count() - 2, 3, "each takes nine seconds of twenty");
}

#[test]
fn a_page_that_the_link_is_too_slow_for_is_halved_also_by_the_next_process() {
    let machine = machine();
    let fake = with_documents(&machine, 300);
    // A whole page takes 25 s, and no attempt has more than 10 s.
    fake.pace.set((0, 250));
    let mut config = config();
    (config.page_alerts, config.slice_alerts) = (100, 1_000);
    config.attempts = 1;
    let mut accepted = Accepted::new();
    passes(&fake, &machine, &config, &mut accepted, 20);
    assert_all_once(&fake, &accepted);
    let requests = fake.requests.borrow();
    let mut pages = requests
        .iter()
        .filter(|(_, body)| body["sort"][1].is_object());
    assert_eq!(pages.next().unwrap().1["size"], 100);
}

#[test]
fn a_slice_that_is_longer_than_a_pass_is_read_in_several() {
    let machine = machine();
    let fake = with_documents(&machine, 1_500);
    // A second a page: a slice of 40 pages takes twice as long as a pass has.
    fake.pace.set((500, 50));
    let mut config = config();
    config.slice_alerts = 400;
    let mut accepted = Accepted::new();
    let needed = passes(&fake, &machine, &config, &mut accepted, 30);
    assert!(5 < needed, "{needed} passes");
    assert_all_once(&fake, &accepted);
}

#[test]
fn a_late_alert_in_a_range_that_takes_longer_than_a_pass_is_found() {
    let machine = machine();
    let fake = Fake::new(&machine);
    let mut accepted = Accepted::new();
    for number in 0..3_000 {
        fake.add(T0 - 9 * MINUTE + number * 150, &format!("{number:05}"), 0);
    }
    passes(&fake, &machine, &config(), &mut accepted, 9);
    assert_eq!(accepted.len(), 3_000);
    // From now on a page takes half a second: 300 pages are 150 s, and a pass has 20 s.
    fake.pace.set((100, 40));
    fake.add(T0 - 2 * MINUTE, "late", 0);
    fake.add(T0 - 2 * MINUTE - 7, "later", 0);
    passes(&fake, &machine, &config(), &mut accepted, 2);
    assert_all_once(&fake, &accepted);
}

/// The word comes before the question of this number.
struct StopAfter(AtomicUsize);

impl Stop for StopAfter {
    fn is_told(&self) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(1), Ordering::Relaxed);
        left == 0
    }
}

#[test]
fn the_word_to_stop_ends_a_pause_at_once() {
    let machine = machine();
    let fake = with_documents(&machine, 5);
    fake.fault(0, Fault::Answer(503, "not initialized".to_owned()));
    let mut config = config();
    (config.wait_min, config.wait_max) = (BUDGET, BUDGET);
    let mut poller = open(&fake, &machine, config);
    // Before the request, after it, and before each piece of the pause.
    let stop = StopAfter(AtomicUsize::new(5));
    poller.grant(Patience::new(&machine, 2 * BUDGET, Some(&stop)));
    let error = poller.step(&mut |_| Ok(())).unwrap_err();
    assert!(matches!(error, PollError::Stopped { .. }), "{error}");
    let waited = machine.now.get() - T0;
    assert!((100..=300).contains(&waited), "{waited} ms");
    let error = poller.step(&mut |_| Ok(())).unwrap_err();
    assert!(matches!(error, PollError::Stopped { .. }), "{error}");
    assert_eq!(fake.count(), 1, "nothing is sent after the word");
}

#[test]
fn a_clock_that_is_stepped_back_does_not_make_a_pass_longer() {
    let machine = machine();
    let fake = with_documents(&machine, 5);
    let patience = Patience::new(&machine, BUDGET, None);
    assert_eq!(patience.left(), Some(BUDGET));
    machine.now.set(T0 - 2 * HOUR);
    assert!(patience.is_over());
    let mut poller = open(&fake, &machine, config());
    poller.grant(patience);
    let error = poller.step(&mut |_| Ok(())).unwrap_err();
    assert!(matches!(error, PollError::OutOfTime { .. }), "{error}");
}
