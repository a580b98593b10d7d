//! Stage 1: the `Authorization` header, read strictly.

use std::fmt;
use std::ops::Range;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The longest token that is looked at, in bytes. No provider comes near; a hash or a parse of a
/// megabyte is what an attacker would like.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A bearer token as it came in (RFC 6750 §2.1): never printed, never kept.
///
/// What a [`TokenVerifier`](crate::TokenVerifier) is given:
///
/// ```
/// use mcp_authz::BearerToken;
///
/// /// Keys of this server's own begin in a way of their own; all else is somebody else's.
/// fn is_ours(token: &BearerToken) -> bool {
///     token.expose().starts_with("mail_")
/// }
/// ```
#[derive(Clone)]
pub struct BearerToken {
    /// The header that it came in, which is not copied.
    header: HeaderValue,
    /// Where it is there. Each byte is one of [`is_b64token`].
    place: Range<usize>,
}

/// What a request presents.
#[derive(Debug)]
pub(crate) enum Credentials {
    Token(BearerToken),
    /// A token for whose key the `DPoP` header, if there is exactly one, holds a proof.
    #[cfg(feature = "dpop")]
    Bound {
        token: BearerToken,
        proof: Option<HeaderValue>,
    },
    /// None at all.
    Missing,
    /// An attempt that holds no token for this server: another scheme, nothing behind the scheme,
    /// or a token in the query, where none may be (OAuth 2.1 §5.1).
    Unusable,
    /// More than one way or value, or a form that no grammar allows: 400, never a guess.
    Malformed,
    /// Too long to be looked at.
    Oversized,
}

/// How a token is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RFC 6750 §2.1.
    Bearer,
    /// RFC 9449 §7.1.
    #[cfg(feature = "dpop")]
    Dpop,
}

impl Scheme {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            #[cfg(feature = "dpop")]
            Self::Dpop => "DPoP",
        }
    }

    /// Schemes are compared without case (RFC 9110 §11.1).
    fn is(self, text: &[u8]) -> bool {
        self.name().as_bytes().eq_ignore_ascii_case(text)
    }
}

impl BearerToken {
    /// As if it had come.
    #[cfg(test)]
    pub(crate) fn new(token: impl Into<String>) -> Self {
        let header = HeaderValue::try_from(token.into()).unwrap();
        let place = 0..header.len();
        Self { header, place }
    }

    /// The token itself. It belongs in a verifier and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        // It is ASCII.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The same, where its bytes will do.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        let all = self.header.as_bytes();
        all.get(self.place.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken([redacted])")
    }
}

/// The proof of RFC 9449 §4.1. It goes no further than the token does.
pub(crate) const PROOF: HeaderName = HeaderName::from_static("dpop");

/// Reads the one `Authorization` header, in the schemes that the server understands. A token in the
/// query is never read, and beside a header it makes the request malformed (RFC 6750 §2: one method
/// per request).
pub(crate) fn read(headers: &HeaderMap, query: Option<&str>, schemes: &[Scheme]) -> Credentials {
    let in_query = query.is_some_and(carries_token);
    let Some(value) = headers.get(AUTHORIZATION) else {
        return if in_query {
            Credentials::Unusable
        } else {
            Credentials::Missing
        };
    };
    // Where no header has two values, this one has not.
    let is_doubled = || headers.get_all(AUTHORIZATION).iter().nth(1).is_some();
    if headers.len() > headers.keys_len() && is_doubled() || in_query {
        return Credentials::Malformed;
    }
    match read_value(value, schemes) {
        #[cfg(feature = "dpop")]
        Ok((Scheme::Dpop, token)) => Credentials::Bound {
            token,
            proof: only(headers, &PROOF),
        },
        Ok((Scheme::Bearer, token)) => Credentials::Token(token),
        Err(otherwise) => otherwise,
    }
}

/// RFC 9449 §4.3: "There is not more than one DPoP HTTP request header field".
#[cfg(feature = "dpop")]
fn only(headers: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let mut only = values.next()?.clone();
    // Not to be printed, any more than the token.
    only.set_sensitive(true);
    values.next().is_none().then_some(only)
}

fn read_value(
    value: &HeaderValue,
    schemes: &[Scheme],
) -> Result<(Scheme, BearerToken), Credentials> {
    let text = value.as_bytes();
    let is_space = |byte: &u8| *byte == b' ';
    let space = text.iter().position(is_space).unwrap_or(text.len());
    let (name, rest) = text.split_at(space);
    let Some(scheme) = schemes.iter().find(|scheme| scheme.is(name)) else {
        let is_text = std::str::from_utf8(text).is_ok();
        return Err(
            if !is_text || schemes.iter().any(|scheme| hides(text, *scheme)) {
                Credentials::Malformed
            } else {
                Credentials::Unusable
            },
        );
    };
    let Some(start) = rest.iter().position(|byte| !is_space(byte)) else {
        return Err(Credentials::Unusable);
    };
    let end = rest
        .iter()
        .rposition(|byte| !is_space(byte))
        .unwrap_or(start);
    let place = space + start..space + end + 1;
    let token = text.get(place.clone()).unwrap_or_default();
    if token.len() > MAX_TOKEN_BYTES {
        Err(Credentials::Oversized)
    } else if is_b64token(token) {
        let header = value.clone();
        Ok((*scheme, BearerToken { header, place }))
    } else {
        Err(Credentials::Malformed)
    }
}

/// The scheme with a tab instead of the space, or as a second entry behind another scheme.
fn hides(text: &[u8], scheme: Scheme) -> bool {
    text.split(|byte| matches!(byte, b',' | b'\t')).any(|part| {
        part.trim_ascii()
            .get(..scheme.name().len())
            .is_some_and(|start| scheme.is(start))
    })
}

/// Whether `text` can be a bearer token, and is no longer than those that are looked at.
pub(crate) fn is_token(text: &str) -> bool {
    text.len() <= MAX_TOKEN_BYTES && is_b64token(text.as_bytes())
}

/// RFC 6750 §2.1: `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
fn is_b64token(token: &[u8]) -> bool {
    let last = token.iter().rposition(|byte| *byte != b'=');
    let Some(body) = last.and_then(|last| token.get(..=last)) else {
        return false;
    };
    // Every byte is looked at, whatever the others are: that runs without a branch.
    body.iter().fold(true, |all, byte| all & in_b64token(*byte))
}

/// In comparisons alone, so that many bytes are looked at in one instruction.
const fn in_b64token(byte: u8) -> bool {
    // In ASCII, `-`, `.` and `/` stand before the digits, and a bit tells small letters from capitals.
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'-') <= b'9' - b'-';
    letter | digit | (byte == b'_') | (byte == b'~') | (byte == b'+')
}

fn carries_token(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes()).any(|(key, _)| key == "access_token")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_characters_of_a_token_are_those_of_rfc_6750() {
        for byte in 0..=u8::MAX {
            let belongs = byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
            assert_eq!(in_b64token(byte), belongs, "{byte:#x}");
        }
    }

    fn read_as(values: &[&[u8]], query: Option<&str>) -> &'static str {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        reading(&read(&headers, query, &[Scheme::Bearer]))
    }

    fn reading(credentials: &Credentials) -> &'static str {
        match credentials {
            Credentials::Token(_) => "token",
            #[cfg(feature = "dpop")]
            Credentials::Bound { proof: Some(_), .. } => "bound",
            #[cfg(feature = "dpop")]
            Credentials::Bound { proof: None, .. } => "bound without proof",
            Credentials::Missing => "missing",
            Credentials::Unusable => "unusable",
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
            (&[], Some("access_token=x"), "unusable"),
            (&[b""], None, "unusable"),
            (&[b"Bearer"], None, "unusable"),
            (&[b"Bearer   "], None, "unusable"),
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
            (&[b"Basic YTpi"], None, "unusable"),
            (&[b"DPoP x"], None, "unusable"),
            (&[b"Bearer a"], Some("access_token=a"), "malformed"),
            (&[b"Bearer a"], Some("x=1&access%5Ftoken=a"), "malformed"),
            (&[b"Bearer a"], Some("x=access_token"), "token"),
            (&[&long], None, "oversized"),
        ];
        for (values, query, expected) in cases {
            assert_eq!(read_as(values, *query), *expected, "{values:?} {query:?}");
        }
    }

    #[cfg(feature = "dpop")]
    #[test]
    fn a_bound_token_comes_with_one_proof() {
        let cases: &[(&str, &[&str], &str)] = &[
            ("DPoP secret-token", &["secret-proof"], "bound"),
            ("dpop x", &["p"], "bound"),
            ("DPoP  x", &[""], "bound"),
            ("DPoP x", &[], "bound without proof"),
            ("DPoP x", &["p", "p"], "bound without proof"),
            ("Bearer x", &["p"], "token"),
            ("DPoP", &["p"], "unusable"),
            ("DPoP\tx", &["p"], "malformed"),
            ("DPoP a b", &["p"], "malformed"),
            ("Basic YTpi, DPoP x", &["p"], "malformed"),
            ("Basic YTpi", &["p"], "unusable"),
        ];
        for (authorization, proofs, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(authorization));
            for proof in *proofs {
                headers.append(PROOF, HeaderValue::from_static(proof));
            }
            let credentials = read(&headers, None, &[Scheme::Bearer, Scheme::Dpop]);
            let printed = format!("{credentials:?}");
            assert!(!printed.contains("secret"), "{printed}");
            assert_eq!(
                reading(&credentials),
                *expected,
                "{authorization} {proofs:?}"
            );
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
