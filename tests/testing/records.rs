//! Who the person of a token is, where a Logto tenant's records say it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use json::json;
use mcp_authz::dev::{Endpoint, Fault};
use mcp_authz::logto::{Management, UserRecords};
use mcp_authz::testing::{TestServer, assert_challenge};
use mcp_authz::{AuthInfo, Claims, Issuer, Json, State, Userinfo, tool};
use support::Ran;

use crate::only;

/// Return what the person agreed to share.
#[tool(scopes = ["email"])]
fn whoami(auth: AuthInfo, ran: State<Ran>) -> Json<Claims> {
    ran.note();
    Json(auth.consented_claims())
}

fn management(endpoint: &str) -> Management {
    let builder = Management::builder(endpoint).app("app", "of the real tenant");
    builder.build().expect("the configuration is right")
}

async fn started(ran: &Ran, issuer: Issuer) -> TestServer {
    let server = only(whoami::tool()).state(ran.clone()).issuer(issuer);
    TestServer::start(server.eager())
        .await
        .expect("it is built")
}

async fn of_logto(ran: &Ran, records: impl Fn(UserRecords) -> UserRecords) -> TestServer {
    let asked = records(UserRecords::new(management("https://tenant.logto.app")));
    let issuer = Issuer::logto("https://tenant.logto.app").identity_from(asked);
    started(ran, issuer).await
}

#[tokio::test]
async fn the_record_says_it_and_the_token_does_not() {
    let ran = Ran::default();
    let server = of_logto(&ran, UserRecords::custom_data).await;
    let scopes = ["email", "profile", "phone", "custom_data"];
    let alice = server.as_user("alice").scopes(scopes);
    let said = crate::exchange::claims(&alice.token());
    assert_eq!(
        (&said["sub"], &said["email"]),
        (&json!("alice"), &json::Value::Null)
    );
    let custom = json!({ "customData": { "plan": "pro" } });
    server.issuer().edit_user("alice", custom);
    let shared = alice.call("whoami").await.unwrap();
    for (claim, value) in [
        ("email", json!("alice@example.com")),
        ("email_verified", json!(true)),
        ("name", json!("Alice Example")),
        ("given_name", json!("Alice")),
        ("username", json!("alice")),
        ("phone_number", json!("+1 202 555 0101")),
        ("custom_data", json!({ "plan": "pro" })),
    ] {
        assert_eq!(shared.structured()[claim], value, "{claim}");
    }
    let less = server.as_user("alice").scopes(["email"]);
    let shared = less.call("whoami").await.unwrap();
    assert_eq!(shared.structured()["name"], json::Value::Null);
    // Nobody knows more of her, and what the token says stands.
    let carol = server.as_user("carol").scopes(scopes);
    let carol = carol.claim("email", "carol@example.com");
    let shared = carol.call("whoami").await.unwrap();
    assert_eq!(shared.structured()["username"], "carol");
    assert_eq!(shared.structured()["email"], "carol@example.com");
    assert_eq!(ran.times(), 3);
}

#[tokio::test]
async fn whoever_is_suspended_or_gone_is_refused_once_the_time_is_over() {
    let ran = Ran::default();
    let minute = Duration::from_secs(60);
    let server = of_logto(&ran, |records| records.cache_for(minute)).await;
    let alice = server.as_user("alice").scopes(["email"]).keep_token();
    assert!(alice.call("whoami").await.is_ok());
    let suspended = json!({ "isSuspended": true });
    server.issuer().edit_user("alice", suspended);
    assert!(alice.call("whoami").await.is_ok(), "believed for a minute");
    server.clock().advance(minute);
    assert_challenge!(alice.call("whoami").await, 401, "invalid_token");
    let back = json!({ "isSuspended": false });
    server.issuer().edit_user("alice", back);
    server.clock().advance(minute);
    assert!(alice.call("whoami").await.is_ok());

    let bob = server.as_user("bob").scopes(["email"]);
    server.issuer().delete_user("bob");
    assert_challenge!(bob.call("whoami").await, 401, "invalid_token");
    server.issuer().edit_user("bob", json!({}));
    assert!(bob.call("whoami").await.is_ok());
    assert_eq!(ran.times(), 4);
}

#[tokio::test]
async fn an_outage_of_the_tenant_is_503_and_ends() {
    let ran = Ran::default();
    let server = of_logto(&ran, |records| records).await;
    let alice = server.as_user("alice").scopes(["email"]);
    server.issuer().fail([Endpoint::Userinfo], Fault::Error);
    let refused = alice.call("whoami").await.unwrap_err();
    assert_eq!((refused.status(), refused.challenge()), (503, None));
    server.issuer().recover();
    // The token that it asks with is over, and no new one to be had.
    server.clock().advance(Duration::from_secs(2 * 3600));
    server.issuer().fail([Endpoint::Token], Fault::Error);
    assert_eq!(alice.call("whoami").await.unwrap_err().status(), 503);
    assert_eq!(ran.times(), 0);
    server.issuer().recover();
    assert!(alice.call("whoami").await.is_ok());
}

#[tokio::test]
async fn a_tenant_with_another_address_than_its_issuer_is_found() {
    let ran = Ran::default();
    let logto = Management::builder("https://tenant.logto.app").app("app", "s3cret");
    let logto = logto.token_endpoint("https://admin.logto.app/oidc/token");
    let records = UserRecords::new(logto.build().unwrap());
    let records = records.of_issuer("https://login.example.com/oidc");
    let issuer = Issuer::logto("https://login.example.com").identity_from(records);
    let server = started(&ran, issuer).await;
    let alice = server.as_user("alice").scopes(["email"]);
    let shared = alice.call("whoami").await.unwrap();
    assert_eq!(shared.structured()["email"], "alice@example.com");
}

/// Neither does a token say what userinfo is asked for.
#[tokio::test]
async fn what_userinfo_tells_is_not_in_the_token_either() {
    let ran = Ran::default();
    let issuer = Issuer::new("https://as.example.com").userinfo(Userinfo::new().optional());
    let server = started(&ran, issuer).await;
    let scopes = ["openid", "email"];
    let alice = server.as_user("alice").scopes(scopes);
    let shared = alice.call("whoami").await.unwrap();
    assert_eq!(shared.structured()["email"], "alice@example.com");
    // Somebody whom nobody knows is somebody all the same.
    let carol = server.as_user("carol").scopes(scopes);
    let shared = carol.call("whoami").await.unwrap();
    assert_eq!(shared.structured()["email"], json::Value::Null);
    server.issuer().fail([Endpoint::Userinfo], Fault::Error);
    let shared = alice.call("whoami").await.unwrap();
    assert_eq!(shared.structured()["email"], json::Value::Null);
}

#[tokio::test]
async fn records_that_nobody_reads_cannot_be_edited() {
    let server = started(&Ran::default(), Issuer::logto("https://tenant.logto.app")).await;
    let edit = || server.issuer().edit_user("alice", json!({}));
    let delete = || server.issuer().delete_user("alice");
    for told in [
        catch_unwind(AssertUnwindSafe(edit)).unwrap_err(),
        catch_unwind(AssertUnwindSafe(delete)).unwrap_err(),
    ] {
        let told = told.downcast::<String>().expect("a text");
        assert!(told.contains(".identity_from(..)"), "{told}");
    }
}
