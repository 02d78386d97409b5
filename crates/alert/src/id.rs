//! The identity of an alert.

use crate::content::canonical;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Identifies an alert for ever: the first 128 bits of a SHA-256, of the alert's content.
///
/// Two different alerts share an id with a chance of about 10^-27 at a million alerts; nothing here handles that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId([u8; 16]);

impl AlertId {
    /// Digits of the written form.
    pub const HEX_LEN: usize = 32;

    /// The id of an alert by what it says: of its JSON's content if it has one ([`AlertId::of_content`]), and otherwise of
    /// its bytes ([`AlertId::of_bytes`]).
    pub fn of_alert(payload: &[u8]) -> Self {
        Self::of_content(payload).unwrap_or_else(|| Self::of_bytes(payload))
    }

    /// The id of an alert's content: of the document below `_source` if `json` is a search hit, and otherwise of the whole
    /// object. So an alert has one id in whichever index, under whichever `_id`, and in whichever file it comes.
    ///
    /// White space, the order of members and escapes in strings do not matter; everything else does: numbers digit by digit,
    /// types, and members whose key was there before. `None` if `json` is not one JSON object in UTF-8, or is nested more
    /// than 128 deep.
    pub fn of_content(json: &[u8]) -> Option<Self> {
        let form = canonical(json)?;
        Some(Self::of_domain(b"alert content 1\0", &form))
    }

    /// The id of bytes that have no content to go by: only equal bytes have it.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::of_domain(b"alert bytes 1\0", bytes)
    }

    /// The first bytes keep ids of one kind apart from those of every other.
    fn of_domain(domain: &[u8], bytes: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(domain);
        hash.update(bytes);
        Self::first_half(&hash.finalize())
    }

    /// The id of the document `id` in the index `index`, by the indexer's own key, `_index` and `_id`. Alerts were known by
    /// it before they were known by their content.
    pub fn of(index: &str, id: &str) -> Self {
        let mut hash = Sha256::new();
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hash.update((index.len() as u64).to_le_bytes());
        hash.update(index.as_bytes());
        hash.update(id.as_bytes());
        Self::first_half(&hash.finalize())
    }

    /// The id of a file by its name's bytes. Files were known by it before they were known by their content.
    pub fn of_file_name(name: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(u64::MAX.to_le_bytes());
        hash.update(name);
        Self::first_half(&hash.finalize())
    }

    fn first_half(digest: &[u8]) -> Self {
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        AlertId(half)
    }

    /// Reads the written form: 32 lower-case hexadecimal digits, nothing else.
    pub fn from_hex(hex: &[u8]) -> Option<Self> {
        let hex: &[u8; Self::HEX_LEN] = hex.try_into().ok()?;
        let mut id = [0; 16];
        // One check at the end: names are read by the million, and are almost always right.
        let mut bad = 0;
        for (byte, pair) in id.iter_mut().zip(hex.chunks_exact(2)) {
            let (high, low) = (DIGIT[usize::from(pair[0])], DIGIT[usize::from(pair[1])]);
            bad |= high | low;
            *byte = high << 4 | low & 15;
        }
        (bad & NO_DIGIT == 0).then_some(AlertId(id))
    }

    /// The id with these bytes, for those that make up ids of their own.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        AlertId(bytes)
    }

    /// The id's bytes.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// The written form, as bytes.
    pub fn to_hex(self) -> [u8; Self::HEX_LEN] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; Self::HEX_LEN];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        hex
    }
}

/// What [`DIGIT`] says of bytes that are no lower-case hexadecimal digit.
const NO_DIGIT: u8 = 0x80;

/// The value of each byte as a hexadecimal digit.
const DIGIT: [u8; 256] = {
    let mut digit = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        digit[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    digit
};

impl std::fmt::Display for AlertId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::str::from_utf8(&self.to_hex()).expect("digits are ASCII"))
    }
}

impl std::fmt::Debug for AlertId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// The written form, as a string.
impl Serialize for AlertId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AlertId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        /// Reads the id where it stands, without a copy of its text.
        struct InPlace;
        impl serde::de::Visitor<'_> for InPlace {
            type Value = AlertId;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the id of an alert")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<AlertId, E> {
                let id = AlertId::from_hex(text.as_bytes());
                id.ok_or_else(|| E::custom("not the id of an alert"))
            }
        }
        from.deserialize_str(InPlace)
    }
}

#[cfg(test)]
mod content;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_form_reads_back() {
        let id = AlertId::of("wazuh-alerts-4.x-2026.04.01", "RULbFJQB1dQzvit6xJxR");
        assert_eq!(AlertId::from_hex(&id.to_hex()), Some(id));
        assert_eq!(id.to_string().as_bytes(), id.to_hex());
        let json = serde_json::to_string(&id).expect("a string");
        assert_eq!(serde_json::from_str::<AlertId>(&json).ok(), Some(id));
        assert!(serde_json::from_str::<AlertId>("\"abc\"").is_err());
    }

    #[test]
    fn what_is_not_the_written_form_is_refused() {
        assert_eq!(AlertId::from_hex(b"abc"), None);
        assert_eq!(AlertId::from_hex(&[b'A'; 32]), None);
        assert_eq!(AlertId::from_hex(&[b'g'; 32]), None);
    }

    #[test]
    fn index_and_id_do_not_run_together() {
        assert_ne!(AlertId::of("ab", "c"), AlertId::of("a", "bc"));
        assert_ne!(AlertId::of("", "x.json"), AlertId::of_file_name(b"x.json"));
    }

    #[test]
    fn what_has_no_content_is_known_by_its_bytes() {
        assert_eq!(AlertId::of_alert(b"{"), AlertId::of_bytes(b"{"));
        assert_ne!(AlertId::of_alert(b"{}"), AlertId::of_bytes(b"{}"));
        assert_ne!(
            AlertId::of_bytes(b"x.json"),
            AlertId::of_file_name(b"x.json")
        );
    }

    #[test]
    fn an_id_is_the_same_for_ever() {
        // Cases stand under ids: a change of this one would make every known alert a new one.
        let id = AlertId::of_content(
            br#"{"_index":"i","_id":"d","_source":{"b":[1.50,null],"a":"\u00e9"}}"#,
        );
        assert_eq!(
            id.expect("an object").to_string(),
            "4bc51df77abee5d4534689bfa1084fb2"
        );
    }
}
