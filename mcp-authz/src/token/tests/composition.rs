//! Which verifier judges a token, and that no other gets to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::json;

use super::support::{Fixture, Signer, assert_unavailable, refusal, verifiers_with};
use crate::auth_info::AuthInfo;
use crate::bearer::BearerToken;
use crate::token::{DynVerifier, Issuer, TokenVerifier, Verifiers, VerifyError};

/// Accepts whatever it is shown, and counts.
#[derive(Default)]
struct Trusting {
    asked: AtomicUsize,
}

impl TokenVerifier for Trusting {
    async fn verify(&self, token: &BearerToken) -> Result<AuthInfo, VerifyError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let caller = AuthInfo::builder("https://keys.example.com");
        match token.expose() {
            "down" => Err(VerifyError::unavailable("database", Duration::from_secs(9))),
            "old" => Ok(caller.expires_at(SystemTime::UNIX_EPOCH).build()),
            "nobody" => Ok(caller.build()),
            _ => Ok(caller.subject("bob").build()),
        }
    }
}

/// The fixture's issuer beside a verifier that would take anything.
fn beside(it: &Fixture) -> (Verifiers, Arc<Trusting>) {
    let trusting = Arc::new(Trusting::default());
    let custom: Arc<dyn DynVerifier> = Arc::<Trusting>::clone(&trusting);
    let issuers = vec![Issuer::new(&it.issuer.identifier)];
    (verifiers_with(issuers, Some(custom), &it.clock), trusting)
}

async fn verify(verifiers: &Verifiers, token: &str) -> Result<AuthInfo, VerifyError> {
    verifiers.verify(&BearerToken::new(token)).await
}

#[tokio::test]
async fn what_an_issuer_refuses_is_shown_to_nobody_else() {
    let it = Fixture::new().await;
    let (verifiers, trusting) = beside(&it);
    let mut expired = it.claims();
    expired.insert("exp".to_owned(), 1.into());
    let header = json!(it.header()).to_string();
    let forged = Signer::es256().token_of(&header, &json!(it.claims()).to_string());
    let good = it.token();
    for token in [
        it.signed(&it.header(), &expired),
        forged,
        format!("{good}="),
        format!("{good}.{good}"),
        it.signer.token_of(&header, "{}{}"),
        it.signer
            .token_of(r#"{"alg":"none"}"#, &json!(it.claims()).to_string()),
        it.signer
            .token_of(&format!(" {header}"), &json!(expired).to_string()),
        it.signer.token_of(&header, &json!(expired).to_string()),
    ] {
        refusal(&token, verify(&verifiers, &token).await);
    }
    assert_eq!(trusting.asked.load(Ordering::Relaxed), 0);
    let caller = verify(&verifiers, &good).await.unwrap();
    assert_eq!(caller.subject(), Some("alice"));
    assert_eq!(trusting.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn what_no_issuer_claims_is_the_custom_verifier_s() {
    let it = Fixture::new().await;
    let (verifiers, _) = beside(&it);
    let mut elsewhere = it.claims();
    elsewhere.insert("iss".to_owned(), "https://elsewhere.example.com".into());
    for token in [
        "opaque",
        "v4.public.payload",
        "a.b",
        &it.signed(&it.header(), &elsewhere),
    ] {
        let caller = verify(&verifiers, token).await.unwrap();
        assert_eq!(caller.subject(), Some("bob"), "{token}");
        assert!(verifiers.cached(&BearerToken::new(token)).is_none());
    }
    assert!(it.issuer.hits().is_empty());
}

#[tokio::test]
async fn the_custom_verifier_s_answers_keep_their_meaning() {
    let it = Fixture::new().await;
    let (verifiers, trusting) = beside(&it);
    assert_unavailable(verify(&verifiers, "down").await);
    assert!(refusal("old", verify(&verifiers, "old").await).starts_with("exp: expired"));
    assert!(refusal("nobody", verify(&verifiers, "nobody").await).starts_with("sub, client_id"));
    let asked = trusting.asked.load(Ordering::Relaxed);
    assert!(
        refusal("huge", verify(&verifiers, &"x".repeat(20_000)).await).starts_with("token: longer")
    );
    assert_eq!(trusting.asked.load(Ordering::Relaxed), asked);
}

#[tokio::test]
async fn each_issuer_is_warmed_up() {
    let it = Fixture::new().await;
    assert_eq!(
        it.verifiers.issuers().collect::<Vec<_>>(),
        [&it.issuer.identifier]
    );
    let found = it.verifiers.warm_up().await;
    assert!(found.wrong.is_empty() && found.unreachable.is_empty());
    it.issuer.down(true);
    assert!(
        it.verify(&it.token()).await.is_ok(),
        "the keys are there already"
    );
}
