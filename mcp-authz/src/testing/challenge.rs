//! `WWW-Authenticate` as an agent reads it, and what a test says about it.

use std::fmt;

use serde::Serialize;

use super::answer::{Refused, Reply};

/// One challenge (RFC 6750 §3, RFC 9728 §5.1): how to get in.
///
/// Needs the feature `testing`.
///
/// ```
/// use mcp_authz::testing::Challenge;
///
/// /// What an agent does with it: send the person to the consent screen, with these scopes.
/// fn scope_parameter(challenge: &Challenge) -> String {
///     challenge.scopes.join(" ")
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Challenge {
    /// `Bearer`, or `DPoP`.
    pub scheme: String,
    /// Why the token is not enough; nothing where there was none.
    pub error: Option<String>,
    /// What to ask the person for.
    pub scopes: Vec<String>,
    /// How long ago the person may have signed in, in seconds (RFC 9470).
    pub max_age: Option<u64>,
    /// In which ways (RFC 9470).
    pub acr_values: Vec<String>,
    /// Where the metadata is.
    pub resource_metadata: Option<String>,
    /// The whole header.
    #[serde(skip)]
    pub header: String,
}

impl Challenge {
    /// Reads one challenge of ours, with its parameters.
    pub(super) fn parse(header: &str) -> Self {
        let (scheme, mut rest) = header.split_once(' ').unwrap_or((header, ""));
        let mut challenge = Self {
            scheme: scheme.to_owned(),
            header: header.to_owned(),
            ..Self::default()
        };
        while let Some((name, value, after)) = parameter(rest) {
            rest = after;
            let words = || value.split(' ').map(str::to_owned).collect();
            match name {
                "error" => challenge.error = Some(value),
                "scope" => challenge.scopes = words(),
                "max_age" => challenge.max_age = value.parse().ok(),
                "acr_values" => challenge.acr_values = words(),
                "resource_metadata" => challenge.resource_metadata = Some(value),
                _ => {}
            }
        }
        challenge
    }
}

/// `name="value"`, and what follows it.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = text.trim_start_matches([' ', ',']).split_once("=\"")?;
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in rest.char_indices() {
        match c {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            '"' if !escaped => return Some((name, value, rest.get(at + 1..)?)),
            _ => value.push(c),
        }
        escaped = false;
    }
    None
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.header)
    }
}

/// An answer that can be a refusal: what [`assert_challenge!`](crate::assert_challenge) takes.
///
/// Needs the feature `testing`.
///
/// ```
/// use mcp_authz::testing::{Answer, assert_challenge};
///
/// /// An assertion that many tests share.
/// #[track_caller]
/// fn wants_to_delete(answer: impl Answer) {
///     assert_challenge!(answer, 403, "insufficient_scope", ["mail:delete"]);
/// }
/// ```
pub trait Answer {
    #[doc(hidden)]
    fn refused(&self) -> Result<&Refused, &Reply>;
}

impl Answer for Refused {
    fn refused(&self) -> Result<&Refused, &Reply> {
        Ok(self)
    }
}

impl Answer for Result<Reply, Refused> {
    fn refused(&self) -> Result<&Refused, &Reply> {
        match self {
            Ok(reply) => Err(reply),
            Err(refused) => Ok(refused),
        }
    }
}

impl<A: Answer> Answer for &A {
    fn refused(&self) -> Result<&Refused, &Reply> {
        (**self).refused()
    }
}

/// The body of [`assert_challenge!`](crate::assert_challenge).
#[doc(hidden)]
#[track_caller]
pub fn check_challenge(
    answer: &impl Answer,
    status: u16,
    error: Option<&str>,
    scopes: Option<&[&str]>,
) {
    let wanted = wanted(status, error, scopes);
    let refused = match answer.refused() {
        Ok(refused) => refused,
        Err(reply) => panic!("wanted: {wanted}\ngot:    a result\n{reply}"),
    };
    let Some(challenge) = refused.challenge() else {
        panic!("wanted: {wanted}\ngot:    no challenge: {refused:?}");
    };
    let sorted = |scopes: &mut dyn Iterator<Item = &str>| {
        let mut scopes: Vec<String> = scopes.map(str::to_owned).collect();
        scopes.sort();
        scopes
    };
    let got = sorted(&mut challenge.scopes.iter().map(String::as_str));
    let fits = refused.status() == status
        && challenge.error.as_deref() == error
        && scopes.is_none_or(|scopes| sorted(&mut scopes.iter().copied()) == got);
    assert!(fits, "wanted: {wanted}\ngot:    {refused:?}");
}

fn wanted(status: u16, error: Option<&str>, scopes: Option<&[&str]>) -> String {
    let error = error.map_or("a challenge without an error".to_owned(), str::to_owned);
    match scopes {
        None => format!("{status}, {error}"),
        Some([]) => format!("{status}, {error}, for no scope"),
        Some(scopes) => format!("{status}, {error}, for {}", scopes.join(" ")),
    }
}

/// Asserts that a request was refused with this challenge: status, error, and **all** scopes that it asks
/// for, in any order. The error is always named, or `None`: a challenge without one, as a request without a
/// token gets it. Scopes that are left out here are not looked at. On failure it prints what came instead.
///
/// Needs the feature `testing`.
///
/// ```standalone_crate
/// use mcp_authz::testing::{TestServer, assert_challenge};
/// use mcp_authz::{Server, tool};
///
/// /// Counts the mails.
/// #[tool(scopes = ["mail:read"])]
/// fn count() -> String {
///     "3 mails".to_owned()
/// }
///
/// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
/// let server = TestServer::start(Server::builder("mail")).await?;
/// let refused = server.as_user("alice").call("count").await;
/// assert_challenge!(refused, 403, "insufficient_scope", ["mail:read"]);
/// assert_challenge!(server.anonymous().call("count").await, 401, None, ["mail:read"]);
/// assert_challenge!(server.with_token("x").call("count").await, 401, "invalid_token");
/// # Ok(()) }
/// ```
#[macro_export]
macro_rules! assert_challenge {
    (@scopes) => { ::core::option::Option::None };
    (@scopes $scopes:expr) => { ::core::option::Option::Some(&$scopes as &[&str]) };
    ($answer:expr, $status:expr, None $(, $scopes:expr)? $(,)?) => {
        $crate::testing::check_challenge(
            &$answer,
            $status,
            ::core::option::Option::None,
            $crate::assert_challenge!(@scopes $($scopes)?),
        )
    };
    ($answer:expr, $status:expr, $error:expr $(, $scopes:expr)? $(,)?) => {
        $crate::testing::check_challenge(
            &$answer,
            $status,
            ::core::option::Option::Some($error),
            $crate::assert_challenge!(@scopes $($scopes)?),
        )
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read_with_its_parameters() {
        let header = r#"Bearer error="insufficient_scope", scope="a b", max_age="60", acr_values="x y", resource_metadata="https://h/a,b", error_description="say \"please\", scope=\"c\"""#;
        let challenge = Challenge::parse(header);
        assert_eq!(challenge.scheme, "Bearer");
        assert_eq!(challenge.error.as_deref(), Some("insufficient_scope"));
        assert_eq!(challenge.scopes, ["a", "b"]);
        assert_eq!(challenge.max_age, Some(60));
        assert_eq!(challenge.acr_values, ["x", "y"]);
        assert_eq!(
            challenge.resource_metadata.as_deref(),
            Some("https://h/a,b")
        );
        assert_eq!(challenge.to_string(), header);
        assert_eq!(Challenge::parse("Bearer").scopes, [""; 0]);
    }
}
