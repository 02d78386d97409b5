//! A mistake is shown at its key, and every value knows where it came from.

use crate::scene::Scene;

#[track_caller]
fn refused(from: &str, to: &str, told: &[&str]) {
    let scene = Scene::home();
    scene.edit("foundry.toml", from, to);
    let ended = scene.on_home("config check").expect(78).tells(told);
    assert_eq!(ended.out, "", "a mistake is no result");
    // A pass refuses it as well, before it touches anything.
    scene.on_home("run").expect(78).tells(told);
    assert!(!scene.path("spool/heartbeat.json").exists());
}

#[test]
fn what_init_writes_passes_the_check_and_says_the_defaults() {
    let scene = Scene::home();
    scene
        .on_home("config check")
        .expect(0)
        .shows(&["ok", "foundry.toml"]);
    let written = scene.on_home("config show").expect(0).out;
    // Every line that shows a default, with its mark taken away, changes nothing.
    let text = scene.read("foundry.toml");
    let keys = ["url", "ca_file", "credential_file", "index"];
    let lines = text.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase()) => {
            let key = rest.split(' ').next().unwrap();
            if keys.contains(&key) { line } else { rest }
        }
        _ => line,
    });
    let cores = written
        .lines()
        .find(|line| line.starts_with("workers"))
        .unwrap();
    let all: String = lines.map(|line| format!("{line}\n")).collect();
    scene.write("foundry.toml", &all.replace("workers = 2", cores));
    assert_eq!(scene.on_home("config show").expect(0).out, written);
    // And no key is missing from the file.
    for shown in scene.on_home("config show --format json").expect(0).lines() {
        let key = shown["key"]
            .as_str()
            .unwrap()
            .split('.')
            .nth(1)
            .unwrap()
            .to_owned();
        let is_there = text.lines().any(|line| {
            line.trim_start_matches('#')
                .starts_with(&format!("{key} = "))
        });
        assert!(is_there, "init does not write {key}");
    }
}

#[test]
fn a_misspelt_key_is_shown_with_its_line_and_the_nearest_one() {
    refused(
        "#cap = 2000",
        "capp = 2000",
        &[
            "unknown key `capp`",
            "foundry.toml:",
            "capp = 2000",
            "did you mean `cap`?",
        ],
    );
    refused(
        "[serve]",
        "[servce]",
        &["unknown key `servce`", "did you mean `serve`?"],
    );
    refused(
        "[serve]",
        "[serve]\npassword = \"x\"",
        &["unknown key `password`"],
    );
}

#[test]
fn a_value_that_cannot_work_is_shown_with_its_line_and_a_remedy() {
    refused(
        "#cap = 2000",
        "cap = \"many\"",
        &["invalid type", "cap = \"many\""],
    );
    refused(
        "#cap = 2000",
        "cap = 3",
        &["`queue.cap` is 3", "at least 8"],
    );
    refused(
        "#every = \"30s\"",
        "every = \"30\"",
        &["`30` is not a duration", "every = \"30\""],
    );
    refused(
        "#page_alerts = 1000",
        "page_alerts = 20000",
        &["indexer.page_alerts", "20000"],
    );
    refused(
        "#profile = \"wazuh4\"",
        "profile = \"wazuh6\"",
        &["unknown value `wazuh6`"],
    );
    refused(
        "#tlp = \"amber\"",
        "tlp = \"pink\"",
        &[
            "unknown value `pink`",
            "foundry.toml:",
            "tlp = \"pink\"",
            "known here: clear, green, amber, amber+strict, red",
        ],
    );
    refused(
        "#pap = \"amber\"",
        "pap = \"amber+strict\"",
        &[
            "unknown value `amber+strict`",
            "known here: clear, green, amber, red",
        ],
    );
    refused(
        "#backlog_max = 50000",
        "backlog_max = 10",
        &["below `queue.cap`"],
    );
    refused("#url = \"https", "url = \"http", &["must be https://"]);
}

#[test]
fn probes_are_for_this_machine_alone() {
    refused(
        "#listen = \"127.0.0.1",
        "listen = \"0.0.0.0",
        &["which others can reach"],
    );
    refused(
        "#listen = \"127.0.0.1",
        "listen = \"[::]",
        &["which others can reach"],
    );
}

#[test]
fn the_later_layer_wins_and_says_so() {
    let scene = Scene::home();
    scene.write(
        "etc/foundry.toml",
        "[queue]\ncap = 100\nbucket_max = 5\nbacklog_max = 60000\n[escalation]\ntlp = \"red\"\n",
    );
    scene.write("etc/conf.d/20-b.toml", "[queue]\nbacklog_max = 80000\n");
    scene.write(
        "etc/conf.d/10-a.toml",
        "[queue]\nbacklog_max = 70000\n[serve]\nevery = \"1m\"\n",
    );
    scene.edit("foundry.toml", "#cap = 2000", "cap = 300");
    let line = "config show --origin --format json --config foundry.toml --set run.workers=3";
    let shown = scene
        .foundry_with(line, &[("FOUNDRY_SERVE__EVERY", "2m")])
        .expect(0)
        .lines();
    let check = |key: &str, value: &str, origin: &str| {
        let row = shown.iter().find(|row| row["key"] == key).unwrap();
        assert_eq!(row["value"], value, "{key}");
        let said = row["origin"].as_str().unwrap();
        assert!(said.contains(origin), "{key}: {said}");
    };
    check("queue.bucket_max", "5", "etc/foundry.toml:3");
    check("queue.backlog_max", "80000", "conf.d/20-b.toml:2");
    check("queue.cap", "300", "foundry.toml:");
    check("serve.every", "\"2m\"", "environment FOUNDRY_SERVE__EVERY");
    check("run.workers", "3", "--set run.workers=3");
    check("queue.readmit", "true", "default");
    check("escalation.tlp", "\"red\"", "etc/foundry.toml:6");
    check("escalation.pap", "\"amber\"", "default");
}

#[test]
fn a_variable_or_a_flag_that_names_no_key_is_refused() {
    let scene = Scene::home();
    let line = "config check --config foundry.toml";
    let wrong = [("FOUNDRY_QUEUE__CAPP", "3")];
    scene
        .foundry_with(line, &wrong)
        .expect(78)
        .tells(&["FOUNDRY_QUEUE__CAPP", "`cap`"]);
    let wrong = [("FOUNDRY_QUEUE__CAP", "3")];
    scene
        .foundry_with(line, &wrong)
        .expect(78)
        .tells(&["environment FOUNDRY_QUEUE__CAP"]);
    scene
        .on_home("config check --set queue=3")
        .expect(78)
        .tells(&["section.key=value"]);
}

#[test]
fn without_a_configuration_the_way_to_one_is_told() {
    let scene = Scene::new();
    scene
        .foundry("run")
        .expect(78)
        .tells(&["there is no configuration", "foundry init"]);
    let missing = scene.foundry("run --config nowhere.toml").expect(78);
    missing.tells(&["cannot read the configuration nowhere.toml", "not found"]);
}

#[test]
fn wrong_usage_has_a_code_of_its_own() {
    let scene = Scene::new();
    scene.foundry("runn").expect(64).tells(&["runn"]);
    scene.foundry("demo --alerts 0").expect(64);
    scene.foundry("").expect(64);
    scene
        .foundry("--help")
        .expect(0)
        .shows(&["78  the configuration"]);
}
