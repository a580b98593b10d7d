//! Signed assertions that prove who a client is (RFC 7523 §2.2, `private_key_jwt`).

use std::fmt;
use std::time::SystemTime;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, RsaEncoding, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Map, Value};
use zeroize::Zeroize as _;

use super::Algorithm;

/// How long an assertion is good, in seconds: it is used at once.
const LIFETIME: u64 = 60;

/// A private key with the one algorithm that it is used for.
pub(super) struct SigningKey {
    algorithm: Algorithm,
    pair: KeyPair,
}

enum KeyPair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
}

impl SigningKey {
    /// Reads an unencrypted PKCS#8 key. From then on it lives in aws-lc, which wipes what it frees.
    pub(super) fn from_pem(algorithm: Algorithm, pem: &[u8]) -> Result<Self, &'static str> {
        let mut der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(
            |_| "its key is not PKCS#8 in PEM: convert it with `openssl pkcs8 -topk8 -nocrypt`",
        )?;
        let pair = KeyPair::read(algorithm, der.secret_pkcs8_der());
        der.zeroize();
        let pair = pair.ok_or("its key does not fit its algorithm")?;
        Ok(Self { algorithm, pair })
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// An assertion of `client` for `audience`.
    pub(super) fn assertion(
        &self,
        client: &str,
        key_id: Option<&str>,
        audience: &str,
        now: SystemTime,
    ) -> Option<String> {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
        let mut id = [0; 16];
        aws_lc_rs::rand::fill(&mut id).ok()?;
        let mut header = Map::new();
        header.insert("alg".to_owned(), self.algorithm.name().into());
        header.insert("typ".to_owned(), "JWT".into());
        if let Some(key_id) = key_id {
            header.insert("kid".to_owned(), key_id.into());
        }
        let claims: Map<String, Value> = [
            ("iss", client.into()),
            ("sub", client.into()),
            ("aud", audience.into()),
            ("iat", now.into()),
            ("exp", (now + LIFETIME).into()),
            ("jti", URL_SAFE_NO_PAD.encode(id).into()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        let part = |object| URL_SAFE_NO_PAD.encode(Value::Object(object).to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.pair.sign(signed.as_bytes())?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl KeyPair {
    fn read(algorithm: Algorithm, der: &[u8]) -> Option<Self> {
        use signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING};
        let ecdsa = |kind| EcdsaKeyPair::from_pkcs8(kind, der).ok().map(Self::Ecdsa);
        let rsa = |encoding: &'static dyn RsaEncoding| {
            let pair = RsaKeyPair::from_pkcs8(der).ok()?;
            Some(Self::Rsa(pair, encoding))
        };
        match algorithm {
            Algorithm::Es256 => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::Es384 => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(der).ok().map(Self::Ed25519),
            Algorithm::Ps256 => rsa(&signature::RSA_PSS_SHA256),
            Algorithm::Ps384 => rsa(&signature::RSA_PSS_SHA384),
            Algorithm::Ps512 => rsa(&signature::RSA_PSS_SHA512),
            Algorithm::Rs256 => rsa(&signature::RSA_PKCS1_SHA256),
            Algorithm::Rs384 => rsa(&signature::RSA_PKCS1_SHA384),
            Algorithm::Rs512 => rsa(&signature::RSA_PKCS1_SHA512),
        }
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::Ecdsa(pair) => Some(pair.sign(&random, message).ok()?.as_ref().to_vec()),
            Self::Ed25519(pair) => Some(pair.sign(message).as_ref().to_vec()),
            Self::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature)
                    .ok()?;
                Some(signature)
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [redacted]", self.algorithm)
    }
}
