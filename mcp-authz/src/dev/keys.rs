//! The signing keys: ES256, made at the start, never stored.

use std::sync::{PoisonError, RwLock};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Map, Value};

use super::error::Error;

/// The `typ` of a JWT access token (RFC 9068 §2.1).
pub(super) const ACCESS_TOKEN: &str = "at+jwt";
pub(super) const ID_TOKEN: &str = "JWT";
/// That of a signed answer to a question about a token (RFC 9701 §5).
pub(super) const INTROSPECTION: &str = "token-introspection+jwt";

/// How many former keys stay published.
const KEPT: usize = 4;

/// The current key, then the ones before it.
pub(super) struct KeyRing(RwLock<Vec<Key>>);

struct Key {
    private: EncodingKey,
    public: Jwk,
}

impl KeyRing {
    pub(super) fn new() -> Result<Self, Error> {
        // Explicit, since another crate of the program may have turned on a second provider. An
        // error says that one is installed already.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        Ok(Self(RwLock::new(vec![Key::generate()?])))
    }

    /// Signs with a new key from now on.
    pub(super) fn rotate(&self) -> Result<(), Error> {
        let key = Key::generate()?;
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(0, key);
        keys.truncate(1 + KEPT);
        Ok(())
    }

    /// Publishes the current key alone.
    pub(super) fn forget_old(&self) {
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        keys.truncate(1);
    }

    pub(super) fn published(&self) -> JwkSet {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        JwkSet {
            keys: keys.iter().map(|key| key.public.clone()).collect(),
        }
    }

    pub(super) fn sign(&self, typ: &str, claims: &Map<String, Value>) -> Result<String, Error> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys
            .first()
            .ok_or_else(|| Error::Signing("no key".into()))?;
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(typ.to_owned());
        header.kid = key.public.common.key_id.clone();
        jsonwebtoken::encode(&header, claims, &key.private).map_err(Error::signing)
    }

    /// The claims of an access token that one of these keys signed for `issuer` and that has not
    /// ended at `now`.
    pub(super) fn verify_access_token(
        &self,
        token: &str,
        issuer: &str,
        now: u64,
    ) -> Option<Map<String, Value>> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.typ.as_deref() != Some(ACCESS_TOKEN) {
            return None;
        }
        let key = DecodingKey::from_jwk(self.published().find(&header.kid?)?).ok()?;
        let mut validation = Validation::new(Algorithm::ES256);
        // By the provider's own clock, which may be a test's.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["iss", "exp"]);
        let decoded = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation);
        let claims = decoded.ok()?.claims;
        let ends = claims.get("exp").and_then(Value::as_u64)?;
        (now < ends).then_some(claims)
    }
}

impl Key {
    fn generate() -> Result<Self, Error> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::generate(algorithm).map_err(Error::signing)?;
        let document = pair.to_pkcs8v1().map_err(Error::signing)?;
        let private = EncodingKey::from_ec_der(document.as_ref());
        let public = Jwk::from_encoding_key(&private, Algorithm::ES256);
        let mut public = public.map_err(Error::signing)?;
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        public.common.key_algorithm = Some(KeyAlgorithm::ES256);
        let thumbprint = public.thumbprint(ThumbprintHash::SHA256);
        public.common.key_id = Some(thumbprint.map_err(Error::signing)?);
        Ok(Self { private, public })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ISSUER: &str = "http://127.0.0.1:1";
    const NOW: u64 = 1_000_000_000;

    fn claims(expires: u64) -> Map<String, Value> {
        let claims = json!({ "iss": ISSUER, "exp": expires, "sub": "alice" });
        claims.as_object().unwrap().clone()
    }

    #[test]
    fn a_forgotten_key_no_longer_verifies() {
        let keys = KeyRing::new().unwrap();
        let token = keys.sign(ACCESS_TOKEN, &claims(u64::MAX)).unwrap();
        keys.rotate().unwrap();
        assert!(keys.verify_access_token(&token, ISSUER, NOW).is_some());
        keys.forget_old();
        assert!(keys.verify_access_token(&token, ISSUER, NOW).is_none());
    }

    #[test]
    fn only_live_access_tokens_of_this_issuer_verify() {
        let keys = KeyRing::new().unwrap();
        let id_token = keys.sign(ID_TOKEN, &claims(u64::MAX)).unwrap();
        let ended = keys.sign(ACCESS_TOKEN, &claims(NOW)).unwrap();
        let good = keys.sign(ACCESS_TOKEN, &claims(u64::MAX)).unwrap();
        assert!(keys.verify_access_token(&id_token, ISSUER, NOW).is_none());
        assert!(keys.verify_access_token(&ended, ISSUER, NOW).is_none());
        assert!(
            keys.verify_access_token(&good, "http://127.0.0.1:2", NOW)
                .is_none()
        );
        assert!(keys.verify_access_token(&good, ISSUER, NOW).is_some());
    }

    #[test]
    fn the_published_keys_are_public_and_complete() {
        let keys = serde_json::to_value(KeyRing::new().unwrap().published()).unwrap();
        let key = &keys["keys"][0];
        assert_eq!((&key["kty"], &key["crv"]), (&json!("EC"), &json!("P-256")));
        assert_eq!((&key["use"], &key["alg"]), (&json!("sig"), &json!("ES256")));
        assert!(key["kid"].is_string() && key.get("d").is_none());
    }
}
