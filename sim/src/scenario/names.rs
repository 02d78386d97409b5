//! The host's calls and errors by the names that scenarios and tapes use.

use super::checks::Checks;
use host::{Call, Errno};
use toml::Spanned;

/// The names of errors that a scenario can inject.
pub(super) const ERRNOS: [(&str, Errno); 14] = [
    ("not-found", Errno::NotFound),
    ("exists", Errno::Exists),
    ("access", Errno::Access),
    ("busy", Errno::Busy),
    ("no-space", Errno::NoSpace),
    ("quota", Errno::Quota),
    ("too-many-open", Errno::TooManyOpen),
    ("no-memory", Errno::NoMemory),
    ("too-many-links", Errno::TooManyLinks),
    ("io", Errno::Io),
    ("stale", Errno::Stale),
    ("read-only", Errno::ReadOnly),
    ("name-too-long", Errno::NameTooLong),
    ("cross-device", Errno::CrossDevice),
];

/// The call that scenarios name `name`, and tapes too.
pub fn call_of(name: &str) -> Option<Call> {
    Call::ALL.into_iter().find(|call| call.name() == name)
}

/// The name of an error that a scenario can inject.
pub fn errno_name_of(errno: Errno) -> Option<&'static str> {
    let entry = ERRNOS.iter().find(|(_, known)| *known == errno)?;
    Some(entry.0)
}

/// The error of this name.
pub(super) fn errno_of(name: &str) -> Option<Errno> {
    let entry = ERRNOS.iter().find(|(known, _)| *known == name)?;
    Some(entry.1)
}

/// Calls in JSON, by name.
pub(super) mod call_name {
    use super::{Call, call_of};
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(call: &Call, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(call.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Call, D::Error> {
        let name = String::deserialize(deserializer)?;
        call_of(&name).ok_or_else(|| D::Error::custom(format!("no call is named `{name}`")))
    }
}

/// Errors in JSON, by name.
pub(super) mod errno_name {
    use super::{Errno, errno_name_of, errno_of};
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        errno: &Errno,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let name = errno_name_of(*errno)
            .ok_or_else(|| S::Error::custom(format!("no scenario injects `{errno}`")))?;
        serializer.serialize_str(name)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Errno, D::Error> {
        let name = String::deserialize(deserializer)?;
        errno_of(&name).ok_or_else(|| D::Error::custom(format!("no error is named `{name}`")))
    }
}

/// A call by its name, or `None` with a problem noted.
pub(super) fn call_named(name: Spanned<String>, checks: &mut Checks) -> Option<Call> {
    let call = call_of(name.get_ref());
    if call.is_none() {
        let known: Vec<(&str, &str)> = Call::ALL.iter().map(|call| (call.name(), "")).collect();
        checks.known(name, &known, "a call of the host");
    }
    call
}

#[cfg(test)]
mod tests {
    use super::super::{CallFault, Role, Trigger};
    use super::*;

    #[test]
    fn injected_errors_read_back_from_a_tape() {
        for (_, errno) in ERRNOS {
            let fault = CallFault {
                call: Call::SyncAll,
                errno,
                process: Role::Worker,
                trigger: Trigger::Nth {
                    call: Call::SyncAll,
                    nth: 3,
                },
                times: Some(1),
                one_name: false,
                partial: false,
            };
            let json = serde_json::to_string(&fault).expect("a fault is plain data");
            let back: CallFault = serde_json::from_str(&json).expect("what was just written");
            assert_eq!(back, fault, "{json}");
        }
    }
}
