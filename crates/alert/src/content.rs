//! The canonical form of an alert's content: equal for two texts if and only if they say the same.
//!
//! JSON says one thing in many ways: white space, the order of an object's members, and escapes in strings mean nothing.
//! Everything else does. A number is its text, because a reader that goes through floating point would join integers beyond
//! 2^53. Members with equal keys are all kept, in their order.
//!
//! The form is a prefix code: each value begins with a byte that tells its type, texts carry their length, and what has
//! members ends with a byte that begins no value. So no two different values have the same form.

/// How deep arrays and objects may be nested. Deeper ones have no canonical form, because this reads them by recursion.
const DEPTH_MAX: u32 = 128;

/// What stands beside `_source` in a search hit: where the document lies, and nothing that the alert says.
const ENVELOPE: [&[u8]; 11] = [
    b"_index",
    b"_id",
    b"_type",
    b"_source",
    b"_score",
    b"_version",
    b"_seq_no",
    b"_primary_term",
    b"_routing",
    b"_ignored",
    b"sort",
];

/// The canonical form of the alert in `json`: that of `_source` if it is a search hit, and otherwise of the whole object.
///
/// `None` if it is not one JSON object in UTF-8, or nested deeper than [`DEPTH_MAX`].
pub(crate) fn canonical(json: &[u8]) -> Option<Vec<u8>> {
    // A lone surrogate has a form that is no UTF-8: without this check, other bytes could have it too.
    std::str::from_utf8(json).ok()?;
    let mut reader = Reader {
        json,
        at: 0,
        form: Vec::with_capacity(json.len() + json.len() / 4),
        members: Vec::new(),
        moved: Vec::new(),
    };
    reader.skip_space();
    let source = reader.object(0)?;
    reader.skip_space();
    if reader.at < json.len() {
        return None;
    }
    let mut form = reader.form;
    if let Some((start, end)) = source {
        form.truncate(end);
        form.drain(..start);
    }
    Some(form)
}

/// How many bytes of a string come before its end, an escape, or what no string may hold. Most of an alert is that, so
/// blocks are asked whether they have any other before one is looked for: the compiler makes a few vector instructions of it.
fn plain_length(bytes: &[u8]) -> usize {
    const BLOCK: usize = 16;
    let is_other = |&byte: &u8| (byte == b'"') | (byte == b'\\') | (byte < 0x20);
    let has_other =
        |block: &[u8; BLOCK]| block.iter().fold(false, |any, byte| any | is_other(byte));
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let plain = blocks.iter().take_while(|block| !has_other(block)).count() * BLOCK;
    plain
        + bytes[plain..]
            .iter()
            .take_while(|byte| !is_other(byte))
            .count()
}

/// Where a member of an object lies in the form.
#[derive(Clone, Copy)]
struct Member {
    start: usize,
    /// The key's end, and its value's start.
    value: usize,
    end: usize,
}

/// Reads a text and writes its form.
struct Reader<'a> {
    json: &'a [u8],
    at: usize,
    form: Vec<u8>,
    /// The members of the objects that are being read, the innermost object's last.
    members: Vec<Member>,
    /// Members while they are put in order.
    moved: Vec<u8>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn take(&mut self, text: &[u8]) -> Option<()> {
        let is_next = self.json[self.at..].starts_with(text);
        self.at += text.len();
        is_next.then_some(())
    }

    fn value(&mut self, depth: u32) -> Option<()> {
        match self.peek()? {
            b'{' => self.object(depth).map(|_| ()),
            b'[' => self.array(depth),
            b'"' => self.string(),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.take(word)?;
        self.form.push(word[0]);
        Some(())
    }

    fn array(&mut self, depth: u32) -> Option<()> {
        if depth == DEPTH_MAX {
            return None;
        }
        self.take(b"[")?;
        self.form.push(b'[');
        self.skip_space();
        if self.peek()? != b']' {
            loop {
                self.skip_space();
                self.value(depth + 1)?;
                self.skip_space();
                if self.peek()? != b',' {
                    break;
                }
                self.at += 1;
            }
        }
        self.take(b"]")?;
        self.form.push(b']');
        Some(())
    }

    /// Reads an object. At depth 0 it may be a search hit: gives where the form of its `_source` lies.
    fn object(&mut self, depth: u32) -> Option<Option<(usize, usize)>> {
        if depth == DEPTH_MAX {
            return None;
        }
        self.take(b"{")?;
        self.form.push(b'{');
        let (first, start) = (self.members.len(), self.form.len());
        self.skip_space();
        if self.peek()? != b'}' {
            loop {
                self.skip_space();
                self.member(depth + 1)?;
                self.skip_space();
                if self.peek()? != b',' {
                    break;
                }
                self.at += 1;
            }
        }
        self.take(b"}")?;
        let source = if depth == 0 { self.source() } else { None };
        // A hit's members keep their places: only one of them matters.
        if source.is_none() {
            self.sort(first, start);
        }
        self.members.truncate(first);
        self.form.push(b'}');
        Some(source)
    }

    fn member(&mut self, depth: u32) -> Option<()> {
        let start = self.form.len();
        self.string()?;
        let value = self.form.len();
        self.skip_space();
        self.take(b":")?;
        self.skip_space();
        self.value(depth)?;
        let end = self.form.len();
        self.members.push(Member { start, value, end });
        Some(())
    }

    /// Where `_source` lies, if the outermost object is a search hit: each member belongs to the envelope, none is there
    /// twice, and `_source` is an object.
    fn source(&self) -> Option<(usize, usize)> {
        let mut found = 0_u32;
        let mut source = None;
        for member in &self.members {
            let key = &self.form[member.start + TEXT_HEAD..member.value];
            let place = ENVELOPE.iter().position(|known| *known == key)?;
            if found & 1 << place != 0 {
                return None;
            }
            found |= 1 << place;
            if key == b"_source" && self.form[member.value] == b'{' {
                source = Some((member.value, member.end));
            }
        }
        source
    }

    /// Puts the members from `first` on, whose forms begin at `start`, in the order of their keys. Equal keys keep theirs.
    fn sort(&mut self, first: usize, start: usize) {
        let members = &mut self.members[first..];
        let form = &self.form;
        let key = |member: &Member| &form[member.start..member.value];
        if members.is_sorted_by_key(key) {
            return;
        }
        members.sort_by(|a, b| key(a).cmp(key(b)));
        self.moved.clear();
        for member in members {
            self.moved
                .extend_from_slice(&form[member.start..member.end]);
        }
        self.form[start..].copy_from_slice(&self.moved);
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        self.at += usize::from(self.peek()? == b'-');
        match self.peek()? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            self.at += usize::from(matches!(self.peek()?, b'+' | b'-'));
            self.digits()?;
        }
        let head = self.begin_text(b'0');
        self.form.extend_from_slice(&self.json[start..self.at]);
        self.end_text(head)
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (start < self.at).then_some(())
    }

    fn string(&mut self) -> Option<()> {
        self.take(b"\"")?;
        let head = self.begin_text(b'"');
        loop {
            let rest = &self.json[self.at..];
            let plain = plain_length(rest);
            self.form.extend_from_slice(&rest[..plain]);
            self.at += plain;
            match self.peek()? {
                b'"' => break,
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
        self.at += 1;
        self.end_text(head)
    }

    /// Reads an escape and writes what it stands for. A surrogate without its other half is written as its three bytes
    /// would be, which no UTF-8 has.
    fn escape(&mut self) -> Option<()> {
        let letter = *self.json.get(self.at + 1)?;
        self.at += 2;
        let byte = match letter {
            b'"' | b'\\' | b'/' => letter,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.unicode(),
            _ => return None,
        };
        self.form.push(byte);
        Some(())
    }

    fn unicode(&mut self) -> Option<()> {
        let unit = self.hex()?;
        let code = match unit {
            0xd800..=0xdbff => self.pair(unit).unwrap_or(unit),
            _ => unit,
        };
        let Some(char) = char::from_u32(code) else {
            let [_, low, high, _] = [0, code & 0x3f | 0x80, code >> 6 & 0x3f | 0x80, 0];
            self.form.extend([0xed, high as u8, low as u8]);
            return Some(());
        };
        let bytes = &mut [0; 4];
        self.form
            .extend_from_slice(char.encode_utf8(bytes).as_bytes());
        Some(())
    }

    /// The code of a surrogate pair whose first half is `high`, if the second follows; otherwise nothing is read.
    fn pair(&mut self, high: u32) -> Option<u32> {
        let before = self.at;
        let low = self.take(b"\\u").and_then(|()| self.hex());
        let code = match low {
            Some(low @ 0xdc00..=0xdfff) => Some(0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00))),
            _ => None,
        };
        if code.is_none() {
            self.at = before;
        }
        code
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.json.get(self.at..self.at + 4)?;
        self.at += 4;
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        digits
            .iter()
            .try_fold(0, |code, byte| Some(code << 4 | digit(byte)?))
    }

    /// Begins a text of a type. Its length follows when it is known.
    fn begin_text(&mut self, kind: u8) -> usize {
        self.form.push(kind);
        self.form.extend_from_slice(&[0; TEXT_HEAD - 1]);
        self.form.len()
    }

    fn end_text(&mut self, head: usize) -> Option<()> {
        let length = u32::try_from(self.form.len() - head).ok()?;
        self.form[head + 1 - TEXT_HEAD..head].copy_from_slice(&length.to_le_bytes());
        Some(())
    }
}

/// Bytes of a text before its own: its type and its length.
const TEXT_HEAD: usize = 5;
