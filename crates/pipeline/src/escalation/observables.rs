//! What an alert shows of the world, typed: addresses, names, hashes, paths, commands.
//!
//! Taken from the fields that hold them, of Wazuh 4 and 5, and never found by pattern in free text: an attacker writes that.

use super::fields::Fields;
use super::settings::Tlp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What an observable is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Type {
    Ipv4,
    Ipv6,
    Host,
    Port,
    User,
    Url,
    File,
    Registry,
    Process,
    CommandLine,
    Md5,
    Sha1,
    Sha256,
}

/// One observable, with all the fields that show it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Observable {
    #[serde(rename = "type")]
    pub(super) kind: Type,
    pub(super) value: String,
    tlp: Tlp,
    /// Of addresses: whether it means something inside a network only.
    #[serde(skip_serializing_if = "Option::is_none")]
    private: Option<bool>,
    /// If the value was cut: how many bytes it has in `alert.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_in_all: Option<usize>,
    pub(super) found_in: BTreeSet<&'static str>,
}

/// What a field holds.
#[derive(Clone, Copy)]
enum Holds {
    /// An address, or the name of a machine where an address was to be.
    Address,
    Host,
    Port,
    User,
    Url,
    /// A file's path, or a registry key.
    Path,
    Registry,
    Process,
    CommandLine,
    Hash,
    /// Sysmon's `SHA1=…,MD5=…,SHA256=…,IMPHASH=…`.
    Hashes,
}

/// The longest command line of Windows. What is longer is cut here, and whole in `alert.json`.
const VALUE_BYTES_MAX: usize = 32 * 1024;

/// Where Wazuh 4 and, in the lower part of each list, Wazuh 5 keep what.
#[rustfmt::skip]
const FIELDS: &[(Holds, &[&str])] = &[
    (Holds::Address, &[
        "agent.ip", "data.srcip", "data.dstip", "data.src_ip", "data.dest_ip", "data.win.eventdata.sourceIp",
        "data.win.eventdata.destinationIp", "data.win.eventdata.ipAddress", "data.aws.sourceIPAddress",
        "data.office365.ClientIP",
        "client.ip", "destination.ip", "host.ip", "server.ip", "source.ip",
    ]),
    (Holds::Host, &[
        "agent.name", "predecoder.hostname", "data.hostname", "data.win.system.computer",
        "data.win.eventdata.sourceHostname", "data.win.eventdata.destinationHostname",
        "data.win.eventdata.workstationName", "data.win.eventdata.queryName",
        "dns.question.name", "host.hostname", "host.name", "wazuh.agent.name",
    ]),
    (Holds::Port, &[
        "data.srcport", "data.dstport", "data.src_port", "data.dest_port", "data.win.eventdata.sourcePort",
        "data.win.eventdata.destinationPort", "data.win.eventdata.ipPort",
        "destination.port", "source.port",
    ]),
    (Holds::User, &[
        "data.srcuser", "data.dstuser", "data.user", "data.win.eventdata.user", "data.win.eventdata.targetUserName",
        "data.win.eventdata.subjectUserName", "data.win.eventdata.sourceUser", "data.win.eventdata.targetUser",
        "data.office365.UserId", "syscheck.uname_before", "syscheck.uname_after", "syscheck.audit.user.name",
        "syscheck.audit.login_user.name", "syscheck.audit.effective_user.name",
        "source.user.name", "destination.user.name", "user.name", "user.target.name",
    ]),
    (Holds::Url, &["data.url", "data.http.url", "data.virustotal.permalink", "url.full", "url.original"]),
    (Holds::Path, &[
        "syscheck.path", "syscheck.symbolic_path", "data.file", "data.audit.file.name", "data.virustotal.source.file",
        "data.win.eventdata.targetFilename", "data.win.eventdata.imageLoaded", "data.win.eventdata.objectName",
        "dll.path", "file.path", "file.target_path",
    ]),
    (Holds::Registry, &["data.win.eventdata.targetObject", "registry.path"]),
    (Holds::Process, &[
        "data.audit.exe", "data.win.eventdata.image", "data.win.eventdata.parentImage",
        "data.win.eventdata.sourceImage", "data.win.eventdata.targetImage", "data.win.eventdata.newProcessName",
        "data.win.eventdata.parentProcessName", "data.win.eventdata.processName", "syscheck.audit.process.name",
        "syscheck.audit.process.parent_name",
        "process.executable", "process.parent.executable",
    ]),
    (Holds::CommandLine, &[
        "data.command", "data.audit.command", "data.win.eventdata.commandLine",
        "data.win.eventdata.parentCommandLine",
        "process.command_line", "process.parent.command_line",
    ]),
    (Holds::Hash, &[
        "syscheck.md5_before", "syscheck.md5_after", "syscheck.sha1_before", "syscheck.sha1_after",
        "syscheck.sha256_before", "syscheck.sha256_after", "data.virustotal.source.md5", "data.virustotal.source.sha1",
        "dll.hash.md5", "dll.hash.sha1", "dll.hash.sha256", "file.hash.md5", "file.hash.sha1", "file.hash.sha256",
        "process.hash.md5", "process.hash.sha1", "process.hash.sha256",
    ]),
    (Holds::Hashes, &["data.win.eventdata.hashes"]),
];

/// The fields of [`FIELDS`] that say where something came from.
pub(super) const SOURCES: &[&str] = &[
    "data.srcip",
    "data.src_ip",
    "data.win.eventdata.sourceIp",
    "data.win.eventdata.ipAddress",
    "data.aws.sourceIPAddress",
    "data.office365.ClientIP",
    "client.ip",
    "source.ip",
];

/// The observables of an alert: each once, by type and then by value.
pub(super) fn observables(fields: Fields<'_>, tlp: Tlp) -> Vec<Observable> {
    let mut found: BTreeMap<(Type, String), Observable> = BTreeMap::new();
    for (holds, paths) in FIELDS {
        for path in *paths {
            for value in fields.values(path) {
                for (kind, value) in read(*holds, value.trim()) {
                    let kept = cut(&value);
                    let bytes_in_all = (kept.len() < value.len()).then_some(value.len());
                    let observable = Observable {
                        kind,
                        value: kept.to_owned(),
                        tlp,
                        private: privacy(kind, kept),
                        bytes_in_all,
                        found_in: BTreeSet::new(),
                    };
                    let key = (kind, kept.to_owned());
                    let known = found.entry(key).or_insert(observable);
                    known.found_in.insert(path);
                }
            }
        }
    }
    found.into_values().collect()
}

/// The value, up to the last whole character that fits.
fn cut(value: &str) -> &str {
    &value[..value.floor_char_boundary(VALUE_BYTES_MAX)]
}

/// What a value of a field is. Nothing, if it says that there is none.
fn read(holds: Holds, value: &str) -> Vec<(Type, String)> {
    if matches!(value, "" | "-" | "any" | "(null)" | "N/A") {
        return Vec::new();
    }
    let one = |kind| vec![(kind, value.to_owned())];
    match holds {
        Holds::Address => match value.parse::<IpAddr>() {
            Ok(address) => vec![address_of(address)],
            Err(_) => one(Type::Host),
        },
        Holds::Host => one(Type::Host),
        Holds::Port => match value.parse::<u16>() {
            Ok(port) if port != 0 => vec![(Type::Port, port.to_string())],
            _ => Vec::new(),
        },
        Holds::User => one(Type::User),
        Holds::Url => one(Type::Url),
        Holds::Path if is_registry(value) => one(Type::Registry),
        Holds::Path => one(Type::File),
        Holds::Registry => one(Type::Registry),
        Holds::Process => one(Type::Process),
        Holds::CommandLine => one(Type::CommandLine),
        Holds::Hash => hash(value).into_iter().collect(),
        Holds::Hashes => {
            let named = value.split(',').filter_map(|part| part.split_once('='));
            named
                .filter(|(name, _)| ["MD5", "SHA1", "SHA256"].contains(&name.trim()))
                .filter_map(|(_, digits)| hash(digits.trim()))
                .collect()
        }
    }
}

/// An address in its one form: IPv6 that only wraps IPv4 is IPv4.
fn address_of(address: IpAddr) -> (Type, String) {
    match address.to_canonical() {
        IpAddr::V4(address) => (Type::Ipv4, address.to_string()),
        IpAddr::V6(address) => (Type::Ipv6, address.to_string()),
    }
}

/// Whether an address is private; nothing of other types.
fn privacy(kind: Type, value: &str) -> Option<bool> {
    if !matches!(kind, Type::Ipv4 | Type::Ipv6) {
        return None;
    }
    match value.parse().ok()? {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            // 100.64/10 is between a provider and its clients.
            let is_shared = first == 100 && second & 0b1100_0000 == 64;
            let is_near = address.is_loopback() || address.is_link_local();
            Some(address.is_private() || is_near || is_shared)
        }
        IpAddr::V6(address) => {
            let is_near = address.is_loopback() || address.is_unicast_link_local();
            Some(address.is_unique_local() || is_near)
        }
    }
}

/// Wazuh writes registry keys where it writes files, some with the view before them, as in `[x64] HKEY_…`.
fn is_registry(path: &str) -> bool {
    let key = path.strip_prefix("[x64] ").or(path.strip_prefix("[x32] "));
    key.unwrap_or(path).starts_with("HKEY_")
}

/// The hash that these digits are of, by their count.
fn hash(digits: &str) -> Option<(Type, String)> {
    let kind = match digits.len() {
        32 => Type::Md5,
        40 => Type::Sha1,
        64 => Type::Sha256,
        _ => return None,
    };
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| (kind, digits.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn shown(document: &Value) -> Vec<(Type, String)> {
        let found = observables(Fields::of(document), Tlp::Amber);
        found.into_iter().map(|one| (one.kind, one.value)).collect()
    }

    #[track_caller]
    fn check(document: Value, expected: &[(Type, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(kind, value)| (*kind, (*value).to_owned()))
            .collect();
        assert_eq!(shown(&document), expected);
    }

    #[test]
    fn addresses_have_one_form_and_say_whether_they_are_private() {
        let document = json!({"agent": {"ip": "10.0.0.5"}, "data": {
            "srcip": "::ffff:198.51.100.7", "dstip": "2001:DB8:0::1",
            "win": {"eventdata": {"ipAddress": "198.51.100.7", "sourceIp": "fe80::1"}},
        }});
        let found = observables(Fields::of(&document), Tlp::Red);
        let shown: Vec<_> = found
            .iter()
            .map(|one| (one.value.as_str(), one.private, one.found_in.len()))
            .collect();
        assert_eq!(
            shown,
            [
                ("10.0.0.5", Some(true), 1),
                ("198.51.100.7", Some(false), 2),
                ("2001:db8::1", Some(false), 1),
                ("fe80::1", Some(true), 1),
            ]
        );
        assert!(found.iter().all(|one| one.tlp == Tlp::Red));
    }

    #[test]
    fn a_field_that_says_nothing_gives_nothing() {
        check(
            json!({"agent": {"ip": "any", "name": ""}, "data": {
                "srcport": "0", "dstport": "70000", "srcuser": "-", "win": {"eventdata": {"ipAddress": "-"}},
            }, "syscheck": {"md5_after": "xxx", "sha1_after": "not forty digits"}}),
            &[],
        );
    }

    #[test]
    fn hashes_are_told_apart_by_their_length_and_found_in_sysmons_list() {
        let (md5, sha256) = ("AB".repeat(16), "cd".repeat(32));
        check(
            json!({"syscheck": {"sha256_after": sha256}, "data": {"win": {"eventdata": {
                "hashes": format!("MD5={md5},SHA256={},IMPHASH={md5}", sha256.to_uppercase()),
            }}}}),
            &[(Type::Md5, &md5.to_lowercase()), (Type::Sha256, &sha256)],
        );
    }

    #[test]
    fn paths_of_files_and_of_the_registry_are_told_apart() {
        for (path, kind) in [
            ("/etc/passwd", Type::File),
            ("HKEY_LOCAL_MACHINE\\System\\x", Type::Registry),
            ("[x32] HKEY_USERS\\S-1", Type::Registry),
            ("c:\\HKEY_\\x", Type::File),
        ] {
            check(json!({"syscheck": {"path": path}}), &[(kind, path)]);
        }
    }

    #[test]
    fn free_text_gives_no_observables_whatever_stands_in_it() {
        let log = "Failed password for root from 203.0.113.9 port 22, see https://example.com/";
        check(
            json!({"full_log": log, "location": "/var/log/auth.log"}),
            &[],
        );
    }

    #[test]
    fn a_value_without_end_is_cut_at_a_whole_character() {
        let long = "é".repeat(100_000);
        let document = json!({"data": {"command": long}});
        let found = observables(Fields::of(&document), Tlp::Amber);
        assert_eq!(found[0].value.len(), VALUE_BYTES_MAX);
        assert_eq!(found[0].bytes_in_all, Some(200_000));
    }

    #[test]
    fn the_sources_are_among_the_addresses() {
        let (_, addresses) = FIELDS
            .iter()
            .find(|(holds, _)| matches!(holds, Holds::Address))
            .expect("there are addresses");
        for source in SOURCES {
            assert!(addresses.contains(source), "{source}");
        }
    }
}
