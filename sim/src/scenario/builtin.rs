//! The scenarios that ship inside the program, so that it works anywhere.

use super::Scenario;
use super::problem::{ScenarioError, nearest};

/// A scenario file as it was when the program was built.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// The scenario's id, and the file's name without `.toml`.
    pub id: &'static str,
    /// The file's text.
    pub text: &'static str,
}

impl Builtin {
    /// What goes wrong: the sentence of the file's first lines.
    pub fn sentence(&self) -> String {
        let lines = self.text.lines().map_while(|line| line.strip_prefix('#'));
        let words: Vec<&str> = lines.map(str::trim).collect();
        words.join(" ")
    }

    /// The scenario.
    pub fn scenario(&self) -> Result<Scenario, ScenarioError> {
        Scenario::parse(&format!("{}.toml", self.id), self.text)
    }
}

macro_rules! builtins {
    ($($id:literal),* $(,)?) => {
        [$(Builtin {
            id: $id,
            text: include_str!(concat!("../../../scenarios/", $id, ".toml")),
        }),*]
    };
}

static BUILTINS: [Builtin; 34] = builtins![
    "incident",
    "credential-rotation",
    "targeted-race",
    "full-queue-sort",
    "before-and-after",
    "scale-boundaries",
    "deep-queue",
    "race-window",
    "concurrent-archival",
    "antivirus",
    "crash-anywhere",
    "power-loss",
    "two-instances",
    "cap-race",
    "clock-and-ties",
    "hanging-indexer",
    "clock-a-day-behind",
    "clock-step-power-loss-full-disk",
    "slow-writer",
    "second-document",
    "late-shipper",
    "silent-indexer",
    "age",
    "history",
    "width",
    "burst",
    "outage-late",
    "outage-down",
    "outage-refused",
    "holes",
    "skew",
    "size",
    "variety",
    "swarm",
];

/// All scenarios that ship with the program, the incident first.
pub fn list() -> &'static [Builtin] {
    &BUILTINS
}

/// The scenario of this id. Errs if there is none, and names the nearest.
pub fn builtin(id: &str) -> Result<Scenario, ScenarioError> {
    match list().iter().find(|builtin| builtin.id == id) {
        Some(builtin) => builtin.scenario(),
        None => Err(ScenarioError::Unknown {
            id: id.to_owned(),
            help: match nearest(id, list().iter().map(|builtin| builtin.id)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`sim scenario list` names them; a path to a file ends in .toml".to_owned(),
            },
        }),
    }
}
