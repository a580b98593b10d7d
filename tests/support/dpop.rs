//! A client that proves, with every request, that it holds the key of its token (RFC 9449).

use std::time::{SystemTime, UNIX_EPOCH};

use base64url::Engine as _;
use base64url::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use crypto::digest::{SHA256, digest};
use crypto::rand::{SystemRandom, fill};
use crypto::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use json::{Value, json};

/// The key pair of one client.
pub struct ClientKey(EcdsaKeyPair);

impl ClientKey {
    /// A new one, on P-256.
    pub fn generate() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Self(pair.expect("a key"))
    }

    /// The public half.
    pub fn jwk(&self) -> Value {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) })
    }

    /// The private half, for whoever the client trusts with it: PKCS#8 in PEM.
    pub fn pem(&self) -> String {
        let der = self.0.to_pkcs8v1().expect("a key");
        let text = STANDARD.encode(der.as_ref());
        format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
    }

    /// What a token that is bound to this key says in `cnf.jkt` (RFC 7638).
    pub fn thumbprint(&self) -> String {
        let jwk = self.jwk();
        let canonical = format!(
            r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#,
            jwk["x"], jwk["y"]
        );
        hash(&canonical)
    }

    /// A good proof for one request, to be signed, or to be spoilt first.
    pub fn proof(&self, method: &str, url: &str) -> Proof<'_> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let mut id = [0; 16];
        fill(&mut id).expect("random bytes");
        Proof {
            key: self,
            header: json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk() }),
            claims: json!({
                "htm": method,
                "htu": url,
                "iat": now.map(|now| now.as_secs()).unwrap_or_default(),
                "jti": encode(id),
            }),
        }
    }
}

/// A proof in the making.
#[derive(Clone)]
pub struct Proof<'a> {
    key: &'a ClientKey,
    header: Value,
    claims: Value,
}

impl Proof<'_> {
    /// For use with this access token.
    pub fn token(self, token: &str) -> Self {
        self.claim("ath", hash(token))
    }

    /// Sets a member of the header.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    /// Sets a claim.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    /// Leaves a member of the header, or a claim, out.
    pub fn without(mut self, name: &str) -> Self {
        for part in [&mut self.header, &mut self.claims] {
            if let Some(members) = part.as_object_mut() {
                members.remove(name);
            }
        }
        self
    }

    /// `iat`, moved by so many seconds.
    pub fn made(self, seconds: i64) -> Self {
        let made = self.date(seconds);
        self.claim("iat", made)
    }

    /// So many seconds after `iat`.
    pub fn date(&self, seconds: i64) -> i64 {
        self.claims["iat"].as_i64().unwrap_or_default() + seconds
    }

    /// The finished proof.
    pub fn sign(self) -> String {
        let signed = format!(
            "{}.{}",
            encode(self.header.to_string()),
            encode(self.claims.to_string())
        );
        let signature = self.key.0.sign(&SystemRandom::new(), signed.as_bytes());
        format!("{signed}.{}", encode(signature.expect("a signature")))
    }
}

/// Base64url of SHA-256: `ath`, `jkt`, and the challenge of PKCE.
pub fn hash(text: &str) -> String {
    encode(digest(&SHA256, text.as_bytes()))
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
