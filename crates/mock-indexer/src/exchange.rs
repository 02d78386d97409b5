//! One request and its answer, as plain data: what travels over HTTPS, or is handed over in process.

use crate::radix64::{STANDARD, decode};

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The HTTP method in capitals, such as `POST`.
    pub method: &'a str,
    /// The path, such as `/wazuh-alerts-4.x-*/_search`, percent-encoded or not.
    pub path: &'a str,
    /// What follows the question mark; empty if nothing does.
    pub query: &'a str,
    /// The value of the `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers, without length. The last one is `date`, unless the indexer is told to send none.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of its `Date` header.
    pub fn date(&self) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, date) = headers.find(|(name, _)| *name == "date")?;
        Some(date)
    }

    /// An answer in JSON.
    pub(crate) fn json(status: u16, body: Vec<u8>) -> Self {
        let content = "application/json; charset=UTF-8".to_owned();
        Response {
            status,
            headers: vec![("content-type", content)],
            body,
        }
    }

    /// An answer in plain text, as the security plugin gives before anything else looks at the request.
    pub(crate) fn text(status: u16, text: &str) -> Self {
        Response {
            status,
            headers: vec![("content-type", "text/plain; charset=UTF-8".to_owned())],
            body: text.as_bytes().to_vec(),
        }
    }
}

impl<'a> Request<'a> {
    /// The name and password of basic authentication; `None` if the header is missing or is nothing of that kind.
    pub(crate) fn credentials(&self) -> Option<(String, String)> {
        let (scheme, encoded) = self.authorization?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(decode(STANDARD, encoded.trim())?).ok()?;
        let (name, password) = text.split_once(':')?;
        Some((name.to_owned(), password.to_owned()))
    }

    /// The parameters behind the question mark, in order.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        let split = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        split
            .map(|(name, value)| (unescape(name), unescape(value)))
            .collect()
    }

    /// The parts of the path between its slashes.
    pub(crate) fn segments(&self) -> Vec<String> {
        let parts = self.path.split('/').filter(|part| !part.is_empty());
        parts.map(unescape).collect()
    }
}

/// Text with its `%` escapes undone. What is no escape stays as it is.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = after.get(..2).filter(|_| *first == b'%');
        let value = escape
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(value.unwrap_or(*first));
        rest = if value.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The value of an `Authorization` header for basic authentication.
pub fn basic_authorization(name: &str, password: &str) -> String {
    let mut value = "Basic ".to_owned();
    let pair = format!("{name}:{password}");
    value.push_str(&crate::radix64::encode(STANDARD, pair.as_bytes()));
    // Others insist on the padding.
    while value.len() % 4 != 2 {
        value.push('=');
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(authorization: Option<&str>) -> Request<'_> {
        Request {
            method: "GET",
            path: "/a%2Cb/_search",
            query: "x=1&allow%5fy=%2",
            authorization,
            body: b"",
        }
    }

    #[test]
    fn credentials_are_read_back_or_absent() {
        for (name, password) in [("admin", "admin"), ("a", ""), ("poller", "pä:ss")] {
            let header = basic_authorization(name, password);
            let expect = Some((name.to_owned(), password.to_owned()));
            assert_eq!(request(Some(&header)).credentials(), expect);
        }
        assert_eq!(
            basic_authorization("admin", "admin"),
            "Basic YWRtaW46YWRtaW4="
        );
        for header in [None, Some("Bearer x"), Some("Basic"), Some("Basic %%%")] {
            assert_eq!(request(header).credentials(), None);
        }
    }

    #[test]
    fn escapes_are_undone_and_broken_ones_kept() {
        let request = request(None);
        assert_eq!(request.segments(), ["a,b", "_search"]);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            request.parameters(),
            [pair("x", "1"), pair("allow_y", "%2")]
        );
    }
}
