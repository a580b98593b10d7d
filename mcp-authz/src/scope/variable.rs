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

/// In characters: a scope is to be read by a person, and a challenge travels in a header.
const LONGEST_VALUE: usize = 256;

/// `scope` with these values in it; a name without one is left. `None` for a value that must not be
/// put into a scope.
fn fill(scope: &Scope, values: &BTreeMap<String, String>) -> Option<Scope> {
    let mut filled = scope.as_str().to_owned();
    for name in placeholders(scope.as_str()) {
        let Some(value) = values.get(name) else {
            continue;
        };
        if !is_plain(value) || value.len() > LONGEST_VALUE {
            return None;
        }
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled.parse().ok()
}

/// Whether `granted` is `scope` with some values in it.
pub(crate) fn is_instance(granted: &str, scope: &str) -> bool {
    let mut literals = literals(scope);
    let Some(mut rest) = literals
        .next()
        .and_then(|first| granted.strip_prefix(first))
    else {
        return false;
    };
    let Some(mut literal) = literals.next() else {
        // No variable.
        return rest.is_empty();
    };
    for next in literals {
        // The first place that fits is as good as a later one: what a longer value would have taken,
        // the next one can take.
        let Some((value, behind)) = split_at_first(rest, literal) else {
            return false;
        };
        if !is_plain(value) {
            return false;
        }
        (rest, literal) = (behind, next);
    }
    rest.strip_suffix(literal).is_some_and(is_plain)
}

/// The text before, between and behind the variables.
fn literals(scope: &str) -> impl Iterator<Item = &str> {
    let mut pieces = scope.split('{');
    let first = pieces.next();
    let behind = pieces.map(|piece| piece.split_once('}').map_or(piece, |(_, behind)| behind));
    first.into_iter().chain(behind)
}

/// The value, of one character at least, before the first `literal`, and what is behind that.
fn split_at_first<'a>(text: &'a str, literal: &str) -> Option<(&'a str, &'a str)> {
    let end = text.get(1..)?.find(literal)? + 1;
    Some((text.get(..end)?, text.get(end + literal.len()..)?))
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
        assert!(with(&"a".repeat(256)).is_some());
        assert_eq!(with(&"a".repeat(257)), None);
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
            ("plain", "plainer", false),
            ("a--b", "{x}-{y}", true),
            ("-a-b", "{x}-{y}", true),
            ("a-", "{x}-{y}", false),
            ("ab", "{x}{y}", true),
            ("a", "{x}{y}", false),
            ("aXbXc", "{x}X{y}", true),
            ("a:X:bX", "{x}X:{y}X", false),
            ("a.read.read", "{x}.read", true),
            (".read", "{x}.read", false),
            ("x1y2z", "x{a}y{b}z", true),
            ("x1yz", "x{a}y{b}z", false),
        ] {
            assert_eq!(
                is_instance(granted, scope),
                expected,
                "{granted} of {scope}"
            );
        }
    }

    /// A client may have been granted whatever it asked for.
    #[test]
    fn long_grants_are_compared_in_one_pass() {
        let begun = std::time::Instant::now();
        let (ones, dashes) = ("1".repeat(16_000), "-1".repeat(8_000));
        for scope in [
            "{a}-{b}-{c}-{d}-{e}!",
            "{a}{b}{c}{d}!",
            "{a}-!",
            "files:{a}!",
        ] {
            for granted in [&ones, &dashes, &format!("files:{ones}")] {
                assert!(!is_instance(granted, scope));
            }
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(2));
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
