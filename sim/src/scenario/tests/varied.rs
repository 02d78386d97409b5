//! Mistakes in what differs from run to run: an axis, a past, a swarm.

use super::mistakes::{check, check_text};
use super::*;

#[test]
fn an_axis_along_which_nothing_grows_is_shown() {
    check(
        "[axis]\nkind = \"skew\"\npoints = [1, 60]\nflat = [\"idle-pass\"]",
        &[(
            11,
            1,
            "nothing grows along the axis `skew`",
            "the scenario needs a [[clock_step]]",
        )],
    );
    check(
        "[axis]\nkind = \"width\"\npoints = [4, 4]\nflat = []",
        &[
            (
                13,
                14,
                "the points of an axis ascend, from 1",
                "not above 4",
            ),
            (
                14,
                8,
                "nothing must stay flat along this axis",
                "name one measure or more",
            ),
        ],
    );
    check(
        "[axis]\nkind = \"width\"\nflat = [\"window\"]",
        &[(12, 8, "the axis has no points", "add `points`")],
    );
    check(
        "[axis]\nkind = \"depth\"\npoints = [1]\nflat = [\"window\"]",
        &[(13, 10, "the depths are those of the sweep", "not here")],
    );
}

#[test]
fn alerts_of_a_past_do_not_wait() {
    let text = SMALLEST.replace(
        "initial = 10",
        "initial = 10\nfilled = true\n[past]\nlives = 3",
    );
    check_text(
        &text,
        &[(
            11,
            9,
            "the alerts of the start cannot wait and be finished",
            "`queue.filled` is there too",
        )],
    );
}

#[test]
fn a_swarm_must_have_something_to_draw_from() {
    let crash = "\n[[crash]]\nprobability = 0.1";
    check(
        "[swarm]\nchance = 0.5",
        &[(
            11,
            1,
            "a swarm without any danger",
            "this scenario lists none",
        )],
    );
    check(
        &format!("[swarm]\nchance = 0\nweight = {{ from = 2.0, to = 0.5 }}\nworkers = []{crash}"),
        &[
            (12, 10, "no danger is ever on", "must be above 0"),
            (
                13,
                10,
                "no factor lies in this range",
                "`from` is above 0, and `to` not below `from`",
            ),
            (
                14,
                11,
                "there is nothing to draw from",
                "this list is empty",
            ),
        ],
    );
    check(
        &format!("[swarm.machine]\ndirectory = []\nopen_files = [0]{crash}"),
        &[
            (
                12,
                13,
                "there is nothing to draw from",
                "this list is empty",
            ),
            (
                13,
                15,
                "the number of open files is zero",
                "must be at least 1",
            ),
        ],
    );
    check(
        &format!("[swarm]\nweigth = 3{crash}"),
        &[(12, 1, "unknown key `weigth`", "did you mean `weight`?")],
    );
    check(
        &format!("[swarm]\nweight = {{ from = 0.0, to = 1.0 }}\ninitial = [1.5]{crash}"),
        &[
            (
                12,
                10,
                "no factor lies in this range",
                "`from` is above 0, and `to` not below `from`",
            ),
            (13, 12, "a share lies between 0 and 1", "this is 1.5"),
        ],
    );
}

#[test]
fn a_swarm_may_not_draw_what_no_queue_can_have() {
    let crash = "\n[[crash]]\nprobability = 0.1";
    check(
        &format!("[swarm.queue]\ncap = [80, 800]\nbucket = [10, 20]{crash}"),
        &[(
            13,
            10,
            "a bucket is larger than an eighth of a cap",
            "20 of 80",
        )],
    );
    check(
        &format!("[swarm.queue]\ncap = [80, 800]{crash}"),
        &[(
            12,
            7,
            "a bucket is larger than an eighth of a cap",
            "250 of 80",
        )],
    );
    let filled = SMALLEST.replace("initial = 10", "initial = 10\nfilled = true");
    check_text(
        &format!("{filled}[swarm]\nchance = 0.5{crash}"),
        &[(
            12,
            1,
            "runs that begin with one filled queue cannot each draw their own",
            "`queue.filled` is there too",
        )],
    );
}
