//! Counts the brackets, commas and quotes of a message, and looks for what is reserved in its texts.

/// What such members begin with (`serde_json`, `raw.rs`). With its feature `raw_value`, which axum turns on
/// for everybody, the text of one is read with a limit to its depth that starts anew, so that a message of
/// 100 KB nests until the stack of the thread ends, and with it the process.
const RESERVED: &[u8] = b"$serde_json::private::";

/// What the least value takes when it is read, compared with a byte of the message: a list of digits is
/// as dense as a message gets with these alone.
const BYTES_PER_VALUE: usize = 2;

/// What an object takes, and an array, in such values (measured; `docs/decisions/gate-in-the-handler.md` of the repository).
const OBJECT: usize = 10;
const ARRAY: usize = 4;

/// Why a message is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    Reserved,
    TooManyValues,
}

/// How far a message has come.
pub(super) struct Scan {
    at: At,
    /// How much of what is reserved the text here begins with; `None` where it begins otherwise.
    matched: Option<usize>,
    /// How many values there may still be.
    left: usize,
}

#[derive(Clone, Copy)]
enum At {
    Between,
    Text,
    /// Behind a backslash.
    Escape,
    /// In the digits of `\u…`: how many are to come, and what they are so far.
    Code(u8, u32),
}

impl Scan {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            at: At::Between,
            matched: None,
            left: max_bytes / BYTES_PER_VALUE,
        }
    }

    /// Whether nothing is in `message`, a whole one, that is worth a closer look: most are short, and hold
    /// neither the sign that what is reserved begins with nor a way to write it as an escape.
    pub(super) fn is_harmless(&self, message: &[u8]) -> bool {
        let fits = message.len().saturating_mul(OBJECT) <= self.left;
        let escapes = || message.windows(2).any(|two| two == br"\u");
        fits && !message.contains(&b'$') && !(message.contains(&b'\\') && escapes())
    }

    pub(super) fn see(&mut self, bytes: &[u8]) -> Result<(), Unfit> {
        bytes.iter().try_for_each(|byte| self.step(*byte))
    }

    fn step(&mut self, byte: u8) -> Result<(), Unfit> {
        match (self.at, byte) {
            (At::Between, b'"') => {
                (self.at, self.matched) = (At::Text, Some(0));
                Ok(())
            }
            (At::Between, b'{') => self.take(OBJECT),
            (At::Between, b'[') => self.take(ARRAY),
            (At::Between, b',') => self.take(1),
            (At::Between, _) => Ok(()),
            (At::Text, b'"') => {
                self.at = At::Between;
                Ok(())
            }
            (At::Text, b'\\') => {
                self.at = At::Escape;
                Ok(())
            }
            (At::Text, plain) => self.compare(u32::from(plain)),
            (At::Escape, b'u') => {
                self.at = At::Code(4, 0);
                Ok(())
            }
            (At::Escape, _) => {
                (self.at, self.matched) = (At::Text, None);
                Ok(())
            }
            (At::Code(left, code), digit) => self.read_code(left, code, digit),
        }
    }

    fn read_code(&mut self, left: u8, code: u32, digit: u8) -> Result<(), Unfit> {
        // What is no digit ends the document for whoever reads it.
        let digit = char::from(digit).to_digit(16).unwrap_or_default();
        let code = code * 16 + digit;
        if left > 1 {
            self.at = At::Code(left - 1, code);
            return Ok(());
        }
        self.at = At::Text;
        self.compare(code)
    }

    /// One more character of a text.
    fn compare(&mut self, character: u32) -> Result<(), Unfit> {
        let Some(matched) = self.matched else {
            return Ok(());
        };
        let expected = RESERVED.get(matched).copied().map(u32::from);
        self.matched = (expected == Some(character)).then_some(matched + 1);
        match self.matched {
            Some(all) if all == RESERVED.len() => Err(Unfit::Reserved),
            _ => Ok(()),
        }
    }

    fn take(&mut self, values: usize) -> Result<(), Unfit> {
        self.left = self.left.checked_sub(values).ok_or(Unfit::TooManyValues)?;
        Ok(())
    }
}

impl Unfit {
    /// For the operator.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Reserved => {
                "message refused: it has a member by which the JSON reader would be told to read a text as a document"
            }
            Self::TooManyValues => {
                "message refused: it holds more lists, objects and values than are read at its size (`max_body_bytes`)"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(text: &[u8], piece: usize, max_bytes: usize) -> Result<(), Unfit> {
        let mut scan = Scan::new(max_bytes);
        text.chunks(piece).try_for_each(|piece| scan.see(piece))
    }

    #[test]
    fn a_reserved_member_is_found_however_it_is_written_and_cut() {
        for text in [
            r#"{"$serde_json::private::RawValue":"1"}"#,
            r#"{"$serde_json::private::Number":"1"}"#,
            r#"{"a":[{ "\u0024serde_json::private::RawValue" :"1"}]}"#,
            r#"{"\u0024\u0073\u0065rde\u005Fjson\u003A:private::RawValue":"1"}"#,
            r#"["\"", "\\", {"$serde_json::private::RawValue":"1"}]"#,
            r#"{"a":"b\\","$serde_json::private::RawValue":"1"}"#,
            r#"{"\u00e9":{"$serde_json::private::RawValue":"1"}}"#,
        ] {
            for piece in 1..=text.len() {
                let found = scanned(text.as_bytes(), piece, 1_000);
                assert_eq!(found, Err(Unfit::Reserved), "{text} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn what_only_looks_like_one_is_let_through() {
        for text in [
            r#"{"serde_json::private::RawValue":"1"}"#,
            r#"{"a":" $serde_json::private::RawValue"}"#,
            r#"{"a":"\"$serde_json::private::RawValue\""}"#,
            r#"{"a":"\\u0024serde_json::private::RawValue"}"#,
            r#"{"$SERDE_JSON::private::RawValue":"1"}"#,
            r#"{"$serde_json":"::private::RawValue"}"#,
            r#"{"a":"{[,,,"}"#,
        ] {
            for piece in 1..=text.len() {
                assert_eq!(scanned(text.as_bytes(), piece, 1_000), Ok(()), "{text}");
            }
        }
    }

    #[test]
    fn a_look_is_saved_only_where_it_would_find_nothing() {
        let scan = Scan::new(10_000);
        let long = format!("[{}]", "0,".repeat(500));
        for (text, harmless) in [
            (
                r#"{"jsonrpc":"2.0","params":{"text":"a\nb","n":[1,2]}}"#,
                true,
            ),
            (r#"{"$ref":1}"#, false),
            (r#"{"\u0024ref":1}"#, false),
            (&long, false),
        ] {
            assert_eq!(scan.is_harmless(text.as_bytes()), harmless, "{text}");
        }
    }

    #[test]
    fn values_are_counted_outside_of_texts_alone() {
        let digits = "0,".repeat(499);
        assert_eq!(scanned(digits.as_bytes(), 7, 1_000), Ok(()));
        assert_eq!(scanned(b"{[[,,", 1, 40), Ok(()));
        for dear in ["{[[,,,", "{{,", "[[[[[,"] {
            let found = scanned(dear.as_bytes(), 1, 40);
            assert_eq!(found, Err(Unfit::TooManyValues), "{dear}");
        }
        let text = format!("\"{}\"", "{[,".repeat(1_000));
        assert_eq!(scanned(text.as_bytes(), 100, 10), Ok(()));
    }
}
