//! What a message may hold, seen as it comes: what rmcp could not read without harm is not given to it.
//!
//! It is no reading. Brackets, commas and quotes are counted as bytes are, and one member is looked for by
//! which `serde_json` is told to read a text as a document of its own.

use bytes::{Buf, Bytes};
use http::Request;
use http_body::{Body, Frame};
use http_body_util::BodyExt;

use crate::challenge::Denial;
use crate::verdict::VerdictSender;

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
enum Unfit {
    Reserved,
    TooManyValues,
}

/// How far a message has come.
struct Scan {
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
    fn new(max_bytes: usize) -> Self {
        Self {
            at: At::Between,
            matched: None,
            left: max_bytes / BYTES_PER_VALUE,
        }
    }

    fn see(&mut self, bytes: &[u8]) -> Result<(), Unfit> {
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

/// What takes the place of a piece that is not given on: no document goes on with it.
const NO_JSON: Bytes = Bytes::from_static(b"\0");

/// Gives each piece of the body on once it was seen. One that is not fit is refused through `verdict`, so
/// that nothing runs whatever the pieces before it say, and the rest is withheld.
pub(super) fn watch<B>(
    request: Request<B>,
    verdict: VerdictSender,
    max_bytes: usize,
) -> Request<impl Body<Data = Bytes, Error = B::Error> + Send + 'static>
where
    B: Body + Send + 'static,
{
    let mut scan = Some(Scan::new(max_bytes));
    let mut see = move |mut data: B::Data| {
        let data = data.copy_to_bytes(data.remaining());
        match scan.as_mut().map(|scan| scan.see(&data)) {
            Some(Ok(())) => return data,
            Some(Err(unfit)) => {
                let why = unfit.reason();
                tracing::info!("{why}");
                verdict.deny(Denial::Unreadable(why));
                scan = None;
            }
            None => {}
        }
        NO_JSON
    };
    request.map(|body| body.map_frame(move |frame: Frame<B::Data>| frame.map_data(&mut see)))
}

impl Unfit {
    /// For the operator.
    const fn reason(self) -> &'static str {
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
