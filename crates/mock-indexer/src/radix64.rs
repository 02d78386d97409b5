//! Bytes as text, six bits a character, in two alphabets.

/// The alphabet of HTTP basic authentication (RFC 4648).
pub(crate) const STANDARD: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The characters of a document's `_id`, in ASCII order: texts of one length sort as the bytes that they stand for.
pub(crate) const SORTED: &[u8; 64] =
    b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// The text of `bytes`, without padding.
pub(crate) fn encode(alphabet: &[u8; 64], bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut word = [0; 3];
        word[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, word[0], word[1], word[2]]);
        for place in 0..=chunk.len() {
            let digit = (bits >> (18 - 6 * place)) & 63;
            text.push(char::from(alphabet[digit as usize]));
        }
    }
    text
}

/// The bytes of `text`, padded with `=` or not; `None` if it has a character outside the alphabet, or an impossible length.
pub(crate) fn decode(alphabet: &[u8; 64], text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for chunk in digits.chunks(4) {
        if chunk.len() == 1 {
            return None;
        }
        let mut bits = 0_u32;
        for (place, digit) in chunk.iter().enumerate() {
            let value = alphabet.iter().position(|known| known == digit)?;
            bits |= (value as u32) << (18 - 6 * place);
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..chunk.len()]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_alphabet_reads_what_others_write() {
        assert_eq!(encode(STANDARD, b"admin:admin"), "YWRtaW46YWRtaW4");
        let bytes = decode(STANDARD, "YWRtaW46YWRtaW4=");
        assert_eq!(bytes.as_deref(), Some(&b"admin:admin"[..]));
        assert_eq!(decode(STANDARD, "YW-t"), None);
        assert_eq!(decode(STANDARD, "YWRta"), None);
    }

    #[test]
    fn sorted_text_sorts_as_its_bytes() {
        let mut bytes: Vec<[u8; 3]> = (0_u32..5_000)
            .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes())
            .map(|[a, b, c, _]| [a, b, c])
            .collect();
        bytes.sort_unstable();
        let texts: Vec<String> = bytes.iter().map(|b| encode(SORTED, b)).collect();
        assert!(texts.is_sorted());
        assert_eq!(decode(SORTED, &texts[7]).as_deref(), Some(&bytes[7][..]));
    }
}
