//! A disk that really is full: the program says so, says what helps, and goes on once there is space.

use crate::scene::{Scene, indexer};
use serde_json::Value;
use std::process::{Command, Output};

/// More than fit on the small disk, and fewer than fit on the large one.
const ALERTS: u32 = 600;

/// Runs a shell script with a small disk mounted at `$HOME_DIR`, which only it sees; `None`, loudly, where that cannot be.
fn with_small_disk(scene: &Scene, script: &str) -> Option<Output> {
    let mount = "mount -t tmpfs -o size=2m none \"$HOME_DIR\"";
    let run = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-ec", script]);
        command.current_dir(scene.path(""));
        command.env("HOME_DIR", scene.path("spool"));
        command.env("FOUNDRY", env!("CARGO_BIN_EXE_foundry-under-test"));
        command.env("SYSTEM_DIR", scene.path("etc"));
        command.output()
    };
    let why = match run(mount) {
        Ok(output) if output.status.success() => {
            return Some(run(&format!("{mount}\n{script}")).unwrap());
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    eprintln!("SKIPPED: no disk of its own can be mounted here with `unshare -rm`: {why}");
    None
}

/// Three passes: until the disk is full, while not a page is left, and with space again. What each told goes to files beside it.
const SCRIPT: &str = r#"
foundry() { "$FOUNDRY" "$@" --format json --config foundry.toml --system-dir "$SYSTEM_DIR"; }
try() { name=$1; shift; code=0; "$@" >"$name.out" 2>"$name.err" || code=$?; echo $code >"$name.code"; }
try first foundry run
# What the pass gave back, somebody else takes.
cat /dev/zero >spool/filler 2>/dev/null || true
try again foundry run
rm spool/filler
mount -o remount,size=64m "$HOME_DIR"
try healed foundry run
cp spool/heartbeat.json .
try audit foundry audit
"#;

/// The exit code and the last line of stdout of one of the script's commands.
fn told(scene: &Scene, name: &str) -> (i32, Value) {
    let code = scene.read(&format!("{name}.code")).trim().parse().unwrap();
    let out = scene.read(&format!("{name}.out"));
    let line = out.lines().last().unwrap_or_default();
    let err = scene.read(&format!("{name}.err"));
    let json = serde_json::from_str(line).unwrap_or_else(|e| panic!("{name}: {e}: {line}\n{err}"));
    (code, json)
}

#[test]
fn a_pass_on_a_full_disk_names_the_remedy_and_with_space_again_everything_is_cased() {
    let server = indexer(ALERTS);
    let scene = Scene::home_of(&server, "s3cret");
    let Some(output) = with_small_disk(&scene, SCRIPT) else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
    for name in ["first", "again"] {
        let (code, report) = told(&scene, name);
        assert_eq!((code, &report["exit"]), (74, &Value::from(74)), "{name}");
        let stages = report["stages"].as_array().unwrap();
        assert_eq!(stages.len(), 7, "{name}: {report:#}");
        let errors: Vec<&str> = stages
            .iter()
            .filter_map(|stage| stage["error"].as_str())
            .collect();
        let is_told =
            |error: &&str| error.contains("no space left") && error.contains("free space");
        assert!(
            !errors.is_empty() && errors.iter().all(is_told),
            "{name}: {errors:#?}"
        );
        let cap = stages.iter().find(|stage| stage["stage"] == "cap").unwrap();
        assert_eq!(cap["error"], Value::Null, "{name}");
        assert_eq!(report["mismatches"], 0, "{name}: {report:#}");
    }
    let (code, report) = told(&scene, "healed");
    assert_eq!((code, &report["ok"]), (0, &Value::Bool(true)), "{report:#}");
    let (code, audit) = told(&scene, "audit");
    let ended = (&audit["mismatches"], &audit["published"], &audit["cased"]);
    let all = Value::from(ALERTS);
    assert_eq!(
        (code, ended),
        (0, (&Value::from(0), &all, &all)),
        "{audit:#}"
    );
    assert_eq!(scene.json("heartbeat.json")["ok"], true);
}
