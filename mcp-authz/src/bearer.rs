//! Stage 1: the `Authorization` header, read strictly.

use std::fmt;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

/// The longest token that is looked at, in bytes. No provider comes near; a hash or a parse of a
/// megabyte is what an attacker would like.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A bearer token as it came in (RFC 6750 §2.1): never printed, never kept.
#[derive(Clone)]
pub struct BearerToken(String);

/// What a request presents.
#[derive(Debug)]
pub(crate) enum Credentials {
    Token(BearerToken),
    /// No credentials that this server understands.
    Missing,
    /// A token in the query, where none may be (OAuth 2.1 §5.1), and none in the header.
    InQuery,
    /// More than one way or value, or a form that no grammar allows: 400, never a guess.
    Malformed,
    /// Too long to be looked at.
    Oversized,
}

impl BearerToken {
    pub(crate) fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token itself. It belongs into a verifier and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken([redacted])")
    }
}

/// Reads the one `Authorization` header. A token in the query is never read, and beside a header it
/// makes the request malformed (RFC 6750 §2: one method per request).
pub(crate) fn read(headers: &HeaderMap, query: Option<&str>) -> Credentials {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let in_query = query.is_some_and(carries_token);
    let Some(value) = values.next() else {
        return if in_query {
            Credentials::InQuery
        } else {
            Credentials::Missing
        };
    };
    if values.next().is_some() || in_query {
        return Credentials::Malformed;
    }
    read_value(value)
}

fn read_value(value: &HeaderValue) -> Credentials {
    let Ok(text) = value.to_str() else {
        return Credentials::Malformed;
    };
    let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return if hides_bearer(text) {
            Credentials::Malformed
        } else {
            Credentials::Missing
        };
    }
    let token = rest.trim_matches(' ');
    if token.is_empty() {
        Credentials::Missing
    } else if token.len() > MAX_TOKEN_BYTES {
        Credentials::Oversized
    } else if is_b64token(token) {
        Credentials::Token(BearerToken::new(token))
    } else {
        Credentials::Malformed
    }
}

/// `Bearer` with a tab instead of the space, or as a second entry behind another scheme.
fn hides_bearer(text: &str) -> bool {
    text.split([',', '\t']).any(|part| {
        part.trim()
            .get(..6)
            .is_some_and(|start| start.eq_ignore_ascii_case("bearer"))
    })
}

/// RFC 6750 §2.1: `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty()
        && body.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
        })
}

fn carries_token(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes()).any(|(key, _)| key == "access_token")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as(values: &[&[u8]], query: Option<&str>) -> &'static str {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        match read(&headers, query) {
            Credentials::Token(_) => "token",
            Credentials::Missing => "missing",
            Credentials::InQuery => "in query",
            Credentials::Malformed => "malformed",
            Credentials::Oversized => "oversized",
        }
    }

    #[test]
    fn every_form_of_the_header_has_one_reading() {
        let long = [b"Bearer ".as_slice(), &[b'a'; MAX_TOKEN_BYTES + 1]].concat();
        type Case<'a> = (&'a [&'a [u8]], Option<&'a str>, &'a str);
        let cases: &[Case<'_>] = &[
            (&[], None, "missing"),
            (&[], Some("access_token=x"), "in query"),
            (&[b""], None, "missing"),
            (&[b"Bearer"], None, "missing"),
            (&[b"Bearer   "], None, "missing"),
            (&[b"bearer x"], None, "token"),
            (&[b"BeArEr x"], None, "token"),
            (&[b"Bearer  x"], None, "token"),
            (&[b"Bearer x=="], None, "token"),
            (&[b"Bearer ="], None, "malformed"),
            (&[b"Bearer x=y"], None, "malformed"),
            (&[b"Bearer\tx"], None, "malformed"),
            (&[b"Bearer a b"], None, "malformed"),
            (&[b"Bearer a,b"], None, "malformed"),
            (&[b"Bearer \"a\""], None, "malformed"),
            (&[b"Bearer \xc3\xa9"], None, "malformed"),
            (&[b"Bearer a", b"Bearer a"], None, "malformed"),
            (&[b"Basic a", b"Bearer b"], None, "malformed"),
            (&[b"Basic YTpi, Bearer b"], None, "malformed"),
            (&[b"Basic YTpi"], None, "missing"),
            (&[b"DPoP x"], None, "missing"),
            (&[b"Bearer a"], Some("access_token=a"), "malformed"),
            (&[b"Bearer a"], Some("x=1&access%5Ftoken=a"), "malformed"),
            (&[b"Bearer a"], Some("x=access_token"), "token"),
            (&[&long], None, "oversized"),
        ];
        for (values, query, expected) in cases {
            assert_eq!(read_as(values, *query), *expected, "{values:?} {query:?}");
        }
    }

    #[test]
    fn a_token_is_never_printed() {
        assert_eq!(
            format!("{:?}", BearerToken::new("secret")),
            "BearerToken([redacted])"
        );
    }
}
