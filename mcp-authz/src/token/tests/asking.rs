//! One question for all who wait, and what is remembered of the answer.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::opaque_support::{INTROSPECT, TOKEN, USERINFO, auth, introspecting, introspecting_with};
use super::support::{Fixture, assert_unavailable, refusal};
use crate::token::asking::REFUSED_FOR;
use crate::token::{Introspection, Userinfo};

fn caching(seconds: u64) -> impl FnOnce(Introspection) -> Introspection {
    move |how| how.cache_for(Duration::from_secs(seconds))
}

#[tokio::test]
async fn an_answer_is_believed_for_a_while() {
    let it = introspecting_with(caching(30), |issuer| issuer).await;
    assert!(it.cached(TOKEN).is_none());
    it.verify(TOKEN).await.unwrap();
    it.says(&it.active_with("active", &Some(json!(false))));
    it.advance(29);
    assert_eq!(it.cached(TOKEN).unwrap().subject(), Some("alice"));
    assert!(it.verify(TOKEN).await.is_ok());
    assert_eq!(it.asked(INTROSPECT), 1);
    it.advance(1);
    assert!(it.cached(TOKEN).is_none());
    refusal("revoked", it.verify(TOKEN).await);
    assert_eq!(it.asked(INTROSPECT), 2);
}

#[tokio::test]
async fn an_answer_is_never_believed_beyond_the_token_s_end() {
    let it = introspecting().await;
    it.says(&it.active_with("exp", &Some(json!(it.seconds(-40)))));
    it.verify(TOKEN).await.unwrap();
    it.advance(19);
    assert!(it.cached(TOKEN).is_some());
    it.advance(1);
    assert!(it.cached(TOKEN).is_none());
}

#[tokio::test]
async fn a_refusal_is_remembered_for_a_moment() {
    let it = introspecting().await;
    it.says(&it.active_with("active", &Some(json!(false))));
    refusal("inactive", it.verify(TOKEN).await);
    it.says(&it.active());
    refusal("inactive", it.verify(TOKEN).await);
    assert_eq!(it.asked(INTROSPECT), 1);
    it.advance(REFUSED_FOR.as_secs());
    assert!(it.verify(TOKEN).await.is_ok());
}

#[tokio::test]
async fn zero_asks_every_time() {
    let it = introspecting_with(caching(0), |issuer| issuer).await;
    for times in 1..=3 {
        it.verify(TOKEN).await.unwrap();
        assert!(it.cached(TOKEN).is_none());
        assert_eq!(it.asked(INTROSPECT), times);
    }
}

#[tokio::test]
async fn trouble_is_never_remembered() {
    let it = introspecting().await;
    it.issuer.page(INTROSPECT, 503, "");
    for _ in 0..3 {
        assert_unavailable(it.verify(TOKEN).await);
    }
    assert_eq!(it.asked(INTROSPECT), 3);
    it.says(&it.active());
    assert!(it.verify(TOKEN).await.is_ok());
}

/// A hundred requests at once with the issuer's door closed, then open.
async fn a_hundred_at_once(it: &Arc<Fixture>, tokens: usize) -> usize {
    it.issuer.open(false);
    let all = (0..100).map(|number| {
        let it = Arc::clone(it);
        tokio::spawn(async move { it.verify(&format!("{TOKEN}-{}", number % tokens)).await })
    });
    let all: Vec<_> = all.collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    it.issuer.open(true);
    let outcomes = join_all(all).await;
    outcomes
        .into_iter()
        .filter(|outcome| outcome.as_ref().unwrap().is_ok())
        .count()
}

#[tokio::test]
async fn a_hundred_requests_with_one_token_ask_once() {
    let it = Arc::new(introspecting().await);
    assert_eq!(a_hundred_at_once(&it, 1).await, 100);
    assert_eq!(it.asked(INTROSPECT), 1);
    assert_eq!(it.asked("/.well-known/oauth-authorization-server"), 1);
    assert_eq!(a_hundred_at_once(&it, 4).await, 100);
    assert_eq!(it.asked(INTROSPECT), 4);
}

#[tokio::test]
async fn a_flood_of_invented_tokens_is_no_flood_at_the_issuer() {
    let it = Arc::new(introspecting().await);
    it.issuer.open(false);
    let flood = (0..400).map(|number| {
        let it = Arc::clone(&it);
        tokio::spawn(async move { it.verify(&format!("invented-{number}")).await })
    });
    let flood: Vec<_> = flood.collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    it.issuer.open(true);
    let outcomes = join_all(flood).await;
    let asked = outcomes
        .iter()
        .filter(|outcome| outcome.as_ref().unwrap().is_ok())
        .count();
    assert_eq!((asked, it.asked(INTROSPECT)), (256, 256));
}

#[tokio::test]
async fn a_caller_who_hangs_up_takes_the_answer_from_nobody() {
    let it = Arc::new(introspecting().await);
    it.issuer.open(false);
    let impatient = tokio::time::timeout(Duration::from_millis(100), it.verify(TOKEN)).await;
    assert!(impatient.is_err());
    let patient = tokio::spawn({
        let it = Arc::clone(&it);
        async move { it.verify(TOKEN).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    it.issuer.open(true);
    assert!(patient.await.unwrap().is_ok());
    assert_eq!(it.asked(INTROSPECT), 1);
}

#[tokio::test]
async fn what_is_evicted_is_asked_about_again() {
    let it = introspecting().await;
    let cache = it.verifiers.token_cache();
    it.verify(TOKEN).await.unwrap();
    it.says(&it.active_with("active", &Some(json!(false))));
    cache.evict("another");
    cache.evict_subject(&it.issuer.identifier, "bob");
    cache.evict_subject("https://elsewhere.example.com", "alice");
    assert!(it.cached(TOKEN).is_some());
    cache.evict(TOKEN);
    assert!(it.cached(TOKEN).is_none());
    refusal("revoked", it.verify(TOKEN).await);
    it.says(&it.active());
    cache.evict(TOKEN);
    it.verify(TOKEN).await.unwrap();
    cache.evict_subject(&it.issuer.identifier, "alice");
    assert!(it.cached(TOKEN).is_none());
    let jwt = it.token();
    it.verify(&jwt).await.unwrap();
    cache.evict(&jwt);
    assert!(it.cached(&jwt).is_none());
    assert!(
        it.verify(&jwt).await.is_ok(),
        "a signed token is only verified again"
    );
    assert_eq!(format!("{cache:?}"), "TokenCache { .. }");
}

#[tokio::test]
async fn an_answer_from_before_an_eviction_is_not_remembered() {
    for by_subject in [false, true] {
        let it = Arc::new(introspecting().await);
        it.verify("warm").await.unwrap();
        it.issuer.open(false);
        let before = tokio::spawn({
            let it = Arc::clone(&it);
            async move { it.verify(TOKEN).await }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        let cache = it.verifiers.token_cache();
        match by_subject {
            true => cache.evict_subject(&it.issuer.identifier, "alice"),
            false => cache.evict(TOKEN),
        }
        let after = tokio::spawn({
            let it = Arc::clone(&it);
            async move { it.verify(TOKEN).await }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        it.issuer.open(true);
        assert!(before.await.unwrap().is_ok() && after.await.unwrap().is_ok());
        assert_eq!(it.asked(INTROSPECT), 3, "who came later asked anew");
    }
}

#[tokio::test]
async fn tokens_are_told_apart_and_so_are_issuers() {
    let it = introspecting().await;
    it.verify(TOKEN).await.unwrap();
    for other in [
        "opaque-toke",
        "opaque-token=",
        "Opaque-token",
        "opaque-token ",
    ] {
        assert!(it.cached(other).is_none(), "{other}");
    }
}

#[tokio::test]
async fn enrichment_ends_with_the_token_it_belongs_to() {
    let it = Fixture::with(|issuer| {
        issuer
            .introspection(auth())
            .userinfo(Userinfo::new().cache_for(Duration::from_secs(300)))
    })
    .await;
    it.says(&it.active());
    it.knows(&json!({"sub": "alice", "email": "alice@example.com"}));
    it.verify(TOKEN).await.unwrap();
    assert_eq!(
        it.cached(TOKEN).unwrap().claims()["email"],
        "alice@example.com"
    );
    it.advance(60);
    assert!(
        it.cached(TOKEN).is_none(),
        "introspection is asked again first"
    );
    it.says(&it.active_with("active", &Some(json!(false))));
    refusal("revoked", it.verify(TOKEN).await);
    assert_eq!(it.asked(USERINFO), 1);
}
