//! What must be accepted, and what becomes of it.

use serde_json::json;

use super::support::{Fixture, RESOURCE, Signer, claims, object};
use crate::token::Issuer;

#[tokio::test]
async fn a_good_token_becomes_its_caller() {
    let it = Fixture::new().await;
    let caller = it.verify(&it.token()).await.unwrap();
    assert_eq!(caller.issuer(), it.issuer.identifier);
    assert_eq!(caller.subject(), Some("alice"));
    assert_eq!(caller.client_id(), Some("smartmail"));
    assert_eq!(caller.audience(), [RESOURCE]);
    assert_eq!(caller.scopes().to_string(), "profile email");
    assert!(caller.expires_at().is_some());
    assert_eq!(caller.claims()["jti"], "1");
}

#[tokio::test]
async fn every_algorithm_verifies_with_its_own_kind_of_key() {
    for (signer, algorithm, own) in [
        (Signer::es256(), "ES256", None),
        (Signer::es384(), "ES384", Some("ES384")),
        (Signer::ed25519(), "EdDSA", None),
        (Signer::ed25519(), "Ed25519", Some("EdDSA")),
        (Signer::rsa(), "RS256", Some("RS256")),
        (Signer::rsa(), "RS512", None),
        (Signer::rsa(), "PS256", None),
    ] {
        let mut it = Fixture::new().await;
        let mut jwk = signer.jwk("k1");
        if let Some(own) = own {
            jwk["alg"] = own.into();
        }
        it.issuer.keys(&[jwk]);
        it.signer = signer;
        let mut header = it.header();
        header.insert("alg".to_owned(), algorithm.into());
        let token = it.signed(&header, &it.claims());
        assert!(it.verify(&token).await.is_ok(), "{algorithm}");
    }
}

#[tokio::test]
async fn forms_that_the_standards_allow() {
    let it = Fixture::new().await;
    for typ in ["AT+JWT", "application/at+jwt", "Application/AT+jwt"] {
        let mut header = it.header();
        header.insert("typ".to_owned(), typ.into());
        assert!(
            it.verify(&it.signed(&header, &it.claims())).await.is_ok(),
            "{typ}"
        );
    }
    for (name, value) in [
        ("aud", json!([RESOURCE])),
        ("aud", json!(["https://other.example.com", RESOURCE])),
        ("exp", json!(it.seconds(60) as f64 + 0.5)),
        ("exp", json!(it.seconds(-59))),
        ("nbf", json!(it.seconds(60))),
        ("iat", json!(it.seconds(60))),
        ("sub", json!("ünïcode|x")),
    ] {
        let mut claims = it.claims();
        claims.insert(name.to_owned(), value.clone());
        assert!(
            it.verify(&it.signed(&it.header(), &claims)).await.is_ok(),
            "{name}: {value}"
        );
    }
    for absent in ["sub", "client_id", "iat", "jti"] {
        let mut claims = it.claims();
        claims.remove(absent);
        assert!(
            it.verify(&it.signed(&it.header(), &claims)).await.is_ok(),
            "no {absent}"
        );
    }
}

#[tokio::test]
async fn a_kid_may_be_missing_while_one_key_would_do() {
    let it = Fixture::new().await;
    let mut header = it.header();
    header.remove("kid");
    it.issuer
        .keys(&[it.signer.jwk("k1"), Signer::ed25519().jwk("k2")]);
    assert!(it.verify(&it.signed(&header, &it.claims())).await.is_ok());
}

#[tokio::test]
async fn plain_jwt_is_an_option_of_the_issuer() {
    let it = Fixture::with(Issuer::accept_typ_jwt).await;
    for typ in [Some("JWT"), Some("jwt"), None] {
        let mut header = it.header();
        match typ {
            Some(typ) => drop(header.insert("typ".to_owned(), typ.into())),
            None => drop(header.remove("typ")),
        }
        let mut claims = it.claims();
        claims.insert("typ".to_owned(), "Bearer".into());
        assert!(
            it.verify(&it.signed(&header, &claims)).await.is_ok(),
            "{typ:?}"
        );
    }
}

#[tokio::test]
async fn an_extra_audience_must_be_listed() {
    let it = Fixture::with(|issuer| issuer.audience("api://mcp")).await;
    let mut claims = it.claims();
    claims.insert("aud".to_owned(), "api://mcp".into());
    assert!(it.verify(&it.signed(&it.header(), &claims)).await.is_ok());
}

#[tokio::test]
async fn scopes_come_from_one_claim_and_odd_shapes_grant_none() {
    let it = Fixture::new().await;
    for (shape, expected) in [
        (json!({"scope": "a b"}), "a b"),
        (json!({"scope": "a  b a"}), "a b"),
        (json!({"scp": "a b"}), "a b"),
        (json!({"scp": ["a", "b"]}), "a b"),
        (json!({"scope": "a", "scp": "b"}), "a"),
        (json!({"scope": "", "scp": "b"}), ""),
        (json!({"scope": null, "scp": "b"}), ""),
        (json!({"scope": ["a"]}), ""),
        (json!({"scope": {"a": true}}), ""),
        (json!({"scope": 7}), ""),
        (json!({"scp": ["a", 7]}), ""),
        (json!({"scp": ["a b"]}), ""),
        (json!({"scope": "a\u{a0}b c"}), "c"),
        (json!({"scope": "a\tb\nc"}), ""),
        (json!({"permissions": ["a"]}), ""),
        (json!({}), ""),
    ] {
        let mut claims = it.claims();
        claims.remove("scope");
        claims.extend(object(shape.clone()));
        let caller = it.verify(&it.signed(&it.header(), &claims)).await.unwrap();
        assert_eq!(caller.scopes().to_string(), expected, "{shape}");
    }
}

#[tokio::test]
async fn another_scope_claim_stands_alone() {
    let it = Fixture::with(|issuer| issuer.scope_claim("permissions")).await;
    let mut claims = it.claims();
    assert!(it.verify(&it.token()).await.unwrap().scopes().is_empty());
    claims.insert("permissions".to_owned(), json!(["mail:send"]));
    let caller = it.verify(&it.signed(&it.header(), &claims)).await.unwrap();
    assert_eq!(caller.scopes().to_string(), "mail:send");
}

#[tokio::test]
async fn a_token_is_verified_once_and_remembered_until_it_ends() {
    let it = Fixture::new().await;
    let mut claims = claims(&it.issuer.identifier, &it.clock);
    claims.insert("exp".to_owned(), it.seconds(100).into());
    let token = it.signed(&it.header(), &claims);
    assert!(it.cached(&token).is_none());
    it.verify(&token).await.unwrap();
    assert_eq!(it.cached(&token).unwrap().subject(), Some("alice"));
    assert!(it.cached(&token[..token.len() - 1]).is_none());
    it.advance(159);
    assert!(it.cached(&token).is_some());
    it.advance(1);
    assert!(it.cached(&token).is_none());
    assert!(it.verify(&token).await.is_err());
}
