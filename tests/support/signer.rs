//! Private keys of an issuer, of every kind, and the JWTs that they sign.

use base64url::Engine as _;
use base64url::engine::general_purpose::URL_SAFE_NO_PAD;
use crypto::rand::SystemRandom;
use crypto::rsa::KeySize;
use crypto::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use json::{Value, json};

/// A private key.
pub enum Signer {
    Es256(EcdsaKeyPair),
    Es384(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl Signer {
    pub fn es256() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Self::Es256(pair.expect("a key"))
    }

    pub fn es384() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING);
        Self::Es384(pair.expect("a key"))
    }

    pub fn eddsa() -> Self {
        Self::EdDsa(Ed25519KeyPair::generate().expect("a key"))
    }

    pub fn rsa() -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048);
        Self::Rsa(Box::new(pair.expect("a key")))
    }

    /// The public half, without `alg`.
    pub fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Es256(pair) => ec(kid, "P-256", pair.public_key().as_ref()),
            Self::Es384(pair) => ec(kid, "P-384", pair.public_key().as_ref()),
            Self::EdDsa(pair) => {
                let x = base64url(pair.public_key());
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x })
            }
            Self::Rsa(pair) => {
                let key = pair.public_key();
                let n = base64url(key.modulus().big_endian_without_leading_zero());
                let e = base64url(key.exponent().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "kid": kid, "n": n, "e": e })
            }
        }
    }

    /// Signs bytes; `algorithm` chooses between those of an RSA key.
    pub fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(pair) | Self::Es384(pair) => {
                let signature = pair.sign(&random, message);
                signature.expect("a signature").as_ref().to_vec()
            }
            Self::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair) => {
                let encoding: &'static dyn RsaEncoding = match algorithm {
                    "PS256" => &RSA_PSS_SHA256,
                    "RS512" => &RSA_PKCS1_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(encoding, &random, message, &mut signature);
                signed.expect("a signature");
                signature
            }
        }
    }

    /// A JWT.
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_of(&header.to_string(), &claims.to_string())
    }

    /// Signs texts as they are, for JSON that no serializer would write.
    pub fn token_of(&self, header: &str, claims: &str) -> String {
        let read: Value = json::from_str(header).unwrap_or_default();
        let signed = format!("{}.{}", base64url(header), base64url(claims));
        let algorithm = read["alg"].as_str().unwrap_or_default();
        let signature = self.sign(algorithm, signed.as_bytes());
        format!("{signed}.{}", base64url(signature))
    }
}

fn ec(kid: &str, curve: &str, point: &[u8]) -> Value {
    let (x, y) = point[1..].split_at(point.len() / 2);
    json!({ "kty": "EC", "crv": curve, "kid": kid, "x": base64url(x), "y": base64url(y) })
}

/// Base64url without padding.
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
