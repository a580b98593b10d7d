//! The clock, keys and outages.

use std::time::Duration;

use mcp_authz::dev::{Endpoint, Fault};
use mcp_authz::testing::{TestServer, assert_challenge};
use mcp_authz::{Server, tool};
use support::Ran;

use crate::started;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_token_ends_when_the_clock_says_so() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let reader = server
        .as_user("alice")
        .scopes(["mail:read"])
        .lifetime(5 * MINUTE);
    let held = reader.keep_token();
    assert!(held.call("count").await.is_ok());
    // The leeway of the clocks is a minute.
    server.clock().advance(6 * MINUTE + Duration::from_secs(1));
    assert_challenge!(held.call("count").await, 401, "invalid_token");
    assert!(reader.call("count").await.is_ok(), "a new one is good");
    assert_eq!(ran.times(), 2);
}

#[tokio::test]
async fn a_new_key_is_found_and_a_forgotten_one_let_go() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let reader = server.as_user("alice").scopes(["mail:read"]);
    let held = reader.keep_token();
    server.issuer().rotate_keys();
    assert!(reader.call("count").await.is_ok());
    assert!(held.call("count").await.is_ok(), "the old key is published");
    server.issuer().forget_old_keys();
    server.clock().advance(11 * MINUTE);
    assert_challenge!(held.call("count").await, 401, "invalid_token");
    assert!(reader.call("count").await.is_ok());
}

#[tokio::test]
async fn an_outage_is_503_without_a_challenge_and_ends() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let reader = server.as_user("alice").scopes(["mail:read"]);
    server.issuer().fail(Endpoint::ALL, Fault::Error);
    server.clock().advance(61 * MINUTE);
    let refused = reader.call("count").await.unwrap_err();
    assert_eq!((refused.status(), refused.challenge()), (503, None));
    assert!(refused.retry_after().is_some());
    assert_eq!(ran.times(), 0);
    server.issuer().recover();
    // The next attempt has its time.
    server.clock().advance(2 * MINUTE);
    assert!(reader.call("count").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_silent_issuer_costs_no_time_where_time_is_paused() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let held = server
        .as_user("alice")
        .scopes(["mail:read"])
        .lifetime(24 * 60 * MINUTE);
    let held = held.keep_token();
    server.issuer().fail([Endpoint::Jwks], Fault::Silent);
    server.clock().advance(61 * MINUTE);
    assert_eq!(held.call("count").await.unwrap_err().status(), 503);
    assert_eq!(ran.times(), 0);
}

#[tokio::test]
async fn a_sign_in_is_as_old_as_the_clock_says() {
    #[tool(scopes = ["pay"], max_age = 300)]
    fn pay(ran: mcp_authz::State<Ran>) {
        ran.note();
    }
    let ran = Ran::default();
    let builder = Server::builder("pay")
        .tools([pay::tool()])
        .state(ran.clone());
    let server = TestServer::start(builder).await.unwrap();
    let alice = server.as_user("alice").scopes(["pay"]);
    let held = alice.keep_token();
    assert!(held.call("pay").await.is_ok());
    server.clock().advance(6 * MINUTE);
    let old = alice.signed_in(6 * MINUTE);
    for caller in [held, old.keep_token()] {
        let refused = caller.call("pay").await;
        assert_challenge!(refused, 401, "insufficient_user_authentication", ["pay"]);
        assert_eq!(refused.unwrap_err().challenge().unwrap().max_age, Some(300));
    }
    assert_eq!(ran.times(), 1);
}

/// What the module promises: a server that is not built for a test has the machine's clock.
#[tokio::test]
async fn a_server_of_its_own_does_not_notice_the_feature() {
    let lab = support::Lab::start(|builder| builder.tools([crate::count::tool()])).await;
    let ended = lab.expired("mail:read", Duration::from_secs(61));
    let server = started(&lab.ran).await;
    assert_eq!(lab.call(Some(&ended), "count").await.status, 401);
    // A test's token is not good there: the issuer is another one, and so are its keys.
    let minted = server
        .as_user("alice")
        .scopes(["mail:read"])
        .audience(&lab.url)
        .claim("iss", lab.provider.issuer());
    assert_eq!(lab.call(Some(&minted.token()), "count").await.status, 401);
    assert_eq!(lab.ran.times(), 0);
    assert_eq!(
        lab.call(Some(&lab.token("mail:read")), "count")
            .await
            .status,
        200
    );
}
