//! The scopes that a token carries, or that an operation asks for.

use std::collections::HashSet;
use std::fmt;

use super::Scope;

/// A set of scopes, in the order in which they were given, each once.
///
/// The order makes challenges deterministic: what a developer wrote is what a client reads.
///
/// ```
/// use mcp_authz::{Scope, ScopeSet};
///
/// let mut granted = ScopeSet::parse("openid profile profile email");
/// assert!(granted.contains("email"));
/// assert_eq!(granted.to_string(), "openid profile email");
///
/// granted.insert(Scope::new("mail:read"));
/// assert_eq!(granted.len(), 4);
/// assert_eq!(granted.iter().last(), Some(&Scope::new("mail:read")));
/// assert!(ScopeSet::new().is_empty());
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct ScopeSet(Vec<Scope>);

impl ScopeSet {
    /// No scopes.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Reads a space-delimited scope list (RFC 6749 §3.3).
    ///
    /// Only the space (`%x20`) separates; a piece that is no scope-token grants nothing and is left
    /// out, so that `"a\u{a0}b"` or a tab cannot smuggle a scope in.
    #[must_use]
    pub fn parse(list: &str) -> Self {
        list.split(' ')
            .filter_map(|token| token.parse().ok())
            .collect()
    }

    /// Whether `scope` is in the set, byte for byte.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|own| own.as_str() == scope)
    }

    /// Adds a scope unless it is there.
    pub fn insert(&mut self, scope: Scope) {
        if !self.contains(scope.as_str()) {
            self.0.push(scope);
        }
    }

    /// The scopes, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Scope> {
        self.0.iter()
    }

    /// How many scopes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut set = Self::new();
        set.extend(scopes);
        set
    }
}

/// More than tokens carry. Beyond it, comparing each scope with each other would be what an attacker
/// wants: a token of 16 KiB has room for thousands, and is read before its signature is verified.
const MANY: usize = 64;

impl Extend<Scope> for ScopeSet {
    fn extend<I: IntoIterator<Item = Scope>>(&mut self, scopes: I) {
        let mut seen = HashSet::new();
        for scope in scopes {
            if self.len() < MANY {
                self.insert(scope);
                continue;
            }
            if seen.is_empty() {
                seen.extend(self.0.iter().cloned());
            }
            if seen.insert(scope.clone()) {
                self.0.push(scope);
            }
        }
    }
}

impl IntoIterator for ScopeSet {
    type Item = Scope;
    type IntoIter = std::vec::IntoIter<Scope>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a ScopeSet {
    type Item = &'a Scope;
    type IntoIter = std::slice::Iter<'a, Scope>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The space-delimited form that travels in challenges and metadata.
impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn only_the_space_separates() {
        for (text, expected) in [
            ("", vec![]),
            ("   ", vec![]),
            ("a  b", vec!["a", "b"]),
            ("a\tb", vec![]),
            ("a\u{a0}b c", vec!["c"]),
            ("A a", vec!["A", "a"]),
            ("a\nb c\"", vec![]),
        ] {
            let set = ScopeSet::parse(text);
            let read: Vec<&str> = set.iter().map(Scope::as_str).collect();
            assert_eq!(read, expected, "{text:?}");
        }
    }

    /// A token's list is read before its signature is verified: it must cost whoever sends it more
    /// than us.
    #[test]
    fn a_long_list_is_no_long_work() {
        let list: String = (0..50_000).map(|number| format!("{number} ")).collect();
        let begun = Instant::now();
        let set = ScopeSet::parse(&list.repeat(2));
        assert!(begun.elapsed() < Duration::from_secs(3));
        assert_eq!(format!("{set} "), list);
    }
}
