//! What must not be logged, and how it would look there.

use std::collections::HashMap;
use std::fmt::Write as _;

/// A piece of this length is a leak: less is met by chance, or shared by all tokens of an issuer.
const PIECE: usize = 20;

/// Everything that opens a door, each under a name for the report.
#[derive(Default)]
pub struct Secrets(Vec<(String, String)>);

impl Secrets {
    pub fn add(&mut self, what: impl Into<String>, value: impl Into<String>) {
        let (what, value) = (what.into(), value.into());
        assert!(value.len() >= PIECE, "{what} is too short: {value:?}");
        self.0.push((what, value));
    }

    /// The secrets that are in `log`, in any piece and writing, with where.
    pub fn search(&self, log: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (form, length, write) in FORMS {
            let written = self.0.iter().map(|(what, value)| (what, write(value)));
            let written: Vec<_> = written.collect();
            let mut pieces = HashMap::new();
            for (what, text) in &written {
                for piece in text.as_bytes().windows(length) {
                    pieces.insert(piece, what.as_str());
                }
            }
            let at = log.as_bytes().windows(length).enumerate();
            let hits = at.filter_map(|(at, piece)| Some((at, *pieces.get(piece)?)));
            let mut last = "";
            for (at, what) in hits {
                if what != last {
                    found.push(format!("{what}, {form}: {}", around(log, at)));
                    last = what;
                }
            }
        }
        found
    }

    /// The search finds each of them, were a piece of it logged.
    pub fn check_the_search(&self) {
        assert!(self.0.len() > 100, "only {} were collected", self.0.len());
        for (what, value) in &self.0 {
            let middle = (value.len() - PIECE) / 2;
            let piece = &value[middle..middle + PIECE];
            let bytes = format!("{:?}", value.as_bytes());
            let alone = Self(vec![(what.clone(), value.clone())]);
            for leak in [piece, value, &hex(value), &bytes] {
                let log = format!("INFO here: token={leak}\nINFO there: nothing\n");
                assert!(!alone.search(&log).is_empty(), "{what} is not found");
            }
        }
    }
}

type Write = fn(&str) -> String;

/// A name, how long a piece is, and how the secret is written: as it is, or as bytes.
const FORMS: [(&str, usize, Write); 3] = [
    ("as it is", PIECE, str::to_owned),
    ("in hexadecimal", 2 * PIECE, hex),
    ("as numbers", 4 * PIECE, numbers),
];

fn hex(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn numbers(value: &str) -> String {
    let list = format!("{:?}", value.as_bytes());
    list.trim_matches(['[', ']']).to_owned()
}

/// The line of the log.
fn around(log: &str, at: usize) -> &str {
    let start = log[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = log[at..].find('\n').map_or(log.len(), |end| at + end);
    let line = &log[start..end];
    line.get(..600).unwrap_or(line)
}
