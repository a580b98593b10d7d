//! Where metadata is looked for, and which documents are refused.

use std::sync::Arc;

use serde_json::json;

use super::support::{FakeIssuer, Signer, claims, verifiers};
use crate::bearer::BearerToken;
use crate::clock::TestClock;
use crate::token::{Issuer, WarmUp};

async fn warm_up(issuer: &FakeIssuer) -> WarmUp {
    let clock = Arc::new(TestClock::new());
    warm_up_as(Issuer::new(&issuer.identifier), &clock).await
}

async fn warm_up_as(issuer: Issuer, clock: &Arc<TestClock>) -> WarmUp {
    verifiers(vec![issuer], clock).warm_up().await
}

const LOCATIONS: [&str; 3] = [
    "/.well-known/oauth-authorization-server/tenant1",
    "/.well-known/openid-configuration/tenant1",
    "/tenant1/.well-known/openid-configuration",
];

#[tokio::test]
async fn three_locations_in_order_with_a_path() {
    for (index, location) in LOCATIONS.into_iter().enumerate() {
        let issuer = FakeIssuer::empty("/tenant1").await;
        issuer.metadata(location);
        issuer.keys(&[]);
        let found = warm_up(&issuer).await;
        assert!(
            found.wrong.is_empty() && found.unreachable.is_empty(),
            "{found:?}"
        );
        let expected: Vec<_> = LOCATIONS
            .into_iter()
            .take(index + 1)
            .chain(["/jwks"])
            .collect();
        assert_eq!(issuer.hits(), expected);
    }
}

#[tokio::test]
async fn logto_is_asked_where_it_answers() {
    let issuer = FakeIssuer::empty("/oidc").await;
    issuer.metadata("/oidc/.well-known/openid-configuration");
    issuer.keys(&[]);
    let logto = Issuer::logto(&issuer.identifier);
    let found = warm_up_as(logto, &Arc::new(TestClock::new())).await;
    assert!(found.wrong.is_empty(), "{found:?}");
    assert_eq!(
        issuer.hits(),
        ["/oidc/.well-known/openid-configuration", "/jwks"]
    );
}

#[tokio::test]
async fn two_locations_without_a_path() {
    let issuer = FakeIssuer::empty("").await;
    issuer.metadata("/.well-known/openid-configuration");
    issuer.keys(&[]);
    assert!(warm_up(&issuer).await.wrong.is_empty());
    let expected = [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/jwks",
    ];
    assert_eq!(issuer.hits(), expected);
}

#[tokio::test]
async fn pages_that_are_no_document_lead_on() {
    let issuer = FakeIssuer::empty("/tenant1").await;
    issuer.page(LOCATIONS[0], 200, "<!doctype html>");
    issuer.redirect(LOCATIONS[1], "/evil");
    issuer.page("/evil", 200, "{}");
    issuer.metadata(LOCATIONS[2]);
    issuer.keys(&[]);
    assert!(warm_up(&issuer).await.wrong.is_empty());
    assert_eq!(issuer.hits_of("/evil"), 0, "a redirect is not followed");
}

#[tokio::test]
async fn trouble_ends_the_search_and_may_pass() {
    for status in [500, 503, 429, 408] {
        let issuer = FakeIssuer::empty("/tenant1").await;
        issuer.page(LOCATIONS[0], status, "");
        issuer.metadata(LOCATIONS[1]);
        let found = warm_up(&issuer).await;
        assert_eq!(
            (found.unreachable.len(), found.wrong.len()),
            (1, 0),
            "{status}"
        );
        assert_eq!(issuer.hits(), LOCATIONS[..1]);
    }
}

#[tokio::test]
async fn nothing_anywhere_is_a_wrong_issuer() {
    let issuer = FakeIssuer::empty("/tenant1").await;
    let found = warm_up(&issuer).await;
    assert_eq!(found.wrong.len(), 1);
    for location in LOCATIONS {
        assert!(found.wrong[0].contains(location), "{found:?}");
    }
}

#[tokio::test]
async fn documents_that_are_wrong() {
    let issuer = FakeIssuer::empty("/tenant1").await;
    let (id, jwks) = (issuer.identifier.clone(), issuer.at("/jwks"));
    let document = |own: &str, jwks: &str| json!({"issuer": own, "jwks_uri": jwks}).to_string();
    for (what, body, says) in [
        (
            "slash",
            document(&format!("{id}/"), &jwks),
            "trailing slash",
        ),
        (
            "tenant",
            document(&id.replace("tenant1", "tenant2"), &jwks),
            "is another one",
        ),
        (
            "case",
            document(&id.to_uppercase(), &jwks),
            "is another one",
        ),
        (
            "port",
            document("http://127.0.0.1:1/tenant1", &jwks),
            "is another one",
        ),
        (
            "template",
            document("https://login.example.com/{tenantid}/v2.0", &jwks),
            "is another one",
        ),
        (
            "array",
            json!({"issuer": [id], "jwks_uri": jwks}).to_string(),
            "no `issuer`",
        ),
        (
            "no issuer",
            json!({"jwks_uri": jwks}).to_string(),
            "no `issuer`",
        ),
        (
            "no keys",
            json!({"issuer": id}).to_string(),
            "no `jwks_uri`",
        ),
        (
            "keys of another type",
            json!({"issuer": id, "jwks_uri": 1}).to_string(),
            "no `jwks_uri`",
        ),
        ("keys nowhere", document(&id, "jwks"), "not a URL"),
        (
            "keys by http",
            document(&id, "http://as.example.com/jwks"),
            "only https",
        ),
        (
            "keys in a file",
            document(&id, "file:///etc/passwd"),
            "only https",
        ),
        (
            "keys with a password",
            document(&id, "https://u:p@as.example.com/"),
            "password",
        ),
        (
            "oversized",
            format!("{{\"x\":\"{}\"}}", "x".repeat(300 * 1024)),
            "larger than 256 KiB",
        ),
        (
            "doubled",
            format!(r#"{{"issuer":"x","issuer":"{id}","jwks_uri":"{jwks}"}}"#),
            "no JSON object",
        ),
    ] {
        issuer.page(LOCATIONS[0], 200, &body);
        let found = warm_up(&issuer).await;
        assert_eq!(
            (found.unreachable.len(), found.wrong.len()),
            (0, 1),
            "{what}: {found:?}"
        );
        assert!(found.wrong[0].contains(says), "{what}: {found:?}");
    }
    assert_eq!(issuer.hits_of("/jwks"), 0);
}

#[tokio::test]
async fn a_public_issuer_s_keys_are_not_on_this_machine() {
    use crate::token::discovery::check_endpoint;
    let public = "https://as.example.com".parse().unwrap();
    let local = "http://127.0.0.1:3000".parse().unwrap();
    let keys = "https://127.0.0.1/jwks".parse().unwrap();
    assert!(check_endpoint(&keys, &public).is_err());
    assert!(check_endpoint(&keys, &local).is_ok());
    let elsewhere = "https://cdn.example.net/jwks".parse().unwrap();
    assert!(check_endpoint(&elsewhere, &public).is_ok());
}

#[tokio::test]
async fn a_configured_key_set_needs_no_metadata() {
    let signer = Signer::es256();
    let issuer = FakeIssuer::empty("").await;
    issuer.keys(&[signer.jwk("k1")]);
    let clock = Arc::new(TestClock::new());
    let configured = Issuer::new(&issuer.identifier).jwks_uri(issuer.at("/jwks"));
    let verifiers = verifiers(vec![configured], &clock);
    let claims = json!(claims(&issuer.identifier, &clock)).to_string();
    let token = signer.token_of(r#"{"alg":"ES256","typ":"at+jwt","kid":"k1"}"#, &claims);
    assert!(verifiers.verify(&BearerToken::new(token)).await.is_ok());
    assert_eq!(issuer.hits(), ["/jwks"]);
}

/// Also shows that TLS is set up at all: the refusal comes from the handshake.
#[tokio::test]
async fn a_server_without_tls_behind_an_https_issuer_is_an_outage() {
    let plain = FakeIssuer::empty("").await;
    let clock = Arc::new(TestClock::new());
    let issuer = Issuer::new(plain.identifier.replace("http://", "https://"));
    let found = verifiers(vec![issuer], &clock).warm_up().await;
    assert_eq!(found.unreachable.len(), 1, "{found:?}");
    assert!(
        !found.unreachable[0].contains("TLS cannot be set up"),
        "{found:?}"
    );
    assert!(plain.hits().is_empty());
}
