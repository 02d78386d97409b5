//! How many alerts a second one core judges with 500 signatures.
//!
//! `cargo run --release -p policy --example judge_speed [ALERTS] [SIGNATURES]`

#![expect(clippy::disallowed_methods, reason = "this measures real time")]
#![expect(clippy::print_stdout, reason = "this prints what it measured")]

use policy::{Files, LoadOptions, POLICY_TOML, Policy, Stats, starter};
use std::error::Error;
use std::time::Instant;

/// Wazuh's services with a field of each, and the share of alerts in percent.
const MIX: [(&str, &str, &str, u32); 4] = [
    ("syscheck", "syscheck", "syscheck.path", 40),
    ("sysmon", "sysmon_event1", "data.win.eventdata.image", 35),
    ("auth", "authentication_failed", "data.srcuser", 15),
    ("rootcheck", "rootcheck", "data.file", 10),
];

/// How many rules raise alerts.
const RULES: usize = 100;

/// How often the alerts are judged; the fastest pass counts, since other programs only ever slow one down.
const PASSES: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<usize>());
    let alert_count = numbers.next().transpose()?.unwrap_or(10_000);
    let signature_count = numbers.next().transpose()?.unwrap_or(500);
    let files = synthetic(signature_count);
    let begin = Instant::now();
    let policy = Policy::load(&files, LoadOptions::default())?;
    let loading = begin.elapsed();
    let alerts: Vec<String> = (0..alert_count).map(alert).collect();
    let bytes: usize = alerts.iter().map(String::len).sum();
    let now = "2026-06-01T00:00:00Z".parse()?;
    let mut best = f64::MAX;
    let mut stats = Stats::new(&policy);
    for _ in 0..PASSES {
        stats = Stats::new(&policy);
        let begin = Instant::now();
        for alert in &alerts {
            stats.add(&policy.judge_bytes(alert.as_bytes(), now), now);
        }
        best = best.min(begin.elapsed().as_secs_f64());
    }
    let hits: u64 = stats.signatures().map(|(_, stats)| stats.hits).sum();
    println!(
        "{} signatures loaded and tested in {loading:.0?}",
        policy.signatures().len()
    );
    println!(
        "{alert_count} alerts of {} bytes, {hits} hits",
        bytes / alert_count.max(1)
    );
    println!(
        "{:.1} us an alert, {:.0} alerts a second on one core, parsing and counting included",
        best * 1e6 / alert_count as f64,
        alert_count as f64 / best
    );
    Ok(())
}

/// The starter's settings with filters of several forms. One in ten is for every rule of its service.
fn synthetic(count: usize) -> Files {
    let mut files = Files::new();
    if let Some(settings) = starter().get(POLICY_TOML) {
        files.insert(POLICY_TOML, settings);
    }
    for number in 0..count {
        let (service, group, field, _) = MIX[number % MIX.len()];
        // Rule n belongs to service n mod 4, as it does in `alert`.
        let rule = 1_000 + number % RULES;
        let rules = if number % 10 == 9 {
            "any".to_owned()
        } else {
            format!("[wazuh_{rule}]")
        };
        let modifier = ["", "|contains", "|startswith", "|endswith"][number / 4 % 4];
        let value = format!("/srv/app{number}/cache");
        let sample = |text: &str| {
            let alert = nested(field, text);
            format!("{{rule: {{id: '{rule}', level: 5, groups: [{group}]}}, {alert}}}")
        };
        let text = format!(
            "title: Signature {number}\nid: 00000000-0000-4000-8000-{number:012}\nlogsource:\n  product: wazuh\n  \
             service: {service}\nfilter:\n  rules: {rules}\n  selection:\n    {field}{modifier}: {value}\n  other:\n    \
             agent.name: host-{number}\n    {field}|re: '^/opt/[a-z]+{number}$'\n  condition: not 1 of them\n\
             disposition: known_fp\nowner: o\nticket: t\nexpires: 2030-01-01\nmax_level: high\ntests:\n  match:\n    - {}\n  \
             no_match:\n    - {}\n",
            sample(&value),
            sample("/etc/x"),
        );
        files.insert(format!("filters/mf_signature_{number:04}.yml"), text);
    }
    files
}

/// `a.b: text` as nested YAML in braces, without the outermost.
fn nested(field: &str, text: &str) -> String {
    let (first, rest) = field.split_once('.').unwrap_or((field, ""));
    match rest {
        "" => format!("{first}: '{text}'"),
        rest => format!("{first}: {{{}}}", nested(rest, text)),
    }
}

/// A Wazuh-like alert of about 930 bytes. About one in fifteen has a value that a signature is for.
fn alert(number: usize) -> String {
    let percent = (number * 37 % 100) as u32;
    let mut upto = 0;
    let kind = MIX.iter().position(|(_, _, _, share)| {
        upto += share;
        percent < upto
    });
    let kind = kind.unwrap_or(0);
    let (_, group, field, _) = MIX[kind];
    let rule = 1_000 + (number % (RULES / MIX.len())) * MIX.len() + kind;
    let value = match number % 15 {
        0 => format!("/srv/app{}/cache", number % 500),
        _ => format!("/usr/lib/package{}/file{number}", number % 77),
    };
    let own = json_nested(field, &value);
    let (parts, pad) = (own.trim_start_matches('{').trim_end_matches('}').len(), 350);
    let log = "x".repeat(pad - parts.min(pad - 1));
    format!(
        r#"{{"timestamp":"2026-04-01T05:29:07.{:03}+0000","rule":{{"level":{},"description":"An alert of rule {rule} that is as long as such texts are","id":"{rule}","mitre":{{"id":["T1565.001"],"tactic":["Impact"],"technique":["Stored Data Manipulation"]}},"firedtimes":{},"mail":false,"groups":["ossec","{group}"],"pci_dss":["11.5"],"gdpr":["II_5.1.f"],"hipaa":["164.312.c.1"],"nist_800_53":["SI.7"]}},"agent":{{"id":"{:03}","name":"host-{}","ip":"10.0.0.{}"}},"manager":{{"name":"manager"}},"id":"1775021347.{number}","decoder":{{"name":"decoder"}},"location":"somewhere","full_log":"{log}",{}"#,
        number % 1_000,
        number % 13,
        number % 50,
        number % 40,
        number % 40,
        number % 250,
        &own[1..],
    )
}

fn json_nested(field: &str, text: &str) -> String {
    let (first, rest) = field.split_once('.').unwrap_or((field, ""));
    match rest {
        "" => format!(r#"{{"{first}":"{text}"}}"#),
        rest => format!(r#"{{"{first}":{}}}"#, json_nested(rest, text)),
    }
}
