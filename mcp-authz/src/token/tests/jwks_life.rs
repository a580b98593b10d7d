//! Rotation, removal, floods, hang-ups and outages, counted at the issuer.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::support::{FakeIssuer, Fixture, Signer, assert_unavailable, claims, refusal, verifiers};
use crate::auth_info::AuthInfo;
use crate::bearer::BearerToken;
use crate::clock::TestClock;
use crate::token::provider::{FRESH, KID_COOLDOWN, MAX_AGE, MAX_STALE};
use crate::token::{Issuer, VerifyError};

/// A token under another key.
fn token_by(it: &Fixture, signer: &Signer, kid: &str) -> String {
    let mut header = it.header();
    header.insert("kid".to_owned(), kid.into());
    signer.token_of(&json!(header).to_string(), &json!(it.claims()).to_string())
}

/// Waits for a refresh in the background: until the issuer has been asked `hits` times, and a
/// moment for the answer to land.
async fn settled(it: &Fixture, hits: usize) {
    for _ in 0..500 {
        if it.issuer.hits_of("/jwks") >= hits {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(it.issuer.hits_of("/jwks"), hits);
}

#[tokio::test]
async fn a_hundred_cold_requests_make_one_discovery_and_one_key_fetch() {
    let it = Arc::new(Fixture::new().await);
    it.issuer.open(false);
    let token = it.token();
    let all = (0..100).map(|_| {
        let (it, token) = (Arc::clone(&it), token.clone());
        tokio::spawn(async move { it.verify(&token).await.is_ok() })
    });
    let all: Vec<_> = all.collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    it.issuer.open(true);
    assert!(
        join_all(all)
            .await
            .into_iter()
            .all(|verified| verified.unwrap())
    );
    assert_eq!(
        it.issuer.hits(),
        ["/.well-known/oauth-authorization-server", "/jwks"]
    );
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_cancel_the_refresh() {
    let it = Fixture::new().await;
    it.issuer.open(false);
    let impatient = tokio::time::timeout(Duration::from_millis(50), it.verify(&it.token())).await;
    assert!(impatient.is_err());
    it.issuer.open(true);
    settled(&it, 1).await;
    assert!(it.verify(&it.token()).await.is_ok());
    assert_eq!(it.issuer.hits_of("/jwks"), 1);
}

#[tokio::test]
async fn a_new_key_is_found_without_a_restart() {
    let it = Fixture::new().await;
    it.verify(&it.token()).await.unwrap();
    let new = Signer::es256();
    it.issuer.keys(&[it.signer.jwk("k1"), new.jwk("k2")]);
    assert!(it.verify(&token_by(&it, &new, "k2")).await.is_ok());
    assert!(it.verify(&it.token()).await.is_ok());
    assert_eq!(it.issuer.hits_of("/jwks"), 2);
    assert_eq!(it.issuer.hits().len(), 3, "the metadata is read once");
}

#[tokio::test]
async fn unknown_kids_cost_one_fetch_per_cooldown() {
    let it = Fixture::new().await;
    it.verify(&it.token()).await.unwrap();
    let flood = async || {
        let tokens: Vec<_> = (0..50)
            .map(|n| token_by(&it, &it.signer, &format!("x{n}")))
            .collect();
        for outcome in join_all(tokens.iter().map(|token| it.verify(token))).await {
            let told = refusal("flood", outcome);
            assert!(
                told.starts_with("kid: the issuer has no such key: x"),
                "{told}"
            );
        }
    };
    flood().await;
    flood().await;
    assert_eq!(it.issuer.hits_of("/jwks"), 2);
    it.clock.advance(KID_COOLDOWN);
    flood().await;
    assert_eq!(it.issuer.hits_of("/jwks"), 3);
    assert!(it.verify(&it.token()).await.is_ok());
}

#[tokio::test]
async fn a_removed_key_stops_verifying_also_for_tokens_seen_before() {
    let it = Fixture::new().await;
    let token = it.token();
    it.verify(&token).await.unwrap();
    it.issuer.keys(&[Signer::es256().jwk("k2")]);
    assert!(it.cached(&token).is_some());
    it.clock.advance(FRESH + Duration::from_secs(1));
    assert!(
        it.cached(&token).is_none(),
        "an aged key set is never used unasked"
    );
    it.verify(&token).await.unwrap();
    settled(&it, 2).await;
    assert!(it.cached(&token).is_none());
    assert_eq!(
        refusal("removed", it.verify(&token).await),
        "kid: the issuer has no such key: k1"
    );
}

#[tokio::test]
async fn after_a_pause_the_issuer_is_asked_before_a_key_is_used() {
    let it = Fixture::new().await;
    let token = it.token();
    it.verify(&token).await.unwrap();
    it.issuer.keys(&[Signer::es256().jwk("k1")]);
    it.clock.advance(MAX_AGE + Duration::from_secs(1));
    assert_eq!(
        refusal("replaced", it.verify(&token).await),
        "signature: does not verify"
    );
}

#[tokio::test]
async fn a_key_replaced_under_its_name_is_another_key() {
    let it = Fixture::new().await;
    let token = it.token();
    it.verify(&token).await.unwrap();
    it.issuer.keys(&[Signer::es256().jwk("k1")]);
    let unknown = token_by(&it, &it.signer, "x");
    refusal("unknown", it.verify(&unknown).await);
    assert!(it.cached(&token).is_none());
    assert_eq!(
        refusal("replaced", it.verify(&token).await),
        "signature: does not verify"
    );
}

#[tokio::test]
async fn an_outage_is_bridged_for_an_hour_and_then_answered_with_503() {
    let it = Fixture::new().await;
    let token = it.token();
    it.verify(&token).await.unwrap();
    it.issuer.down(true);
    it.clock.advance(MAX_AGE + Duration::from_secs(1));
    assert!(it.verify(&token).await.is_ok(), "stale keys serve");
    let asked = it.issuer.hits_of("/jwks");
    for _ in 0..20 {
        assert!(it.verify(&token).await.is_ok());
    }
    assert_eq!(
        it.issuer.hits_of("/jwks"),
        asked,
        "failures are not repeated at once"
    );

    it.clock.advance(MAX_STALE - MAX_AGE);
    assert_unavailable(it.verify(&token).await);
    assert!(it.cached(&token).is_none());
    let mut expired = it.claims();
    expired.insert("exp".to_owned(), it.seconds(-61).into());
    refusal(
        "expired",
        it.verify(&it.signed(&it.header(), &expired)).await,
    );

    it.issuer.down(false);
    it.advance(120);
    assert!(it.verify(&token).await.is_ok(), "it is up again");
    assert!(it.cached(&token).is_some());
}

#[tokio::test]
async fn in_an_outage_an_unknown_key_is_no_401() {
    let it = Fixture::new().await;
    it.verify(&it.token()).await.unwrap();
    it.issuer.down(true);
    let new = Signer::es256();
    it.issuer.keys(&[it.signer.jwk("k1"), new.jwk("k2")]);
    let token = token_by(&it, &new, "k2");
    assert_unavailable(it.verify(&token).await);
    it.issuer.down(false);
    // Whoever is refused is told when it is worth another try.
    let Err(VerifyError::Unavailable { retry_after, .. }) = it.verify(&token).await else {
        panic!("not an outage");
    };
    assert!(retry_after <= KID_COOLDOWN, "{retry_after:?}");
    it.clock.advance(retry_after - Duration::from_millis(1));
    assert_unavailable(it.verify(&token).await);
    it.clock.advance(Duration::from_millis(1));
    assert!(it.verify(&token).await.is_ok());
}

#[tokio::test]
async fn a_cold_outage_is_503_with_a_growing_pause() {
    let it = Fixture::new().await;
    it.issuer.down(true);
    for _ in 0..10 {
        assert_unavailable(it.verify(&it.token()).await);
    }
    assert_eq!(it.issuer.hits().len(), 1);
    it.advance(2);
    assert_unavailable(it.verify(&it.token()).await);
    it.advance(1);
    assert_unavailable(it.verify(&it.token()).await);
    assert_eq!(it.issuer.hits().len(), 2);
    it.issuer.down(false);
    it.advance(60);
    assert!(
        it.verify(&it.token()).await.is_ok(),
        "unavailable is never remembered"
    );
}

#[tokio::test]
async fn nobody_listens_is_an_outage() {
    let clock = Arc::new(TestClock::new());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let identifier = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let verifiers = verifiers(vec![Issuer::new(&identifier)], &clock);
    let header = r#"{"alg":"ES256","typ":"at+jwt","kid":"k1"}"#;
    let token = Signer::es256().token_of(header, &json!(claims(&identifier, &clock)).to_string());
    assert_unavailable(verifiers.verify(&BearerToken::new(token)).await);
    assert_eq!(verifiers.warm_up().await.unreachable.len(), 1);
}

/// What goes wrong with the key set alone: old keys serve on, and nothing of the new is used.
#[tokio::test]
async fn a_broken_key_set_is_an_outage() {
    let it = Fixture::new().await;
    let token = it.token();
    it.verify(&token).await.unwrap();
    let many: Vec<_> = (0..101).map(|n| it.signer.jwk(&format!("k{n}"))).collect();
    let elsewhere = FakeIssuer::with_keys(&[it.signer.jwk("k1")]).await;
    it.clock.advance(FRESH);
    for (status, body) in [
        (500, String::new()),
        (503, String::new()),
        (429, String::new()),
        (404, String::new()),
        (204, String::new()),
        (200, "<html>".to_owned()),
        (200, "[]".to_owned()),
        (200, r#"{"keys":{}}"#.to_owned()),
        (200, r#"{"keys":[],"keys":[]}"#.to_owned()),
        (200, json!({ "keys": many }).to_string()),
        (
            200,
            format!(r#"{{"keys":[],"x":"{}"}}"#, "x".repeat(300 * 1024)),
        ),
        (302, elsewhere.at("/jwks")),
    ] {
        match status {
            302 => it.issuer.redirect("/jwks", &body),
            _ => it.issuer.page("/jwks", status, &body),
        }
        it.advance(150);
        let asked = it.issuer.hits_of("/jwks");
        let outcome = it.verify(&token).await;
        assert!(outcome.is_ok(), "{status} {:.40}: {outcome:?}", body);
        settled(&it, asked + 1).await;
    }
    assert!(elsewhere.hits().is_empty(), "a redirect is not followed");
    it.clock.advance(MAX_STALE);
    assert_unavailable(it.verify(&token).await);
}

#[tokio::test]
async fn an_empty_key_set_is_believed() {
    let it = Fixture::new().await;
    it.issuer.keys(&[]);
    let outcome: Result<AuthInfo, VerifyError> = it.verify(&it.token()).await;
    assert_eq!(
        refusal("no keys", outcome),
        "kid: the issuer has no such key: k1"
    );
}

/// The clock of the runtime runs ahead while everyone waits, so five seconds pass at once.
#[tokio::test(start_paused = true)]
async fn an_issuer_that_never_answers_is_an_outage() {
    let it = Fixture::new().await;
    it.issuer.open(false);
    assert_unavailable(it.verify(&it.token()).await);
}
