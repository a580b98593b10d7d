//! Compact JWS, read strictly: what two parsers could read differently is refused.

use std::collections::HashSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{Algorithm, Reject};

/// The longest token that is looked at, in bytes.
pub(crate) const MAX_TOKEN: usize = 16 * 1024;

/// Real key ids are thumbprints or names; anything longer is an attempt.
pub(crate) const MAX_KID: usize = 256;

/// How deeply claims may nest. Real ones stay below ten.
const MAX_DEPTH: u8 = 32;

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
}

/// Whether the token has the form of a JWS or JWE, whatever its parts hold.
///
/// Such a token is never handed on as an opaque one after a failed check.
pub(crate) fn looks_like_jwt(token: &str) -> bool {
    let dots = token.bytes().filter(|byte| *byte == b'.').count();
    // base64url of `{"` and of `{` with white space after it.
    (dots == 2 || dots == 4) && token.starts_with('e')
}

/// Reads a compact JWS (RFC 7515 §7.1).
pub(crate) fn parse(token: &str) -> Result<Jws<'_>, Reject> {
    if token.len() > MAX_TOKEN {
        return Err(Reject("token: longer than 16 KiB"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(NOT_A_JWS)?;
    let (header, claims) = signed.split_once('.').ok_or(NOT_A_JWS)?;
    if claims.contains('.') {
        return Err(NOT_A_JWS);
    }
    let header = Header::read(&object(&decode(header)?)?)?;
    let signature = decode(signature)?;
    if signature.is_empty() {
        return Err(Reject("signature: empty"));
    }
    Ok(Jws {
        header,
        claims: object(&decode(claims)?)?,
        signed,
        signature,
    })
}

const NOT_A_JWS: Reject = Reject("token: not a signed JWT in compact form");

/// Unpadded base64url in its canonical form, so that one token has one spelling (and one cache key).
pub(crate) fn decode(part: &str) -> Result<Vec<u8>, Reject> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| Reject("token: a part is not canonical base64url"))
}

/// A JSON object in which no object, at any depth, has two members of the same name.
pub(crate) fn object(json: &[u8]) -> Result<Map<String, Value>, Reject> {
    // A pass of its own: how `Value` reads numbers depends on features that any crate can turn on.
    let mut unique = serde_json::Deserializer::from_slice(json);
    Unique(MAX_DEPTH)
        .deserialize(&mut unique)
        .and_then(|()| unique.end())
        .map_err(|_| Reject("JSON: malformed, too deep, or a member appears twice"))?;
    serde_json::from_slice(json).map_err(|_| Reject("JSON: not an object"))
}

impl Header {
    fn read(header: &Map<String, Value>) -> Result<Self, Reject> {
        // We understand no extension, so a critical one cannot be honoured (RFC 7515 section 4.1.11).
        for name in ["crit", "b64", "zip", "cty"] {
            if header.contains_key(name) {
                return Err(Reject("header: `crit`, `b64`, `zip` or `cty` is present"));
            }
        }
        // A token must not bring the key that verifies it, or say where to fetch it.
        for name in ["jku", "jwk", "x5u", "x5c"] {
            if header.contains_key(name) {
                return Err(Reject(
                    "header: the token names its own key (`jku`, `jwk`, `x5u` or `x5c`)",
                ));
            }
        }
        let algorithm = header
            .get("alg")
            .and_then(Value::as_str)
            .and_then(Algorithm::from_name);
        Ok(Self {
            algorithm: algorithm.ok_or(Reject(
                "alg: missing, or not an asymmetric signature algorithm",
            ))?,
            kid: kid(header.get("kid"))?,
            typ: typ(header.get("typ"))?,
        })
    }
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
        _ => Err(Reject("typ: a token of another kind (not `at+jwt`)")),
    }
}

/// Walks a document and fails on the second member of the same (decoded) name.
struct Unique(u8);

impl Unique {
    fn inner<E: serde::de::Error>(&self) -> Result<Self, E> {
        self.0
            .checked_sub(1)
            .map(Self)
            .ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, document: D) -> Result<(), D::Error> {
        document.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name) {
                return Err(serde::de::Error::custom("duplicate"));
            }
            map.next_value_seed(self.inner()?)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(self.inner()?)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_appears_once_at_every_depth() {
        assert!(object(br#"{"a":[{"b":1},{"b":2}],"c":{"b":null}}"#).is_ok());
        for json in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"a":1}}"#,
            r#"{"x":[{"a":1,"a":1}]}"#,
            r#"{"a":1} "#.trim_end().to_owned().as_str().trim_end_matches('}'),
            r#"{"a":1}{"b":2}"#,
            "[1]",
            "null",
            "",
            "\u{feff}{}",
        ] {
            assert!(object(json.as_bytes()).is_err(), "{json}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested =
            |depth: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert!(object(nested(20).as_bytes()).is_ok());
        assert!(object(nested(100).as_bytes()).is_err());
        assert!(object(nested(100_000).as_bytes()).is_err());
    }

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
            "token-introspection+jwt",
            "client-authentication+jwt",
            "application/application/at+jwt",
        ] {
            assert!(typ(Some(&text.into())).is_err(), "{text}");
        }
        assert!(typ(Some(&Value::Null)).is_err());
    }

    #[test]
    fn a_jwt_by_its_look_alone() {
        assert!(looks_like_jwt("eyJ.x.y"));
        assert!(looks_like_jwt("eyJ.a.b.c.d"));
        assert!(!looks_like_jwt("opaque"));
        assert!(!looks_like_jwt("v2.local.payload"));
    }
}
