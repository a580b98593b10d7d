//! Signed answers about opaque tokens (RFC 9701), and scopes in a list of their own.

use std::time::Duration;

use mcp_authz::dev::{Endpoint, Fault};
use mcp_authz::testing::{TestServer, assert_challenge};
use mcp_authz::{ClientAuth, Introspection, Issuer, Userinfo};
use support::Ran;

use crate::mail;

const HOUR: Duration = Duration::from_secs(3600);

async fn started(ran: &Ran) -> TestServer {
    let auth = ClientAuth::secret_basic("mcp server/1", "of the real provider");
    let asked = Introspection::new(auth).signed_replies();
    let issuer = Issuer::new("https://as.example.com").introspection(asked);
    let server = mail(ran).issuer(issuer).eager();
    TestServer::start(server).await.expect("it is built")
}

#[tokio::test]
async fn signed_answers_about_opaque_tokens_are_taken() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let alice = server.as_user("alice").opaque();
    let reader = alice.clone().scopes(["mail:read"]);
    let answer = reader.call("count").await.unwrap();
    assert_eq!(answer.text(), "alice has 3 mails");
    let less = alice.call("count").await;
    assert_challenge!(less, 403, "insufficient_scope", ["mail:read"]);
    for wrong in [
        server.with_token("x"),
        reader
            .clone()
            .audience("https://other.test/mcp")
            .keep_token(),
        reader.clone().claim("active", false).keep_token(),
    ] {
        assert_challenge!(wrong.call("count").await, 401, "invalid_token");
    }
    assert_eq!(ran.times(), 1);
}

#[tokio::test]
async fn a_revoked_token_ends_when_it_is_asked_about_again() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let reader = server.as_user("alice").scopes(["mail:read"]).opaque();
    let (token, other) = (reader.token(), reader.keep_token());
    let kept = server.with_token(&token);
    for caller in [&kept, &other] {
        assert!(caller.call("count").await.is_ok());
    }
    server.issuer().revoke(&token);
    server.issuer().revoke("none");
    assert!(kept.call("count").await.is_ok(), "believed for a minute");
    server.clock().advance(Duration::from_secs(60));
    assert_challenge!(kept.call("count").await, 401, "invalid_token");
    assert!(other.call("count").await.is_ok());
    assert_eq!(ran.times(), 4);
}

/// An answer has to be of now, and of the current keys.
#[tokio::test]
async fn signed_answers_go_by_the_clock_and_the_keys_of_the_test() {
    let ran = Ran::default();
    let server = started(&ran).await;
    server.clock().advance(24 * HOUR);
    server.issuer().rotate_keys();
    let reader = server.as_user("alice").scopes(["mail:read"]).opaque();
    let kept = reader.keep_token();
    let answer = kept.call("count").await;
    assert!(answer.is_ok(), "{answer:?}");
    server.clock().advance(2 * HOUR);
    assert_challenge!(kept.call("count").await, 401, "invalid_token");
    server
        .issuer()
        .fail([Endpoint::Introspection], Fault::Error);
    assert_eq!(reader.call("count").await.unwrap_err().status(), 503);
    assert_eq!(ran.times(), 1);
}

#[tokio::test]
async fn a_list_of_scopes_in_the_claim_scope_opens_userinfo_too() {
    let ran = Ran::default();
    let issuer = Issuer::new("https://as.example.com").scope_claim("scope");
    let builder = mail(&ran).issuer(issuer.userinfo(Userinfo::new()));
    let server = TestServer::start(builder).await.unwrap();
    let alice = server.as_user("alice");
    let reader = alice.clone().scopes(["openid", "mail:read"]);
    assert!(reader.call("count").await.is_ok());
    let less = alice.scopes(["openid"]).call("count").await;
    assert_challenge!(less, 403, "insufficient_scope", ["mail:read"]);
    assert_eq!(ran.times(), 1);
}
