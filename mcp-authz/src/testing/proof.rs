//! A key of the client's, and proofs that it is held (RFC 9449).

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use crate::dev::Error;

/// The key that the tokens of one caller are bound to.
pub(super) struct ProofKey {
    private: EncodingKey,
    public: Jwk,
    thumbprint: String,
}

impl ProofKey {
    pub(super) fn generate() -> Result<Self, Error> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::generate(algorithm).map_err(Error::signing)?;
        let document = pair.to_pkcs8v1().map_err(Error::signing)?;
        let private = EncodingKey::from_ec_der(document.as_ref());
        let public = Jwk::from_encoding_key(&private, Algorithm::ES256);
        let public = public.map_err(Error::signing)?;
        let thumbprint = public.thumbprint(ThumbprintHash::SHA256);
        Ok(Self {
            thumbprint: thumbprint.map_err(Error::signing)?,
            private,
            public,
        })
    }

    /// What a bound token says in `cnf.jkt`.
    pub(super) fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The proof for one POST of `token` to `uri` (RFC 9449 §4.2).
    pub(super) fn proof(
        &self,
        uri: &str,
        token: &str,
        now: u64,
        nonce: Option<&str>,
    ) -> Result<String, Error> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("dpop+jwt".to_owned());
        header.jwk = Some(self.public.clone());
        let mut id = [0; 16];
        aws_lc_rs::rand::fill(&mut id).map_err(Error::signing)?;
        let mut claims = json!({
            "htm": "POST",
            "htu": uri,
            "iat": now,
            "jti": URL_SAFE_NO_PAD.encode(id),
            "ath": URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())),
        });
        if let (Some(nonce), Some(claims)) = (nonce, claims.as_object_mut()) {
            claims.insert("nonce".to_owned(), nonce.into());
        }
        jsonwebtoken::encode(&header, &claims, &self.private).map_err(Error::signing)
    }
}

/// Tells nothing.
impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofKey")
    }
}
