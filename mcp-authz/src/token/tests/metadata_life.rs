//! Metadata that changes while the server runs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use super::opaque_support::{TOKEN, introspecting};
use super::support::{Fixture, Signer, assert_unavailable};

#[tokio::test]
async fn a_document_that_turns_wrong_later_is_not_used() {
    let it = Fixture::new().await;
    let token = it.token();
    it.verify(&token).await.unwrap();
    let evil = Signer::es256();
    let document = json!({"issuer": "https://evil.example.com", "jwks_uri": it.issuer.at("/evil")});
    it.issuer.page(
        "/.well-known/oauth-authorization-server",
        200,
        &document.to_string(),
    );
    it.issuer
        .page("/evil", 200, &json!({"keys": [evil.jwk("k1")]}).to_string());
    it.advance(3599);
    assert!(it.verify(&token).await.is_ok());
    it.advance(3601);
    assert!(it.verify(&token).await.is_err());
    assert_eq!(it.issuer.hits_of("/evil"), 0);
}

#[tokio::test]
async fn keys_that_move_are_followed() {
    let it = Fixture::new().await;
    it.verify(&it.token()).await.unwrap();
    let new = Signer::es256();
    let document = json!({"issuer": it.issuer.identifier, "jwks_uri": it.issuer.at("/keys/2")});
    let metadata = "/.well-known/oauth-authorization-server";
    it.issuer.page(metadata, 200, &document.to_string());
    let keys = json!({"keys": [it.signer.jwk("k1"), new.jwk("k2")]});
    it.issuer.page("/keys/2", 200, &keys.to_string());
    it.advance(3601);
    assert!(it.verify(&it.token()).await.is_ok());
    assert_eq!(
        it.issuer.hits_of("/keys/2"),
        1,
        "metadata is read again by age"
    );

    // At once, where the old place is gone.
    let document = json!({"issuer": it.issuer.identifier, "jwks_uri": it.issuer.at("/keys/3")});
    it.issuer.page(metadata, 200, &document.to_string());
    it.issuer.page("/keys/3", 200, &keys.to_string());
    it.issuer.page("/keys/2", 404, "");
    it.advance(601);
    assert!(it.verify(&it.token()).await.is_ok(), "the old keys serve");
    it.advance(2);
    assert!(it.verify(&it.token()).await.is_ok());
    for _ in 0..100 {
        if it.issuer.hits_of("/keys/3") == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the new place is not asked: {:?}", it.issuer.hits());
}

/// While the keys are young, a document that went wrong costs nobody anything.
#[tokio::test]
async fn what_was_known_serves_on_while_the_metadata_is_wrong() {
    let it = Fixture::new().await;
    it.verify(&it.token()).await.unwrap();
    it.advance(2900);
    it.verify(&it.token()).await.unwrap();
    let metadata = "/.well-known/oauth-authorization-server";
    it.issuer
        .page(metadata, 200, r#"{"issuer":"https://evil.example.com"}"#);
    it.advance(1200);
    let asked = it.issuer.hits_of(metadata);
    assert!(it.verify(&it.token()).await.is_ok());
    assert_eq!(it.issuer.hits_of(metadata), asked + 1);
    assert_eq!(it.issuer.hits_of("/jwks"), 2, "and is not followed");
}

/// An issuer whose document cannot be had for a while still answers about its tokens.
#[tokio::test]
async fn addresses_serve_on_while_the_metadata_cannot_be_had() {
    let it = introspecting().await;
    it.verify(TOKEN).await.unwrap();
    let (metadata, hour) = ("/.well-known/oauth-authorization-server", 3600);
    it.issuer.page(metadata, 503, "");
    it.advance(hour);
    for number in 0..3 {
        it.verify(&format!("later-{number}")).await.unwrap();
        it.advance(1);
    }
    assert_eq!(
        it.issuer.hits_of(metadata),
        2,
        "nobody waits for it each time"
    );
    assert!(
        it.verify(&it.token()).await.is_ok(),
        "keys are found as well"
    );
    it.advance(10);
    it.verify("later").await.unwrap();
    assert_eq!(it.issuer.hits_of(metadata), 3);
    it.advance(24 * hour);
    assert_unavailable(it.verify("much later").await);
}

/// As long as it is in use, an issuer that takes its time keeps nobody waiting.
#[tokio::test]
async fn metadata_is_renewed_beside_the_requests_that_need_it() {
    let it = introspecting().await;
    it.verify(TOKEN).await.unwrap();
    it.advance(3001);
    let metadata = "/.well-known/oauth-authorization-server";
    it.issuer.hold(metadata);
    let impatient = Duration::from_secs(2);
    for number in 0..3 {
        let token = format!("later-{number}");
        let asked = timeout(impatient, it.verify(&token)).await;
        asked.expect("nobody waits").unwrap();
    }
    it.issuer.open(true);
    while it.issuer.hits_of(metadata) < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    it.advance(2900);
    it.verify("much later").await.unwrap();
    assert_eq!(it.issuer.hits_of(metadata), 2, "it is young again");
}

/// Whoever asks may be gone with all that it has begun: a runtime of its own, in a program of several.
#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_ends_with_its_runtime_is_not_the_last_one() {
    let it = Arc::new(introspecting().await);
    it.verify(TOKEN).await.unwrap();
    it.advance(3001);
    let metadata = "/.well-known/oauth-authorization-server";
    it.issuer.hold(metadata);
    let own = Arc::clone(&it);
    let elsewhere = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(async {
            own.verify("elsewhere").await.unwrap();
            while own.issuer.hits_of(metadata) < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
    });
    elsewhere.join().unwrap();
    let later = timeout(Duration::from_secs(2), it.verify("later")).await;
    later.expect("nobody waits").unwrap();
    let renewed = async {
        while it.issuer.hits_of(metadata) < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let renewed = timeout(Duration::from_secs(2), renewed).await;
    renewed.expect("it is asked again beside the requests");
}

#[tokio::test]
async fn old_addresses_do_not_stand_against_new_ones() {
    let it = introspecting().await;
    it.verify(TOKEN).await.unwrap();
    let metadata = "/.well-known/oauth-authorization-server";
    it.advance(3600);
    for (status, document) in [(404, ""), (200, r#"{"issuer":"https://evil.example.com"}"#)] {
        it.issuer.page(metadata, status, document);
        it.advance(10);
        assert_unavailable(it.verify("later").await);
    }
}
