//! Scopes and what they can require: pure values, no I/O.

mod hierarchy;
mod requirement;
mod search;
mod set;
mod terms;
mod variable;

pub use hierarchy::Hierarchy;
pub(crate) use hierarchy::Inclusions;
pub use requirement::Requirement;
pub use set::ScopeSet;
pub use terms::ChallengeScopes;
pub(crate) use terms::Terms;
pub(crate) use variable::{is_well_formed, placeholders};

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// One OAuth scope: a scope-token of RFC 6749 §3.3, compared byte for byte.
///
/// A `const` scope is checked while the program compiles:
///
/// ```
/// use mcp_authz::Scope;
///
/// const MAIL_SEND: Scope = Scope::new("mail:send");
/// assert_eq!(MAIL_SEND.as_str(), "mail:send");
/// assert!("mail send".parse::<Scope>().is_err());
/// ```
#[derive(Clone)]
pub struct Scope {
    token: Cow<'static, str>,
    /// Whatever is said of it, it is the same scope.
    description: Option<&'static str>,
}

/// The text is no scope-token (RFC 6749 §3.3: one or more of `%x21 / %x23-5B / %x5D-7E`).
///
/// ```
/// use mcp_authz::{InvalidScope, Scope};
///
/// fn scope_of(setting: &str) -> Result<Scope, InvalidScope> {
///     setting.trim().parse()
/// }
///
/// assert!(scope_of(" mail:send ").is_ok());
/// assert!(scope_of("mail send").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a scope: use printable ASCII without spaces, `\"` and `\\` (RFC 6749 section 3.3)")]
#[non_exhaustive]
pub struct InvalidScope;

impl Scope {
    /// Makes a scope from a literal.
    ///
    /// # Panics
    ///
    /// When `token` is no scope-token (RFC 6749 §3.3). In a `const` that is a compile error; parse
    /// text that is known only at run time with [`str::parse`].
    #[must_use]
    #[track_caller]
    pub const fn new(token: &'static str) -> Self {
        assert!(
            is_scope_token(token),
            "not a scope: use printable ASCII without spaces, quotes and backslashes (RFC 6749 section 3.3)"
        );
        Self {
            token: Cow::Borrowed(token),
            description: None,
        }
    }

    /// Says what somebody agrees to who consents to it, for the person who is asked. Two scopes are the same
    /// whatever is said of them.
    ///
    /// Provisioning at Logto gives it to the consent screen, before what it would take from the tools that ask
    /// for the scope.
    ///
    /// ```
    /// use mcp_authz::{Scope, tool};
    ///
    /// const MAIL_SEND: Scope = Scope::new("mail:send").described("Send mail in your name");
    /// assert_eq!(MAIL_SEND.description(), Some("Send mail in your name"));
    /// assert_eq!(MAIL_SEND, Scope::new("mail:send"));
    ///
    /// /// Send a mail to a list of people, one by one.
    /// #[tool(scopes = [MAIL_SEND])]
    /// fn send_to_all() {}
    /// ```
    #[must_use]
    pub const fn described(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// What its author says of it.
    #[must_use]
    pub const fn description(&self) -> Option<&'static str> {
        self.description
    }

    /// The scope as it travels.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        match &self.token {
            Cow::Borrowed(token) => token,
            Cow::Owned(token) => token.as_str(),
        }
    }
}

/// RFC 6749 §3.3 `scope-token`, usable in a `const`.
pub(crate) const fn is_scope_token(token: &str) -> bool {
    let mut rest = token.as_bytes();
    if rest.is_empty() {
        return false;
    }
    while let [byte, tail @ ..] = rest {
        if !matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E) {
            return false;
        }
        rest = tail;
    }
    true
}

/// Whether `scope` equals none of `others`, usable in a `const`.
#[doc(hidden)]
#[must_use]
pub const fn differs(scope: &Scope, mut others: &[&Scope]) -> bool {
    while let [other, rest @ ..] = others {
        if same_bytes(scope.as_str().as_bytes(), other.as_str().as_bytes()) {
            return false;
        }
        others = rest;
    }
    true
}

const fn same_bytes(mut a: &[u8], mut b: &[u8]) -> bool {
    while let ([x, rest_of_a @ ..], [y, rest_of_b @ ..]) = (a, b) {
        if *x != *y {
            return false;
        }
        (a, b) = (rest_of_a, rest_of_b);
    }
    a.is_empty() && b.is_empty()
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.token == other.token
    }
}

impl Eq for Scope {}

impl PartialOrd for Scope {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scope {
    fn cmp(&self, other: &Self) -> Ordering {
        self.token.cmp(&other.token)
    }
}

impl Hash for Scope {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.token.hash(state);
    }
}

impl std::str::FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(token: &str) -> Result<Self, InvalidScope> {
        if is_scope_token(token) {
            Ok(Self {
                token: Cow::Owned(token.to_owned()),
                description: None,
            })
        } else {
            Err(InvalidScope)
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.token)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.token, f)
    }
}

impl AsRef<str> for Scope {
    fn as_ref(&self) -> &str {
        &self.token
    }
}

impl std::borrow::Borrow<str> for Scope {
    fn borrow(&self) -> &str {
        &self.token
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn equal_scopes_are_found_byte_for_byte() {
        let [a, b, ab] = ["a", "b", "ab"].map(Scope::new);
        assert!(differs(&a, &[]));
        assert!(differs(&a, &[&b, &ab]));
        assert!(!differs(&a, &[&b, &a.clone()]));
    }

    #[test]
    fn what_is_said_of_a_scope_is_no_part_of_it() {
        let (plain, described) = (Scope::new("a"), Scope::new("a").described("Do it"));
        assert_eq!(plain, described);
        assert!(plain < Scope::new("b") && described < Scope::new("b"));
        let set = HashSet::from([plain, described.clone()]);
        assert!(set.len() == 1 && set.contains("a"));
        assert_eq!(format!("{described} {described:?}"), "a \"a\"");
    }

    #[test]
    fn the_grammar_is_that_of_rfc_6749() {
        for token in ["a", "!", "mail:send", "https://x.test/a?b#c", "~", "[x]"] {
            assert!(is_scope_token(token), "{token:?}");
        }
        for token in [
            "", " ", "a b", "a\"", "a\\b", "a\tb", "a\n", "é", "a\u{a0}b", "\u{7f}",
        ] {
            assert!(!is_scope_token(token), "{token:?}");
        }
    }
}
