//! Compact JWS, read strictly: what two parsers could read differently is refused.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::json::object;
use super::{Algorithm, Reject};

/// The longest token that is looked at, in bytes.
pub(crate) const MAX_TOKEN: usize = 16 * 1024;

/// Real key ids are thumbprints or names; anything longer is an attempt.
pub(crate) const MAX_KID: usize = 256;

/// A compact JWS, read but not understood.
pub(crate) struct Parts<'a> {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    /// `header.payload` as it came: the bytes that the signature covers.
    pub(crate) signed: &'a str,
    pub(crate) signature: Vec<u8>,
}

/// A signed token whose parts have been read, and whose signature has **not** been checked.
pub(crate) struct Jws<'a> {
    pub(crate) header: Header,
    pub(crate) claims: Map<String, Value>,
    /// `header.payload` as it came: the bytes that the signature covers.
    pub(crate) signed: &'a str,
    pub(crate) signature: Vec<u8>,
}

/// The protected header members that decide anything (RFC 7515 §4.1).
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<String>,
    pub(crate) typ: Typ,
}

/// What the token says that it is (RFC 8725 §3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typ {
    /// `at+jwt` (RFC 9068 §2.1).
    AccessToken,
    /// `JWT`, or nothing: could be anything that the issuer signs.
    Plain,
    /// `token-introspection+jwt` (RFC 9701 §5): never a token, whatever it says.
    Introspection,
}

/// Whether the token is meant as a JWS or JWE, whether or not it is a good one: it begins with a
/// JSON object in base64url and a dot.
///
/// Such a token is never handed on as an opaque one after a failed check.
pub(crate) fn looks_like_jwt(token: &str) -> bool {
    let Some((header, _)) = token.split_once('.') else {
        return false;
    };
    FORGIVING.decode(plain(header)).is_ok_and(|json| {
        json.trim_ascii_start().starts_with(b"{")
            && serde_json::from_slice::<IgnoredAny>(&json).is_ok()
    })
}

/// Reads, without padding, what any JWT library might take for base64url.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Many libraries take the standard alphabet as well, and skip what is in neither.
fn plain(part: &str) -> Vec<u8> {
    let read = part.bytes().filter_map(|byte| match byte {
        b'+' => Some(b'-'),
        b'/' => Some(b'_'),
        b'-' | b'_' => Some(byte),
        _ => byte.is_ascii_alphanumeric().then_some(byte),
    });
    read.collect()
}

/// Reads an access token in the form of a compact JWS (RFC 7515 §7.1).
pub(crate) fn parse(token: &str) -> Result<Jws<'_>, Reject> {
    if token.len() > MAX_TOKEN {
        return Err(Reject("token: longer than 16 KiB"));
    }
    read(token, &[Typ::AccessToken, Typ::Plain])
}

/// Reads what an endpoint signed; its length was bounded when it was fetched.
pub(crate) fn parse_reply(reply: &str, kind: Typ) -> Result<Jws<'_>, Reject> {
    read(reply, &[kind])
}

fn read<'a>(token: &'a str, kinds: &[Typ]) -> Result<Jws<'a>, Reject> {
    let parts = split(token)?;
    // A token must not bring the key that verifies it, or say where to fetch it.
    for name in ["jku", "jwk", "x5u", "x5c"] {
        if parts.header.contains_key(name) {
            return Err(Reject(
                "header: the token names its own key (`jku`, `jwk`, `x5u` or `x5c`)",
            ));
        }
    }
    let header = Header::read(&parts.header)?;
    if !kinds.contains(&header.typ) {
        return Err(ANOTHER_KIND);
    }
    Ok(Jws {
        header,
        claims: parts.claims,
        signed: parts.signed,
        signature: parts.signature,
    })
}

/// Takes a compact JWS apart, of whatever kind it is.
pub(crate) fn split(token: &str) -> Result<Parts<'_>, Reject> {
    let (signed, signature) = token.rsplit_once('.').ok_or(NOT_A_JWS)?;
    let (header, claims) = signed.split_once('.').ok_or(NOT_A_JWS)?;
    if claims.contains('.') {
        return Err(NOT_A_JWS);
    }
    let header = object(&decode(header)?)?;
    // We understand no extension, so a critical one cannot be honoured (RFC 7515 section 4.1.11).
    for name in ["crit", "b64", "zip", "cty"] {
        if header.contains_key(name) {
            return Err(Reject("header: `crit`, `b64`, `zip` or `cty` is present"));
        }
    }
    let signature = decode(signature)?;
    if signature.is_empty() {
        return Err(Reject("signature: empty"));
    }
    Ok(Parts {
        header,
        claims: object(&decode(claims)?)?,
        signed,
        signature,
    })
}

const ANOTHER_KIND: Reject = Reject("typ: a token of another kind (not `at+jwt`)");

const NOT_A_JWS: Reject = Reject("token: not a signed JWT in compact form");

/// Unpadded base64url in its canonical form, so that one token has one spelling (and one cache key).
pub(crate) fn decode(part: &str) -> Result<Vec<u8>, Reject> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| Reject("token: a part is not canonical base64url"))
}

impl Header {
    fn read(header: &Map<String, Value>) -> Result<Self, Reject> {
        Ok(Self {
            algorithm: algorithm(header)?,
            kid: kid(header.get("kid"))?,
            typ: typ(header.get("typ"))?,
        })
    }
}

/// `alg`, if it is one of those that can be named at all.
pub(crate) fn algorithm(header: &Map<String, Value>) -> Result<Algorithm, Reject> {
    header
        .get("alg")
        .and_then(Value::as_str)
        .and_then(Algorithm::from_name)
        .ok_or(Reject(
            "alg: missing, or not an asymmetric signature algorithm",
        ))
}

/// A key id is compared and nothing else: never a path, a URL or a log line.
pub(crate) fn kid(value: Option<&Value>) -> Result<Option<String>, Reject> {
    match value {
        None => Ok(None),
        Some(Value::String(kid)) if is_identifier(kid, MAX_KID) => Ok(Some(kid.clone())),
        Some(_) => Err(Reject(
            "kid: not a string, empty, too long, or with control characters",
        )),
    }
}

/// Non-empty, bounded, without control characters.
pub(crate) fn is_identifier(text: &str, max: usize) -> bool {
    !text.is_empty() && text.len() <= max && !text.chars().any(char::is_control)
}

fn typ(value: Option<&Value>) -> Result<Typ, Reject> {
    let Some(value) = value else {
        return Ok(Typ::Plain);
    };
    let typ = value
        .as_str()
        .ok_or(Reject("typ: not a string"))?
        .to_ascii_lowercase();
    // RFC 7515 section 4.1.9: the prefix may be left out.
    match typ.strip_prefix("application/").unwrap_or(&typ) {
        "at+jwt" => Ok(Typ::AccessToken),
        "jwt" => Ok(Typ::Plain),
        "token-introspection+jwt" => Ok(Typ::Introspection),
        _ => Err(ANOTHER_KIND),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_has_one_spelling() {
        assert!(decode("YQ").is_ok());
        for part in ["YR", "YQ==", "Y", "Y+", "Y/", "YQ\n", " YQ"] {
            assert!(decode(part).is_err(), "{part:?}");
        }
    }

    #[test]
    fn typ_is_compared_without_case_and_prefix() {
        for (text, expected) in [
            ("at+jwt", Typ::AccessToken),
            ("AT+JWT", Typ::AccessToken),
            ("application/at+JWT", Typ::AccessToken),
            ("JWT", Typ::Plain),
        ] {
            assert_eq!(typ(Some(&text.into())).ok(), Some(expected), "{text}");
        }
        for text in [
            "",
            "at+jwt ",
            "logout+jwt",
            "dpop+jwt",
            "oauth-id-jag+jwt",
            "secevent+jwt",
            "client-authentication+jwt",
            "application/application/at+jwt",
        ] {
            assert!(typ(Some(&text.into())).is_err(), "{text}");
        }
        assert!(typ(Some(&Value::Null)).is_err());
    }

    #[test]
    fn a_jwt_by_its_look_alone() {
        for (text, form) in [
            ("{}", "x.y"),
            ("\n{}", "x.y"),
            (r#"{"alg":"none","alg":1}"#, ""),
            (r#"{"alg":"dir"}"#, "a.b.c.d"),
        ] {
            let header = URL_SAFE_NO_PAD.encode(text);
            assert!(looks_like_jwt(&format!("{header}.{form}")), "{text}");
            assert!(looks_like_jwt(&format!("{header}=.{form}")), "{text}");
        }
        for opaque in [
            "opaque",
            "eyJ",
            "eyes.blue.x",
            ".x.y",
            "v4.public.payload",
            "W10.x.y",
        ] {
            assert!(!looks_like_jwt(opaque), "{opaque}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(token in ".{0,200}", json in "[{}\\[\\]\":,a0.e\\\\-]{0,40}") {
            let _ = (looks_like_jwt(&token), parse(&token).is_ok());
            let part = URL_SAFE_NO_PAD.encode(json);
            let token = format!("{part}.{part}.{part}");
            let _ = (looks_like_jwt(&token), parse(&token).is_ok());
        }
    }
}
