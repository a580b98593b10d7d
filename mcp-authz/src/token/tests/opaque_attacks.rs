//! Attempts to have an opaque token accepted beyond what its issuer says, and to wear the questions out.

use std::time::Duration;

use serde_json::json;

use super::opaque_support::{TOKEN, USERINFO, auth};
use super::support::{Fixture, refusal};
use crate::token::{Introspection, Userinfo};

/// A server that asks introspection, and userinfo besides.
async fn enriched(introspection: u64, userinfo: u64) -> Fixture {
    let seconds = Duration::from_secs;
    let it = Fixture::with(|issuer| {
        issuer
            .introspection(Introspection::new(auth()).cache_for(seconds(introspection)))
            .userinfo(Userinfo::new().cache_for(seconds(userinfo)))
    })
    .await;
    it.says(&it.active());
    it.knows(&json!({"sub": "alice", "email": "alice@example.com"}));
    it
}

#[tokio::test]
async fn what_introspection_takes_back_does_not_live_on_in_userinfo() {
    for cached in [0, 10] {
        let it = enriched(cached, 300).await;
        let caller = it.verify(TOKEN).await.unwrap();
        assert_eq!(caller.scopes().to_string(), "profile email");
        it.advance(cached);
        it.says(&it.active_with("scope", &Some(json!("profile"))));
        let caller = it.verify(TOKEN).await.unwrap();
        assert_eq!(caller.scopes().to_string(), "profile", "{cached}");
        assert_eq!(caller.claims()["email"], "alice@example.com");
        let known = it.cached(TOKEN);
        assert_eq!(known.is_some(), cached > 0);
        assert!(known.is_none_or(|caller| !caller.has("email")));
    }
}

#[tokio::test]
async fn userinfo_is_believed_no_longer_than_it_asks_for() {
    let it = enriched(300, 10).await;
    it.verify(TOKEN).await.unwrap();
    it.advance(9);
    assert!(it.cached(TOKEN).is_some());
    it.advance(1);
    assert!(it.cached(TOKEN).is_none());
    it.issuer.typed(USERINFO, 401, "application/json", "{}");
    refusal("revoked", it.verify(TOKEN).await);
    assert_eq!(it.asked(USERINFO), 2);
}
