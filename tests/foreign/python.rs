//! A Python environment that is thrown away.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// An environment with some packages.
pub(crate) struct Python {
    dir: tempfile::TempDir,
}

impl Python {
    /// Makes an environment and installs the packages that `requirements` names, one a line. `None`, and a line on standard
    /// error, if that cannot be done here.
    pub(crate) fn with(test: &str, requirements: &str) -> Option<Self> {
        match Self::make(requirements) {
            Ok(python) => Some(python),
            Err(reason) => {
                say(&format!("SKIPPED {test}: {reason}"));
                None
            }
        }
    }

    fn make(requirements: &str) -> Result<Self, String> {
        let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
        let python = Python { dir };
        let environment = python.dir.path().join("environment");
        let mut make = Command::new("python3");
        run(make.args(["-m", "venv"]).arg(&environment))?;
        let list = python.dir.path().join("requirements.txt");
        std::fs::write(&list, requirements).map_err(|error| error.to_string())?;
        let mut install = Command::new(python.program("python"));
        let install = install.args(["-m", "pip", "install", "--quiet", "--no-input"]);
        // Whoever has no network shall not wait long for it.
        let install = install.args(["--retries", "1", "--timeout", "30"]);
        run(install.arg("--requirement").arg(&list))?;
        Ok(python)
    }

    /// A program of the environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.path().join("environment/bin").join(name)
    }

    /// Runs a script to its end; its standard output is what counts.
    ///
    /// # Panics
    /// If the script fails: it is part of the test.
    pub(crate) fn run(&self, script: &str, arguments: &[impl AsRef<OsStr>]) -> String {
        let mut command = Command::new(self.program("python"));
        // Nothing of the caller's Python may be found beside the environment's.
        let command = command.args(["-I", "-c", script]).args(arguments);
        run(command).unwrap_or_else(|error| panic!("{error}"))
    }
}

fn run(command: &mut Command) -> Result<String, String> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let started = command.stdin(Stdio::null()).output();
    let Output {
        status,
        stdout,
        stderr,
    } = started.map_err(|error| format!("cannot start {shown}: {error}"))?;
    match status.success() {
        true => Ok(String::from_utf8_lossy(&stdout).into_owned()),
        false => Err(format!(
            "{shown} ends with {status}: {}",
            String::from_utf8_lossy(&stderr)
        )),
    }
}

/// Says a line on standard error itself, which the test runner does not hold back.
pub(crate) fn say(line: &str) {
    let line = format!("foreign: {line}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
