//! What is asked once, and for how long the answer is believed.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::{INTROSPECT, asking, asking_with, assert_refused, revoke};

#[tokio::test]
async fn a_token_is_asked_about_once_within_its_time() {
    let time = Duration::from_secs(2);
    let (lab, relay) = asking_with(|how| how.cache_for(time), |issuer| issuer).await;
    let token = lab.opaque_token("profile email");
    let before = Instant::now();
    for tool in ["hello", "whoami", "hello"] {
        assert_eq!(lab.call(Some(&token), tool).await.status, 200);
    }
    assert_eq!(lab.call_legacy(Some(&token), "hello").await.status, 200);
    revoke(&lab, &token).await;
    assert_eq!(lab.call(Some(&token), "hello").await.status, 200);
    assert!(before.elapsed() < time, "this machine is too slow");
    assert_eq!((relay.asked(INTROSPECT), lab.ran.times()), (1, 5));
    sleep_until(before + time + Duration::from_secs(1)).await;
    assert_refused(&lab.call(Some(&token), "hello").await, "revoked");
    assert_eq!((relay.asked(INTROSPECT), lab.ran.times()), (2, 5));
}

#[tokio::test]
async fn what_is_evicted_is_asked_about_again() {
    let (lab, relay) = asking().await;
    let tokens = [
        lab.opaque_token("profile"),
        lab.opaque_token("email"),
        lab.opaque_token_of("bob", "smartmail", "profile"),
    ];
    for token in &tokens {
        assert_eq!(lab.call(Some(token), "hello").await.status, 200);
        revoke(&lab, token).await;
        assert_eq!(lab.call(Some(token), "hello").await.status, 200);
    }
    let [first, second, bobs] = &tokens;
    lab.token_cache.evict(first);
    assert_refused(&lab.call(Some(first), "hello").await, "evicted");
    assert_eq!(lab.call(Some(second), "hello").await.status, 200);
    lab.token_cache
        .evict_subject("https://as.example.com", "alice");
    assert_eq!(lab.call(Some(second), "hello").await.status, 200);
    lab.token_cache
        .evict_subject(lab.provider.issuer(), "alice");
    assert_refused(&lab.call(Some(second), "hello").await, "her tokens");
    assert_eq!(lab.call(Some(bobs), "hello").await.text(), "hello bob");
    assert_eq!((relay.asked(INTROSPECT), lab.ran.times()), (5, 9));
}

#[tokio::test]
async fn a_hundred_first_calls_with_one_token_ask_once() {
    let (lab, relay) = asking().await;
    let token = lab.opaque_token("profile email");
    let (lab, token) = (Arc::new(lab), Arc::new(token));
    relay.open(false);
    let call = |_| {
        let (lab, token) = (Arc::clone(&lab), Arc::clone(&token));
        tokio::spawn(async move { lab.call(Some(&token), "hello").await.status })
    };
    let calls: Vec<_> = (0..100).map(call).collect();
    while relay.asked(INTROSPECT) == 0 {
        sleep(Duration::from_millis(10)).await;
    }
    // Time for the others to ask as well, if they did.
    sleep(Duration::from_millis(500)).await;
    relay.open(true);
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
    assert_eq!((relay.asked(INTROSPECT), lab.ran.times()), (1, 100));
}

#[tokio::test]
async fn an_answer_is_not_believed_beyond_the_end_of_the_token() {
    let (lab, relay) = asking_with(|how| how, |issuer| issuer.leeway(Duration::ZERO)).await;
    let token = lab
        .mint("alice", "smartmail", "")
        .lifetime(Duration::from_secs(3));
    let token = token.opaque().unwrap();
    assert_eq!(lab.call(Some(&token), "hello").await.status, 200);
    sleep(Duration::from_millis(3_100)).await;
    assert_refused(&lab.call(Some(&token), "hello").await, "over");
    assert_eq!((relay.asked(INTROSPECT), lab.ran.times()), (2, 1));
}

#[tokio::test]
async fn a_bad_token_that_insists_is_asked_about_once_in_a_while() {
    let (lab, relay) = asking().await;
    for _ in 0..5 {
        assert_refused(&lab.call(Some("invented"), "hello").await, "invented");
    }
    assert_eq!((relay.asked(INTROSPECT), lab.ran.times()), (1, 0));
}
