//! The name of a key: what a token is bound to.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use serde_json::{Map, Value};

use super::super::jose;

/// SHA-256 of a public key in its one canonical form (RFC 7638 §3): `jkt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Thumbprint([u8; SHA256_OUTPUT_LEN]);

impl Thumbprint {
    /// Reads a `jkt` (RFC 9449 §6.1).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        jose::decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Of a key whose members have been read before, so that they are plain base64url.
    pub(crate) fn of(jwk: &Map<String, Value>) -> Option<Self> {
        let member = |name| jwk.get(name).and_then(Value::as_str);
        let required: &[&str] = match member("kty")? {
            "EC" => &["crv", "kty", "x", "y"],
            "OKP" => &["crv", "kty", "x"],
            "RSA" => &["e", "kty", "n"],
            _ => return None,
        };
        // RFC 7638 §3.3: in the order of their names, without white space.
        let members: Option<BTreeMap<_, _>> = required
            .iter()
            .map(|name| Some((*name, member(name)?)))
            .collect();
        let json = serde_json::to_vec(&members?).ok()?;
        digest(&SHA256, &json).as_ref().try_into().ok().map(Self)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is(jwk: &Value, thumbprint: &str) {
        let found = Thumbprint::of(jwk.as_object().unwrap());
        assert!(found.is_some());
        assert_eq!(found, Thumbprint::parse(thumbprint));
    }

    #[test]
    fn the_example_of_rfc_7638() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let jwk = json!({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"});
        is(&jwk, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn the_example_of_rfc_9449() {
        let jwk = json!({
            "kty": "EC", "crv": "P-256",
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
        });
        is(&jwk, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn the_example_of_rfc_8037() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
        is(&jwk, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
