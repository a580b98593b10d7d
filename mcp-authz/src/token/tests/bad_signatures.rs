//! Signatures that must not verify: other keys, other bytes, other algorithms, other issuers.

use serde_json::json;

use super::support::{FakeIssuer, Fixture, Signer, b64, claims, refusal, verifiers};
use crate::bearer::BearerToken;
use crate::token::Issuer;

#[tokio::test]
async fn signatures_by_other_keys_and_over_other_bytes() {
    let it = Fixture::new().await;
    let (header, claims) = (
        json!(it.header()).to_string(),
        json!(it.claims()).to_string(),
    );
    let bad = "signature: does not verify";
    let forged = Signer::es256().token_of(&header, &claims);
    assert_eq!(refusal("another key", it.verify(&forged).await), bad);

    let good = it.signer.token_of(&header, &claims);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (_, payload) = signed.split_once('.').unwrap();
    let spaced = b64(header.replace(':', ": "));
    let reencoded = format!("{spaced}.{payload}.{signature}");
    assert_eq!(
        refusal("re-encoded header", it.verify(&reencoded).await),
        bad
    );

    let mut admin = it.claims();
    admin.insert("scope".to_owned(), "admin".into());
    let swapped = format!(
        "{}.{}.{signature}",
        b64(&header),
        b64(json!(admin).to_string())
    );
    assert_eq!(refusal("swapped claims", it.verify(&swapped).await), bad);
}

/// RFC 8725 section 3.1: the algorithm belongs to the key.
#[tokio::test]
async fn algorithms_that_are_not_the_key_s() {
    let mut it = Fixture::new().await;
    let mut rs256 = Signer::rsa().jwk("rs");
    rs256["alg"] = "RS256".into();
    it.issuer.keys(&[rs256, it.signer.jwk("k1")]);
    let mut header = it.header();
    for (kid, alg) in [
        ("rs", "PS256"),
        ("rs", "RS512"),
        ("rs", "ES256"),
        ("k1", "ES384"),
        ("k1", "RS256"),
        ("k1", "EdDSA"),
    ] {
        header.insert("kid".to_owned(), kid.into());
        header.insert("alg".to_owned(), alg.into());
        let reason = refusal(alg, it.verify(&it.signed(&header, &it.claims())).await);
        assert_eq!(reason, "alg: not what the key is for", "{kid} {alg}");
    }
    // An allow-list that leaves the issuer's algorithm out.
    it.signer = Signer::es256();
    let strict = Issuer::new(&it.issuer.identifier).algorithms([crate::Algorithm::Rs256]);
    let verifiers = verifiers(vec![strict], &it.clock);
    let reason = refusal(
        "ES256",
        verifiers.verify(&BearerToken::new(it.token())).await,
    );
    assert_eq!(reason, "alg: not allowed for this issuer");
}

/// The public key as the secret of an HMAC: the classic confusion (CVE-2015-9235 and its kin).
#[tokio::test]
async fn hmac_with_the_public_key() {
    let it = Fixture::new().await;
    let secret = it.signer.jwk("k1").to_string();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let mut header = it.header();
    header.insert("alg".to_owned(), "HS256".into());
    let signed = format!(
        "{}.{}",
        b64(json!(header).to_string()),
        b64(json!(it.claims()).to_string())
    );
    let tag = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
    let reason = refusal("HS256", it.verify(&format!("{signed}.{}", b64(tag))).await);
    assert!(reason.starts_with("alg: missing, or not"), "{reason}");
}

/// RFC 8725 section 3.12: keys of one issuer are no keys of another, even under the same name.
#[tokio::test]
async fn issuers_do_not_share_keys() {
    let first = Fixture::new().await;
    let other_key = Signer::es256();
    let second = FakeIssuer::with_keys(&[other_key.jwk("k1")]).await;
    let both = verifiers(
        vec![
            Issuer::new(&first.issuer.identifier),
            Issuer::new(&second.identifier),
        ],
        &first.clock,
    );
    let header = json!(first.header()).to_string();
    let claims_of = |issuer: &str| json!(claims(issuer, &first.clock)).to_string();
    let verify = async |token: String| both.verify(&BearerToken::new(token)).await;

    let crossed = other_key.token_of(&header, &claims_of(&first.issuer.identifier));
    assert_eq!(
        refusal("crossed", verify(crossed).await),
        "signature: does not verify"
    );
    let crossed = first
        .signer
        .token_of(&header, &claims_of(&second.identifier));
    assert_eq!(
        refusal("crossed", verify(crossed).await),
        "signature: does not verify"
    );
    let own = other_key.token_of(&header, &claims_of(&second.identifier));
    assert_eq!(verify(own).await.unwrap().issuer(), second.identifier);
}

#[tokio::test]
async fn an_unknown_issuer_causes_no_fetch() {
    let it = Fixture::new().await;
    let evil = FakeIssuer::with_keys(&[it.signer.jwk("k1")]).await;
    let mut claims = it.claims();
    claims.insert("iss".to_owned(), evil.identifier.clone().into());
    refusal("evil", it.verify(&it.signed(&it.header(), &claims)).await);
    assert!(evil.hits().is_empty());
    assert!(it.issuer.hits().is_empty());
}
