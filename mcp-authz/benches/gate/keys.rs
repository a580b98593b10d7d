//! An issuer with a key of each kind, which the development provider does not have.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair as _,
};
use axum::{Json, Router, routing::get};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use mcp_authz::Issuer;
use serde_json::json;
use tokio::net::TcpListener;

use crate::servers::RESOURCE;

/// A key and its name in the table.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) algorithm: Algorithm,
    private: EncodingKey,
    pub(crate) public: Jwk,
    /// The public half as aws-lc-rs wants it.
    pub(crate) raw: Vec<u8>,
}

/// An issuer that has nothing but keys.
pub(crate) struct Keys {
    issuer: String,
    pub(crate) all: Vec<Key>,
}

impl Keys {
    /// Serves the public halves on loopback.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let all = vec![
            Key::ec("ES256", Algorithm::ES256, &ECDSA_P256_SHA256_FIXED_SIGNING),
            Key::ec("ES384", Algorithm::ES384, &ECDSA_P384_SHA384_FIXED_SIGNING),
            Key::rsa("RS256, 2048 bits", Algorithm::RS256),
        ];
        let keys = all.iter().map(|key| key.public.clone()).collect();
        let set = JwkSet { keys };
        let router = Router::new().route("/jwks", get(move || async move { Json(set) }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { issuer, all }
    }

    pub(crate) fn issuer(&self) -> Issuer {
        Issuer::new(&self.issuer).jwks_uri(format!("{}/jwks", self.issuer))
    }

    /// A token of a person whose name is a number.
    pub(crate) fn sign(&self, key: &Key, person: usize) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let mut header = Header::new(key.algorithm);
        header.typ = Some("at+jwt".into());
        header.kid.clone_from(&key.public.common.key_id);
        let claims = json!({
            "iss": self.issuer,
            "sub": format!("user-{person}"),
            "aud": RESOURCE,
            "client_id": "smartmail",
            "scope": "math profile email",
            "iat": now.as_secs(),
            "exp": now.as_secs() + 3600,
            "jti": format!("{:032x}", now.as_nanos()),
        });
        jsonwebtoken::encode(&header, &claims, &key.private).unwrap()
    }
}

impl Key {
    fn ec(name: &'static str, algorithm: Algorithm, curve: &'static EcdsaSigningAlgorithm) -> Self {
        let pair = EcdsaKeyPair::generate(curve).unwrap();
        let private = EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref());
        Self::new(name, algorithm, private, pair.public_key().as_ref())
    }

    fn rsa(name: &'static str, algorithm: Algorithm) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let document = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        // jsonwebtoken wants the PKCS #1 key inside, behind 26 bytes that say what it is.
        let private = EncodingKey::from_rsa_der(&document.as_ref()[26..]);
        Self::new(name, algorithm, private, pair.public_key().as_ref())
    }

    fn new(name: &'static str, algorithm: Algorithm, private: EncodingKey, raw: &[u8]) -> Self {
        let mut public = Jwk::from_encoding_key(&private, algorithm).unwrap();
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        public.common.key_id = Some(name.to_owned());
        Self {
            name,
            algorithm,
            private,
            public,
            raw: raw.to_vec(),
        }
    }
}
