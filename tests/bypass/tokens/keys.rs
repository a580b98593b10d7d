//! Which published keys may verify (RFC 7517 §4, RFC 7518 §6, RFC 8725 §3.4). The tokens are signed
//! with the very keys that must not be used.

use json::{Value, json};
use support::{Signer, base64url};

use super::signatures::padded;
use super::{Desk, set, without};

#[tokio::test]
async fn a_published_key_that_is_not_for_signatures_verifies_nothing() {
    for (what, member, value) in [
        ("for encryption", "use", json!("enc")),
        ("for another use", "use", json!(["sig"])),
        ("for other operations", "key_ops", json!(["encrypt"])),
        ("for no operation", "key_ops", json!([])),
        ("private", "d", json!("AAAA")),
        ("of another alg", "alg", json!("ES384")),
        ("of a symmetric alg", "alg", json!("HS256")),
        ("of an alg for encryption", "alg", json!("ECDH-ES")),
        ("of no alg", "alg", Value::Null),
        ("of another type", "kty", json!("RSA")),
        ("of an unknown type", "kty", json!("XYZ")),
        ("labelled with another curve", "crv", json!("P-384")),
        ("labelled with an unknown curve", "crv", json!("secp256k1")),
        ("off the curve", "y", json!(base64url([7; 32]))),
        ("with an odd name", "kid", json!(["es256"])),
    ] {
        let desk = Desk::publishing(|keys| {
            let spoilt = set(keys.es256.jwk("es256"), member, value);
            vec![spoilt, keys.eddsa.jwk("eddsa")]
        })
        .await;
        desk.refuse(what, &desk.good()).await;
        let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "eddsa" });
        let other = desk.keys.eddsa.token(&header, &desk.claims());
        desk.accept("the other key", &other).await;
    }
}

#[tokio::test]
async fn a_published_secret_verifies_nothing() {
    let secret = b"a-secret-that-everybody-can-read";
    let oct = json!({ "kty": "oct", "kid": "oct", "k": base64url(secret), "alg": "HS256" });
    let desk = Desk::publishing(|keys| vec![oct, keys.es256.jwk("es256")]).await;
    let signed = desk.signed_part("HS256", "oct");
    let key = crypto::hmac::Key::new(crypto::hmac::HMAC_SHA256, secret);
    let tag = base64url(crypto::hmac::sign(&key, signed.as_bytes()));
    desk.refuse("HS256", &format!("{signed}.{tag}")).await;
    desk.accept("the other key", &desk.good()).await;
}

/// With a public exponent of 1 everybody can sign, whatever the modulus.
#[tokio::test]
async fn an_rsa_key_that_verifies_everything_verifies_nothing() {
    let desk = Desk::publishing(|keys| {
        let one = set(keys.rsa.jwk("one"), "e", "AQ");
        vec![one, keys.es256.jwk("es256")]
    })
    .await;
    let signed = desk.signed_part("RS256", "one");
    let signature = base64url(padded(signed.as_bytes()));
    desk.refuse("e = 1", &format!("{signed}.{signature}")).await;
    desk.accept("the other key", &desk.good()).await;
}

/// A token is bound to one key; "try them all" is nobody's rule.
#[tokio::test]
async fn where_more_than_one_key_would_do_none_does() {
    let other = Signer::es256();
    let desk = Desk::publishing(|keys| {
        let twins = [&keys.es256, &other, &keys.eddsa];
        twins.map(|twin| twin.jwk("twin")).into()
    })
    .await;
    let nameless = without(desk.header(), "kid");
    for signer in [&desk.keys.es256, &other] {
        let twin = set(desk.header(), "kid", "twin");
        desk.refuse("a name of two", &signer.token(&twin, &desk.claims()))
            .await;
        desk.refuse("no name", &signer.token(&nameless, &desk.claims()))
            .await;
    }
    for kid in [json!("twin"), Value::Null] {
        // The only one of its kind: told apart by its type, with or without its name.
        let mut header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid });
        if kid.is_null() {
            header = without(header, "kid");
        }
        let token = desk.keys.eddsa.token(&header, &desk.claims());
        desk.accept(&format!("kid {kid}"), &token).await;
    }
}

/// Rotation takes effect without a restart, and a flood of made-up names costs one question.
#[tokio::test]
async fn a_new_key_works_at_once_and_unknown_ones_cost_nothing() {
    let desk = Desk::open().await;
    desk.accept("before", &desk.good()).await;
    let new = Signer::es256();
    desk.issuer
        .publish(&[desk.keys.es256.jwk("es256"), new.jwk("new")]);
    let header = set(desk.header(), "kid", "new");
    desk.accept("rotated", &new.token(&header, &desk.claims()))
        .await;
    assert_eq!(desk.issuer.asked("/jwks"), 2);
    for number in 0..300 {
        let kid = format!("made-up-{number}");
        desk.refuse(&kid, &desk.header_with("kid", kid.as_str()))
            .await;
    }
    assert_eq!(desk.issuer.asked("/jwks"), 2);
    desk.accept("after", &desk.good()).await;
}
