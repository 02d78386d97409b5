//! The program under test, and small scenarios to give it.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A folder of its own, in which the program runs.
pub struct Scene {
    dir: TempDir,
}

/// What a process left behind.
pub struct Ended {
    /// Its exit code.
    pub code: i32,
    /// What it wrote to stdout.
    pub out: String,
    /// What it wrote to stderr.
    pub err: String,
}

/// A queue of 200 files that nobody disturbs: everything is cased.
pub const CALM: &str = r#"# Nothing goes wrong.
schema = 1
id     = "calm"
title  = "200 files, two workers, nobody else"
[clock]
run_for     = "1h"
faults_stop = "5s"
[queue]
initial = 200
cap     = { limit = 2_000 }
[[consumer]]
id    = "worker"
count = 2
[sweep]
seeds = 2
[expect]
always     = ["S1", "S2", "S3"]
eventually = ["L7"]
"#;

/// A queue whose every file is taken away while the legacy cap looks at it.
pub const RACE: &str = r#"# Every listed file is gone before it is looked at.
schema = 1
id     = "race"
title  = "The legacy queue under a fast archiver"
[clock]
run_for     = "10m"
faults_stop = "1m"
[machine]
latency = "incident-windows"
[queue]
initial = 300
cap     = { limit = 100 }
[[consumer]]
id     = "worker"
stages = ["cap"]
[[archiver]]
id     = "archiver"
rate   = "1200/min"
select = "random"
[sweep]
engines = ["legacy", "spool"]
seeds   = 2
[expect]
canary    = { legacy = ["S8"] }
always    = ["S1", "S2", "S3", "S8"]
sometimes = ["vanish-between-list-and-stat"]
"#;

impl Scene {
    /// An empty folder.
    pub fn new() -> Scene {
        Scene {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    /// Runs the program with the words of `line` in the folder.
    pub fn sim(&self, line: &str) -> Ended {
        let output = Command::new(env!("CARGO_BIN_EXE_sim-under-test"))
            .args(line.split_whitespace())
            .current_dir(self.path())
            .env_remove("SIM_SEED")
            .env_remove("SIM_SEEDS")
            .env_remove("SIM_PROFILE")
            .env_remove("SIM_OUT")
            .env("LANG", "C.UTF-8")
            .output()
            .unwrap();
        Ended {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The one file of the last run's folder whose name ends so.
    pub fn left(&self, ending: &str) -> PathBuf {
        let mut runs: Vec<PathBuf> = list(&self.path().join("target/sim-runs"));
        runs.sort();
        let files = list(runs.last().expect("a run has left a folder"));
        let mut fitting = files
            .into_iter()
            .filter(|path| path.to_string_lossy().ends_with(ending));
        fitting
            .next()
            .unwrap_or_else(|| panic!("no file ends with {ending}"))
    }
}

impl Ended {
    /// The lines of stdout, each read as JSON.
    pub fn json(&self) -> Vec<Value> {
        let read =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.out.lines().map(read).collect()
    }

    /// Fails unless the process ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Ended {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.out, self.err
        );
        self
    }
}

fn list(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}
