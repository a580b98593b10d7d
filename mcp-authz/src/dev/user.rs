//! The people who can sign in, and what scopes say about them.

use std::fmt;

use serde_json::{Map, Value, json};

use super::standard::{STANDARD_SCOPES, StandardScope};
use crate::scope::ScopeSet;

/// A person who can sign in at the development provider, without a password.
///
/// Needs the feature `dev-server`.
///
/// ```
/// use mcp_authz::dev::User;
///
/// let carol = User::new("carol")
///     .claim("name", "Carol Example")
///     .claim("email", "carol@example.com")
///     .claim("email_verified", true);
/// ```
#[derive(Clone)]
#[must_use]
pub struct User {
    pub(super) username: String,
    claims: Map<String, Value>,
    /// The API scopes that they hold; `None` is every one.
    pub(super) scopes: Option<Vec<String>>,
}

impl User {
    /// Starts with a user name, which is also the `sub` of the tokens.
    pub fn new(username: impl Into<String>) -> Self {
        let username = username.into();
        let mut claims = Map::new();
        claims.insert("preferred_username".into(), username.clone().into());
        Self {
            username,
            claims,
            scopes: None,
        }
    }

    /// Adds a claim. It is released with the scope that stands for it (OpenID Connect Core §5.4);
    /// one that no standard scope stands for is never released.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Limits the API scopes that this person can pass on, as roles do at Logto: others are left out
    /// of what a client asks for, and only the token says so. Without this, they hold every scope.
    ///
    /// ```
    /// use mcp_authz::dev::User;
    ///
    /// let guest = User::new("guest").scopes(["mail:read"]);
    /// ```
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// All that is known of them.
    #[cfg(all(feature = "testing", feature = "logto"))]
    pub(super) fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// What a person reads.
    pub(super) fn display_name(&self) -> &str {
        let name = self.claims.get("name").and_then(Value::as_str);
        name.unwrap_or(&self.username)
    }

    /// The claims that `scopes` stand for.
    pub(super) fn released(&self, scopes: &ScopeSet) -> Map<String, Value> {
        let asked = STANDARD_SCOPES.iter();
        asked
            .filter(|standard| scopes.contains(standard.scope))
            .flat_map(|standard| self.known(standard))
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect()
    }

    /// What is known of what a scope stands for.
    pub(super) fn known(
        &self,
        standard: &StandardScope,
    ) -> impl Iterator<Item = (&'static str, &Value)> {
        let names = standard.claims.iter();
        names.filter_map(|name| Some((*name, self.claims.get(*name)?)))
    }

    /// Alice and Bob: who signs in when nobody is configured.
    pub(super) fn examples() -> Vec<Self> {
        [("alice", "Alice", "0101"), ("bob", "Bob", "0102")]
            .into_iter()
            .map(|(username, given_name, phone)| {
                Self::new(username)
                    .claim("name", format!("{given_name} Example"))
                    .claim("given_name", given_name)
                    .claim("family_name", "Example")
                    .claim("locale", "en")
                    .claim("email", format!("{username}@example.com"))
                    .claim("email_verified", true)
                    .claim("phone_number", format!("+1 202 555 {phone}"))
                    .claim("phone_number_verified", false)
                    .claim(
                        "address",
                        json!({ "locality": "Springfield", "country": "US" }),
                    )
            })
            .collect()
    }
}

/// Names who it is, not what is known about them.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn released(scopes: &str) -> Vec<String> {
        let alice = User::examples().remove(0).claim("role", "admin");
        alice
            .released(&ScopeSet::parse(scopes))
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    #[test]
    fn a_claim_is_released_with_its_scope_only() {
        assert!(released("openid mail:read").is_empty());
        assert_eq!(released("email"), ["email", "email_verified"]);
        assert_eq!(released("phone address").len(), 3);
        assert!(!released("profile").contains(&"email".to_owned()));
        let everything = released("openid profile email address phone offline_access");
        assert!(!everything.contains(&"role".to_owned()));
    }
}
