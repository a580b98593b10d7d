//! How this server proves who it is when it asks.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::encoding::Pkcs8V1Der;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::opaque_support::{INTROSPECT, TOKEN};
use super::support::{Fixture, Seen};
use crate::token::{Algorithm, ClientAuth};

/// What the issuer sees when this client asks.
async fn seen(auth: ClientAuth) -> (Fixture, Seen) {
    let it = Fixture::with(|issuer| issuer.introspection(auth)).await;
    it.says(&it.active());
    it.verify(TOKEN).await.unwrap();
    let seen = it.issuer.last(INTROSPECT);
    (it, seen)
}

fn member(seen: &Seen, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(seen.body.as_bytes());
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

pub(super) fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}

#[tokio::test]
async fn basic_encodes_both_parts() {
    let (_, seen) = seen(ClientAuth::secret_basic("my:app", "s&e c+r=t:ü")).await;
    let header = seen.headers["authorization"].to_str().unwrap();
    let decoded = STANDARD
        .decode(header.strip_prefix("Basic ").unwrap())
        .unwrap();
    assert_eq!(
        String::from_utf8(decoded).unwrap(),
        "my%3Aapp:s%26e+c%2Br%3Dt%3A%C3%BC"
    );
    assert_eq!(member(&seen, "client_secret"), None);
}

#[tokio::test]
async fn post_puts_both_into_the_form() {
    let (_, seen) = seen(ClientAuth::secret_post("my app", "s&e=c")).await;
    assert_eq!(member(&seen, "client_id").unwrap(), "my app");
    assert_eq!(member(&seen, "client_secret").unwrap(), "s&e=c");
    assert!(!seen.headers.contains_key("authorization"));
}

#[tokio::test]
async fn an_assertion_is_fresh_short_and_for_this_issuer_alone() {
    let pair = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let key = pem(pair.to_pkcs8v1().unwrap().as_ref());
    let auth = ClientAuth::private_key_jwt("mcp-server", Algorithm::Es256, key).key_id("2026");
    let (it, first) = seen(auth.clone()).await;
    let assertion = member(&first, "client_assertion").unwrap();
    assert_eq!(
        member(&first, "client_assertion_type").unwrap(),
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    assert_eq!(member(&first, "client_id").unwrap(), "mcp-server");
    assert_eq!(member(&first, "client_secret"), None);
    let parts: Vec<&str> = assertion.split('.').collect();
    let read = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let (header, claims) = (read(parts[0]), read(parts[1]));
    assert_eq!(
        (&header["alg"], &header["kid"]),
        (&"ES256".into(), &"2026".into())
    );
    assert_eq!(
        (&claims["iss"], &claims["sub"]),
        (&"mcp-server".into(), &"mcp-server".into())
    );
    assert_eq!(claims["aud"], it.issuer.identifier.as_str());
    assert_eq!(claims["exp"].as_i64().unwrap(), it.seconds(60));
    let public = signature::UnparsedPublicKey::new(
        &signature::ECDSA_P256_SHA256_FIXED,
        pair.public_key().as_ref(),
    );
    let signed = format!("{}.{}", parts[0], parts[1]);
    let bytes = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    public.verify(signed.as_bytes(), &bytes).unwrap();
    it.verify("another").await.unwrap();
    let second = read(
        member(&it.issuer.last(INTROSPECT), "client_assertion")
            .unwrap()
            .split('.')
            .nth(1)
            .unwrap(),
    );
    assert_ne!(second["jti"], claims["jti"]);
    let (_, elsewhere) = seen(auth.assertion_audience("https://as.example.com/token")).await;
    let assertion = member(&elsewhere, "client_assertion").unwrap();
    assert_eq!(
        read(assertion.split('.').nth(1).unwrap())["aud"],
        "https://as.example.com/token"
    );
}

#[tokio::test]
async fn every_kind_of_key_signs() {
    let p384 = EcdsaKeyPair::generate(&signature::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let p384 = pem(p384.to_pkcs8v1().unwrap().as_ref());
    let ed25519 = Ed25519KeyPair::generate().unwrap();
    let ed25519 = pem(ed25519.to_pkcs8v1().unwrap().as_ref());
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = rsa.as_der().unwrap();
    let rsa = pem(der.as_ref());
    for (algorithm, key) in [
        (Algorithm::Es384, &p384),
        (Algorithm::EdDsa, &ed25519),
        (Algorithm::Rs256, &rsa),
        (Algorithm::Ps512, &rsa),
    ] {
        let auth = ClientAuth::private_key_jwt("a", algorithm, key.clone());
        assert!(auth.problems().is_empty(), "{algorithm}");
        let (_, seen) = seen(auth).await;
        assert!(member(&seen, "client_assertion").unwrap().len() > 100);
    }
    for (algorithm, key) in [
        (Algorithm::Es256, p384.as_str()),
        (Algorithm::Rs256, &ed25519),
        (Algorithm::Es256, ""),
        (
            Algorithm::Es256,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        ),
        (
            Algorithm::Es256,
            "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----",
        ),
    ] {
        let auth = ClientAuth::private_key_jwt("a", algorithm, key);
        assert_eq!(auth.problems().len(), 1, "{algorithm} {key}");
    }
}

#[test]
fn what_is_missing_is_told_and_what_is_secret_is_not() {
    assert_eq!(ClientAuth::secret_basic("", "").problems().len(), 2);
    assert_eq!(ClientAuth::secret_post("a", "").problems().len(), 1);
    let pair = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let key = pem(pair.to_pkcs8v1().unwrap().as_ref());
    let issuer = crate::Issuer::new("https://as.example.com");
    for auth in [
        ClientAuth::secret_basic("app", "hunter2"),
        ClientAuth::secret_post("app", "hunter2"),
        ClientAuth::private_key_jwt("app", Algorithm::Es256, key.clone()),
    ] {
        let shown = format!("{:?}", issuer.clone().introspection(auth));
        assert!(
            shown.contains("app") && !shown.contains("hunter2"),
            "{shown}"
        );
        assert!(!shown.contains(&key[30..50]), "{shown}");
    }
}
