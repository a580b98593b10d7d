//! JSON, read strictly: a document that two parsers could read differently is refused.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::Reject;

/// How deeply values may nest. Real claims and metadata stay below ten.
const MAX_DEPTH: u8 = 32;

/// The member by which `serde_json`, with its feature `raw_value`, is told to read a text as a document of its
/// own: this pass would not see into that, and its depth is limited anew.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// A JSON object in which no object, at any depth, has two members of the same name.
pub(crate) fn object(json: &[u8]) -> Result<Map<String, Value>, Reject> {
    // A pass of its own: how `Value` reads numbers depends on features that any crate can turn on.
    let mut unique = serde_json::Deserializer::from_slice(json);
    Unique(MAX_DEPTH)
        .deserialize(&mut unique)
        .and_then(|()| unique.end())
        .map_err(|_| {
            Reject("JSON: malformed, too deep, or with a member twice or a reserved one")
        })?;
    serde_json::from_slice(json).map_err(|_| Reject("JSON: not an object"))
}

/// Walks a document and fails on the second member of the same (decoded) name.
struct Unique(u8);

impl Unique {
    fn inner<E: serde::de::Error>(&self) -> Result<Self, E> {
        self.0
            .checked_sub(1)
            .map(Self)
            .ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, document: D) -> Result<(), D::Error> {
        document.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == RAW_VALUE || !names.insert(name) {
                return Err(serde::de::Error::custom("duplicate"));
            }
            map.next_value_seed(self.inner()?)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(self.inner()?)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_appears_once_at_every_depth() {
        assert!(object(br#"{"a":[{"b":1},{"b":2}],"c":{"b":null}}"#).is_ok());
        for json in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"a":1}}"#,
            r#"{"x":[{"a":1,"a":1}]}"#,
            r#"{"a":1} "#.trim_end().to_owned().as_str().trim_end_matches('}'),
            r#"{"a":1}{"b":2}"#,
            r#"{"a":{"$serde_json::private::RawValue":"1"}}"#,
            r#"{"a":[{"\u0024serde_json::private::RawValue":"{\"b\":1,\"b\":2}"}]}"#,
            "[1]",
            "null",
            "",
            "\u{feff}{}",
        ] {
            assert!(object(json.as_bytes()).is_err(), "{json}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested =
            |depth: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert!(object(nested(20).as_bytes()).is_ok());
        assert!(object(nested(100).as_bytes()).is_err());
        assert!(object(nested(100_000).as_bytes()).is_err());
    }
}
