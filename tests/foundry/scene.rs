//! A directory of its own with a home in it, the program under test, and an indexer to ask.

use mock_indexer::{Core, Options, Planted, Population, Recipe, Server};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// A directory in which the program runs.
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

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// An indexer with `count` alerts of the last hours; one of them is one that the starter policy escalates.
pub fn indexer(count: u32) -> Server {
    let now = now_ms();
    let escalated = r#"{"timestamp":"2026-03-26T00:00:00.000+0000","agent":{"name":"db-02"},
        "rule":{"id":"550","level":7,"groups":["ossec","syscheck"]},"syscheck":{"path":"/etc/shadow"}}"#;
    let recipe = Recipe {
        planted: vec![Planted {
            id: "planted".to_owned(),
            timestamp_ms: now - 3_600_000,
            indexed_at_ms: now - 3_590_000,
            source: escalated.replace('\n', "").into_bytes(),
        }],
        ..Recipe::steady(7, count - 1, now - 3 * 3_600_000..now - 600_000)
    };
    indexer_of(recipe)
}

/// An indexer with the documents of a recipe.
pub fn indexer_of(recipe: Recipe) -> Server {
    let core = Core::new(
        Arc::new(Population::new(recipe)),
        Options::healthy("reader", "s3cret"),
    );
    Server::start(core, now_ms).unwrap()
}

impl Scene {
    /// An empty directory.
    pub fn new() -> Scene {
        Scene {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// A home as `foundry init` makes it.
    pub fn home() -> Scene {
        Scene::home_in(&std::env::temp_dir())
    }

    /// The same in a directory below `parent`.
    pub fn home_in(parent: &Path) -> Scene {
        let scene = Scene {
            dir: tempfile::tempdir_in(parent).unwrap(),
        };
        scene.foundry("init").expect(0);
        scene
    }

    /// A home that knows an indexer, and its password.
    pub fn home_of(server: &Server, password: &str) -> Scene {
        let scene = Scene::home();
        scene.write("root-ca.pem", server.ca_pem());
        scene.write("indexer.secret", &format!("reader:{password}\n"));
        let text = scene.read("foundry.toml");
        let keys = format!(
            "[indexer]\nurl = \"{}\"\nca_file = \"root-ca.pem\"\ncredential_file = \"indexer.secret\"\n",
            server.url()
        );
        scene.write("foundry.toml", &text.replace("[indexer]\n", &keys));
        scene
    }

    /// A path in the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The text of a file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The JSON of a file.
    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces a part of a file, which must be there.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "no {from:?} in {name}");
        self.write(name, &text.replacen(from, to, 1));
    }

    /// Runs the program with the words of `line`.
    pub fn foundry(&self, line: &str) -> Ended {
        self.foundry_with(line, &[])
    }

    /// Runs the program with the words of `line` on the home's configuration.
    pub fn on_home(&self, line: &str) -> Ended {
        self.foundry(&format!("{line} --config foundry.toml"))
    }

    /// The same with variables of the environment.
    pub fn foundry_with(&self, line: &str, variables: &[(&str, &str)]) -> Ended {
        Ended::of(self.command(line, variables).output().unwrap())
    }

    /// Runs the program as another user, who can reach the directory and the program from then on. Only root may.
    pub fn as_user(&self, uid: u32, line: &str) -> Ended {
        let program = self.path("program");
        if !program.exists() {
            fs::copy(env!("CARGO_BIN_EXE_foundry-under-test"), &program).unwrap();
            let open = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&program, open.clone()).unwrap();
            fs::set_permissions(self.dir.path(), open).unwrap();
        }
        let mut command = self.command_of(&program, line, &[]);
        command.uid(uid).gid(uid);
        Ended::of(command.output().unwrap())
    }

    /// Starts the program and does not wait for it.
    pub fn start(&self, line: &str) -> Running {
        self.start_with(line, &[])
    }

    /// The same with variables of the environment.
    pub fn start_with(&self, line: &str, variables: &[(&str, &str)]) -> Running {
        let log = self.path("log");
        let mut command = self.command(line, variables);
        command.stderr(fs::File::create(&log).unwrap());
        command.stdout(Stdio::null());
        Running {
            child: command.spawn().unwrap(),
            log,
        }
    }

    /// The program as it will be started: what the machine or the user has set up does not count.
    fn command(&self, line: &str, variables: &[(&str, &str)]) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_foundry-under-test"));
        self.command_of(program, line, variables)
    }

    fn command_of(&self, program: &Path, line: &str, variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(program);
        command
            .args(line.split_whitespace())
            .arg("--system-dir")
            .arg(self.path("etc"));
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FOUNDRY_")) {
            command.env_remove(name);
        }
        for name in [
            "RUST_LOG",
            "CREDENTIALS_DIRECTORY",
            "NOTIFY_SOCKET",
            "WATCHDOG_USEC",
        ] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        command
    }
}

impl Ended {
    fn of(output: Output) -> Ended {
        Ended {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
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

    /// Fails unless stderr tells each of these.
    #[track_caller]
    pub fn tells(self, parts: &[&str]) -> Ended {
        for part in parts {
            assert!(
                self.err.contains(part),
                "no {part:?} in stderr:\n{}",
                self.err
            );
        }
        self
    }

    /// Fails unless stdout shows each of these.
    #[track_caller]
    pub fn shows(self, parts: &[&str]) -> Ended {
        for part in parts {
            assert!(
                self.out.contains(part),
                "no {part:?} in stdout:\n{}",
                self.out
            );
        }
        self
    }

    /// stdout as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }

    /// stdout as JSON lines.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        let read =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.out.lines().map(read).collect()
    }
}

/// A process that runs. Killed when dropped.
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// What it has told so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until the log has a line that `find` likes, and returns what that found.
    pub fn wait_for<T>(&mut self, what: &str, mut find: impl FnMut(&str) -> Option<T>) -> T {
        for _ in 0..600 {
            if let Some(found) = self.log().lines().find_map(&mut find) {
                return found;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("ended with {status} before {what}:\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("no {what} in 30 s:\n{}", self.log());
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.child.id());
        let told = Command::new("sh").arg("-c").arg(line).status().unwrap();
        assert!(told.success());
    }

    /// Sends SIGTERM and returns the exit code.
    pub fn terminate(self) -> i32 {
        self.signal("TERM");
        self.wait()
    }

    /// The exit code.
    pub fn wait(mut self) -> i32 {
        for _ in 0..600 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or_else(|| panic!("killed: {status}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it did not stop in 30 s:\n{}", self.log());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Every file below `dir` of this name.
pub fn files(dir: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, name));
        } else if path.ends_with(name) {
            found.push(path);
        }
    }
    found
}
