//! Each danger of the disk, of the home and of the indices happens, and loses nothing that anybody still has.

use super::*;

/// The goals of dangers that a run must have met, after it was found clean.
#[track_caller]
fn check_met(outcome: &Outcome, goals: &[Goal], what: &str) {
    let told = (&outcome.violations, &outcome.accidents, &outcome.sum);
    assert!(outcome.is_clean() && !outcome.is_cut, "{what}: {told:?}");
    for goal in goals {
        assert!(outcome.met.contains(*goal), "{what}: not {}", goal.name());
    }
}

#[test]
fn a_full_quota_and_a_stale_handle_at_any_call_set_no_good_alert_aside() {
    for (errno, goal) in [("quota", Goal::QuotaExceeded), ("stale", Goal::StaleHandle)] {
        for call in [
            "open_read",
            "read",
            "create_new",
            "append",
            "rename_noreplace",
            "stat",
            "open_dir",
            "sync_all",
        ] {
            let tables =
                format!("[[fault]]\ncall = \"{call}\"\nerrno = \"{errno}\"\nprobability = 0.005\n");
            let outcome = play_with(&tables);
            check_met(&outcome, &[goal], &format!("{errno} at {call}"));
            check_all_cased(&outcome, call);
            assert_eq!(outcome.places[Place::Quarantined as usize], 0);
        }
    }
}

#[test]
fn an_append_that_fails_after_a_part_of_its_bytes_leaves_nothing_half_done() {
    for errno in ["no-space", "quota", "io", "stale"] {
        let outcome = play_with(&format!(
            "[[fault]]\ncall = \"append\"\nerrno = \"{errno}\"\nprobability = 0.02\npartial = true\n"
        ));
        check_met(&outcome, &[Goal::ShortAppend], errno);
        check_all_cased(&outcome, errno);
    }
}

#[test]
fn reads_that_give_a_part_are_gone_on_with() {
    let outcome = play_with("[[short_read]]\nprobability = 0.9\n");
    check_met(&outcome, &[Goal::ShortRead], "short reads");
    check_all_cased(&outcome, "short reads");
    let runs = outcome.runs.iter().filter(|run| run.failure.is_some());
    assert_eq!(runs.count(), 0, "no pass minds");
}

#[test]
fn no_part_of_the_home_that_is_read_only_for_a_while_loses_an_alert() {
    for (part, _) in crate::scenario::disk::PARTS {
        for errno in ["read-only", "access"] {
            let outcome = play_with(&format!(
                "[[read_only]]\npart = \"{part}\"\nfrom = \"5m\"\nuntil = \"15m\"\nerrno = \"{errno}\"\n"
            ));
            let what = format!("{part}: {errno}");
            // Nothing is parked, set aside or put into the inbox here.
            let is_used = !["inbox", "overflow", "quarantine"].contains(&part);
            let goals = [Goal::PartReadOnly];
            check_met(&outcome, &goals[..usize::from(is_used)], &what);
            check_all_cased(&outcome, &what);
        }
    }
}

#[test]
fn whatever_becomes_of_the_indices_each_alert_becomes_one_case() {
    let kinds = [
        ("rolled-over", "", Goal::IndexRenamed),
        ("closed", "until = \"20m\"\n", Goal::IndexClosed),
        ("renamed", "", Goal::IndexRenamed),
        ("renewed", "", Goal::IndexRenamed),
    ];
    for (kind, until, goal) in kinds {
        let outcome = play_with(&format!(
            "[[archiver]]\nid = \"a\"\nrate = \"2/min\"\n\
             [[indexer.index]]\nkind = \"{kind}\"\nat = \"10m\"\n{until}"
        ));
        check_met(&outcome, &[goal], kind);
        check_all_cased(&outcome, kind);
    }
}

#[test]
fn what_an_indexer_deletes_after_it_was_read_is_not_missed() {
    let outcome = play_with("[[indexer.index]]\nkind = \"deleted\"\nat = \"10m\"\n");
    check_met(&outcome, &[Goal::IndexDeleted], "deleted");
    let [source, vanished] = [Place::Source, Place::Vanished];
    assert_eq!(outcome.places[vanished as usize], 0);
    // Those of the last seconds before, which nobody has read.
    assert!(outcome.places[source as usize] < 3, "{}", outcome.sum);
}

#[test]
fn alerts_that_are_missing_and_that_the_indexer_has_deleted_are_told() {
    let outcome = play_with(
        "[[archiver]]\nid = \"a\"\nrate = \"20/min\"\nstart = \"9m\"\n\
         [[indexer.index]]\nkind = \"deleted\"\nat = \"10m\"\n\
         [[read_only]]\npart = \"cases\"\nfrom = \"5m\"\nuntil = \"20m\"\n",
    );
    check_met(&outcome, &[Goal::IndexDeleted, Goal::AlertLost], "lost");
    assert!(
        0 < outcome.places[Place::Vanished as usize],
        "{}",
        outcome.sum
    );
}

#[test]
fn an_old_home_that_is_put_back_fetches_again_what_came_since() {
    for tables in [
        "",
        "[[power_loss]]\nevery = \"7m\"\n",
        "[[archiver]]\nid = \"a\"\nrate = \"2/min\"\n",
    ] {
        let outcome = play_with(&format!(
            "{tables}[[restore]]\nbackup = \"8m\"\nat = \"21m\"\n\
             [[restore]]\nbackup = \"9m\"\nat = \"25m\"\nrestart_after = \"5s\"\n"
        ));
        check_met(&outcome, &[Goal::HomeRestored], tables);
        check_all_cased(&outcome, tables);
    }
}
