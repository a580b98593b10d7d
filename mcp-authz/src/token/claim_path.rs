//! The place of a claim: a name, a path with dots, or a JSON Pointer.

use serde_json::{Map, Value};

/// Leads to one member of a token's claims. Only objects are entered, never arrays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClaimPath {
    text: String,
    parts: Vec<String>,
}

impl ClaimPath {
    pub(crate) fn new(text: String) -> Self {
        let parts = match text.strip_prefix('/') {
            // RFC 6901 section 4, in this order.
            Some(pointer) => pointer
                .split('/')
                .map(|part| part.replace("~1", "/").replace("~0", "~"))
                .collect(),
            None => text.split('.').map(str::to_owned).collect(),
        };
        Self { text, parts }
    }

    pub(crate) fn is_well_formed(&self) -> bool {
        self.parts.iter().all(|part| !part.is_empty()) || self.is_url()
    }

    /// The value there: by the whole text as a name, else by the path.
    pub(crate) fn find<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        if let Some(value) = claims.get(&self.text) {
            return Some(value);
        }
        let (last, parents) = self.parts.split_last()?;
        let mut object = claims;
        for part in parents {
            object = object.get(part)?.as_object()?;
        }
        object.get(last)
    }

    /// Puts a value there.
    #[cfg(feature = "testing")]
    pub(crate) fn put(&self, claims: &mut Map<String, Value>, value: Value) {
        let Some((last, parents)) = self.parts.split_last().filter(|_| !self.is_url()) else {
            claims.insert(self.text.clone(), value);
            return;
        };
        let mut object = claims;
        for part in parents {
            let next = object.entry(part).or_insert_with(|| Map::new().into());
            let Value::Object(next) = next else { return };
            object = next;
        }
        object.insert(last.clone(), value);
    }

    fn is_url(&self) -> bool {
        self.text.contains("://")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_paths_and_pointers() {
        let claims = json!({
            "a": {"b": {"c": 1}, "x.y": 2, "s/t": 3, "list": [{"z": 4}]},
            "a.b": {"c": 5},
            "https://h.example/scopes": 6,
        });
        let claims = claims.as_object().unwrap();
        for (path, expected) in [
            ("a.b", Some(json!({"c": 5}))),
            ("a.b.c", Some(json!(1))),
            ("/a/b/c", Some(json!(1))),
            ("/a/x.y", Some(json!(2))),
            ("a.x.y", None),
            ("/a/s~1t", Some(json!(3))),
            ("a.list.0.z", None),
            ("a.b.c.d", None),
            ("https://h.example/scopes", Some(json!(6))),
            ("b", None),
            ("A.b.c", None),
        ] {
            let found = ClaimPath::new(path.to_owned()).find(claims).cloned();
            assert_eq!(found, expected, "{path}");
        }
        for path in ["", ".", "a.", ".a", "a..b", "/", "/a/", "/a//b"] {
            assert!(!ClaimPath::new(path.to_owned()).is_well_formed(), "{path}");
        }
    }
}
