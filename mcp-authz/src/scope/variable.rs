//! Scopes that name a variable of a URI template, as in `files:{bucket}:read`.

use std::collections::BTreeMap;

use super::{Requirement, Scope};

/// The names in braces.
pub(crate) fn placeholders(scope: &str) -> impl Iterator<Item = &str> {
    let pieces = scope.split('{').skip(1);
    pieces.filter_map(|piece| piece.split_once('}').map(|(name, _)| name))
}

/// Whether the braces are pairs around names.
pub(crate) fn is_well_formed(scope: &str) -> bool {
    let mut rest = scope;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else {
            return false;
        };
        if before.contains('}') || name.is_empty() || name.contains('{') {
            return false;
        }
        rest = behind;
    }
    !rest.contains('}')
}

/// A value that cannot be mistaken for a part of the scope around it.
fn is_plain(value: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    !value.is_empty() && value.bytes().all(plain)
}

/// `scope` with these values in it; a name without one is left. `None` for a value that must not be
/// put into a scope.
fn fill(scope: &Scope, values: &BTreeMap<String, String>) -> Option<Scope> {
    let mut filled = scope.as_str().to_owned();
    for name in placeholders(scope.as_str()) {
        let Some(value) = values.get(name) else {
            continue;
        };
        if !is_plain(value) {
            return None;
        }
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled.parse().ok()
}

/// Whether `granted` is `scope` with some values in it.
pub(crate) fn is_instance(granted: &str, scope: &str) -> bool {
    let Some((before, after)) = scope.split_once('{') else {
        return granted == scope;
    };
    let (Some(rest), Some((_, behind))) = (granted.strip_prefix(before), after.split_once('}'))
    else {
        return false;
    };
    // Every length that the value can have: what follows may look like a part of it.
    (1..=rest.len())
        .take_while(|end| rest.get(..*end).is_some_and(is_plain))
        .any(|end| {
            rest.get(end..)
                .is_some_and(|rest| is_instance(rest, behind))
        })
}

impl Requirement {
    /// The requirement with these values in its scopes.
    pub(crate) fn fill(&self, values: &BTreeMap<String, String>) -> Option<Self> {
        self.try_map(&|scope| fill(scope, values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_values_become_part_of_a_scope() {
        let scope = Scope::new("files:{bucket}:read");
        let with = |value: &str| {
            let values = BTreeMap::from([("bucket".to_owned(), value.to_owned())]);
            fill(&scope, &values).map(|scope| scope.to_string())
        };
        assert_eq!(with("a-b.c_d~1").as_deref(), Some("files:a-b.c_d~1:read"));
        for bad in ["", "a:b", "a b", "a/b", "{x}", "a}", "é", "*", "a\n", "\""] {
            assert_eq!(with(bad), None, "{bad:?}");
        }
        let none = BTreeMap::new();
        assert_eq!(fill(&scope, &none), Some(scope.clone()));
    }

    #[test]
    fn a_grant_can_be_an_instance() {
        for (granted, scope, expected) in [
            ("files:a:read", "files:{b}:read", true),
            ("files:a.b:read", "files:{b}:read", true),
            ("a-b-c", "{x}-{y}", true),
            ("files::read", "files:{b}:read", false),
            ("files:a:b:read", "files:{b}:read", false),
            ("files:a:write", "files:{b}:read", false),
            ("files:a:read2", "files:{b}:read", false),
            ("files:{b}:read", "files:{b}:read", false),
            ("plain", "plain", true),
        ] {
            assert_eq!(
                is_instance(granted, scope),
                expected,
                "{granted} of {scope}"
            );
        }
    }

    #[test]
    fn braces_are_pairs() {
        for good in ["a", "{a}", "x:{a}:{b}"] {
            assert!(is_well_formed(good), "{good}");
        }
        for bad in ["{", "}", "{}", "{a", "a}", "}{", "{{a}}", "{a}}"] {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }
}
