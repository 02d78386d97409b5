//! The form of a pack on disk: a BagIt bag (RFC 8493), so that `sha256sum -c` and every archive's tools can check it.

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What `bagit.txt` holds in every bag.
const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// The files of a bag's payload, below `data/`.
#[derive(Default)]
pub(super) struct Bag {
    payload: Vec<(&'static str, Vec<u8>)>,
}

impl Bag {
    /// Adds a file to the payload. Its name must be a plain one, and the bag's only one of that name.
    pub(super) fn add(&mut self, name: &'static str, bytes: Vec<u8>) {
        self.payload.push((name, bytes));
    }

    /// Names and sizes of the payload so far.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.payload
            .iter()
            .map(|(name, bytes)| (*name, bytes.len()))
    }

    /// Every file of the bag with its path in it: the payload, then what describes it.
    ///
    /// `id` is a line of plain text without a line end.
    pub(super) fn files(self, id: &str, date: Date) -> Vec<(String, Vec<u8>)> {
        let mut manifest = String::new();
        let mut sum = 0;
        for (name, bytes) in &self.payload {
            line(&mut manifest, bytes, &format!("data/{name}"));
            sum += bytes.len();
        }
        let info = format!(
            "Source-Organization: SignalFoundry\n\
             Bagging-Date: {date}\n\
             Payload-Oxum: {sum}.{}\n\
             External-Identifier: {id}\n\
             Bag-Software-Agent: signalfoundry {}\n",
            self.payload.len(),
            env!("CARGO_PKG_VERSION"),
        );
        let tags = [
            ("bagit.txt", DECLARATION.to_owned()),
            ("bag-info.txt", info),
            ("manifest-sha256.txt", manifest),
        ];
        let mut tag_manifest = String::new();
        for (name, text) in &tags {
            line(&mut tag_manifest, text.as_bytes(), name);
        }
        let payload = self.payload.into_iter();
        let payload = payload.map(|(name, bytes)| (format!("data/{name}"), bytes));
        let tags = tags.map(|(name, text)| (name.to_owned(), text.into_bytes()));
        let last = (
            "tagmanifest-sha256.txt".to_owned(),
            tag_manifest.into_bytes(),
        );
        payload.chain(tags).chain([last]).collect()
    }
}

/// Adds a manifest's line, as `sha256sum` writes it.
fn line(manifest: &mut String, bytes: &[u8], path: &str) {
    writeln!(manifest, "{}  {path}", sha256_hex(bytes)).expect("writing into memory cannot fail");
}

/// The SHA-256 of `bytes` in hexadecimal digits.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        write!(digits, "{byte:02x}").expect("as above");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bag_lists_every_file_with_its_hash_and_the_payload_with_its_size() {
        let mut bag = Bag::default();
        bag.add("a.json", b"{}".to_vec());
        bag.add("b.txt", b"abc".to_vec());
        let files = bag.files("00ff", Date::constant(2026, 4, 1));
        let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "data/a.json",
                "data/b.txt",
                "bagit.txt",
                "bag-info.txt",
                "manifest-sha256.txt",
                "tagmanifest-sha256.txt"
            ]
        );
        let text = |at: usize| std::str::from_utf8(&files[at].1).expect("text");
        assert!(text(3).contains("\nPayload-Oxum: 5.2\n"), "{}", text(3));
        assert!(
            text(3).contains("\nBagging-Date: 2026-04-01\n"),
            "{}",
            text(3)
        );
        // SHA-256 of "abc", as FIPS 180-2 has it.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  data/b.txt\n";
        assert!(text(4).ends_with(abc), "{}", text(4));
        assert_eq!(text(5).lines().count(), 3);
    }
}
