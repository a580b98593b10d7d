//! Two clocks: one stands still while the machine sleeps, the other can be set.

use std::time::Duration;

use serde_json::json;

use super::opaque_support::{INTROSPECT, TOKEN, introspecting};
use super::support::{Fixture, Signer, refusal};
use crate::token::provider::MAX_AGE;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_answer_does_not_sleep_with_the_machine() {
    let it = introspecting().await;
    it.verify(TOKEN).await.unwrap();
    it.clock.sleep(MINUTE);
    assert!(it.cached(TOKEN).is_none());
    it.says(&it.active_with("active", &Some(json!(false))));
    refusal("revoked", it.verify(TOKEN).await);
}

#[tokio::test]
async fn an_answer_is_not_prolonged_by_setting_the_date() {
    let it = introspecting().await;
    it.verify(TOKEN).await.unwrap();
    it.clock.set_back(60 * MINUTE);
    it.advance(59);
    assert!(it.cached(TOKEN).is_some());
    it.advance(1);
    assert!(it.cached(TOKEN).is_none());
    assert_eq!(it.asked(INTROSPECT), 1);
}

#[tokio::test]
async fn a_removed_key_does_not_sleep_with_the_machine() {
    let it = Fixture::new().await;
    let token = it.token();
    it.verify(&token).await.unwrap();
    it.issuer.keys(&[Signer::es256().jwk("k2")]);
    it.clock.sleep(MAX_AGE + MINUTE);
    assert!(it.cached(&token).is_none());
    refusal("removed", it.verify(&token).await);
}

#[tokio::test]
async fn a_removed_key_is_not_revived_by_setting_the_date() {
    let it = Fixture::new().await;
    let token = it.token();
    it.verify(&token).await.unwrap();
    it.issuer.keys(&[Signer::es256().jwk("k2")]);
    it.clock.set_back(MAX_AGE);
    it.clock.advance(MAX_AGE + MINUTE);
    assert!(it.cached(&token).is_none());
    refusal("removed", it.verify(&token).await);
}

#[tokio::test]
async fn addresses_are_read_anew_after_a_long_sleep() {
    let it = introspecting().await;
    it.verify(TOKEN).await.unwrap();
    let document = json!({
        "issuer": it.issuer.identifier, "jwks_uri": it.issuer.at("/jwks"),
        "introspection_endpoint": it.issuer.at("/moved"),
    });
    let place = "/.well-known/oauth-authorization-server";
    it.issuer.page(place, 200, &document.to_string());
    let body = json!(it.active()).to_string();
    it.issuer.typed("/moved", 200, "application/json", &body);
    it.clock.sleep(60 * MINUTE);
    it.verify(TOKEN).await.unwrap();
    assert_eq!((it.asked(INTROSPECT), it.asked("/moved")), (1, 1));
}

#[tokio::test]
async fn a_signature_is_checked_again_after_a_quarter_of_an_hour() {
    let it = Fixture::new().await;
    let mut claims = it.claims();
    claims.insert("jti".to_owned(), json!("other"));
    let (token, other) = (it.token(), it.signed(&it.header(), &claims));
    it.verify(&token).await.unwrap();
    // The keys are young again, the token is not.
    it.advance(601);
    it.verify(&other).await.unwrap();
    it.advance(298);
    assert!(it.cached(&token).is_some());
    it.advance(1);
    assert!(it.cached(&token).is_none() && it.cached(&other).is_some());
    it.verify(&token).await.unwrap();
    assert!(it.cached(&token).is_some());
}
