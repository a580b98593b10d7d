//! The server as a part of something else, and what else can be asked of it.

use http_server::Router;
use http_server::routing::get;
use mcp_authz::testing::{TestServer, assert_challenge};
use mcp_authz::{Error, Server};
use support::Ran;

use crate::notes::notes;
use crate::{mail, started};

#[tokio::test]
async fn the_metadata_is_that_of_the_server() {
    let ran = Ran::default();
    let (status, body) = started(&ran)
        .await
        .get("/.well-known/oauth-protected-resource/mcp")
        .await;
    let metadata: json::Value = json::from_str(&body).unwrap();
    assert_eq!(status, 200);
    assert_eq!(
        metadata["authorization_servers"],
        json::json!(["https://auth.test"])
    );
    assert_eq!(metadata["resource"], "https://mcp.test/mcp");
}

#[tokio::test]
async fn requests_go_through_the_application_around_it() {
    let ran = Ran::default();
    let app = |mcp: &Server| {
        let api = Router::new().route_service("/mcp", mcp.mcp_service());
        let own = Router::new().route("/health", get(async || "well"));
        own.nest("/api", api).merge(mcp.metadata_router())
    };
    let builder = mail(&ran).resource("https://shop.test/api/mcp");
    let server = TestServer::start_in(builder, app).await.unwrap();
    assert_eq!(server.get("/health").await, (200, "well".to_owned()));
    assert_eq!(server.get("/nowhere").await.0, 404);
    let alice = server.as_user("alice");
    assert!(
        alice
            .clone()
            .scopes(["mail:read"])
            .call("count")
            .await
            .is_ok()
    );
    assert_challenge!(
        alice.call("count").await,
        403,
        "insufficient_scope",
        ["mail:read"]
    );
    assert_eq!(ran.times(), 1);
}

#[tokio::test]
async fn a_mistake_is_told_as_at_any_start() {
    let ran = Ran::default();
    let builder = mail(&ran)
        .resource("http://mcp.example.com/mcp")
        .issuer("nowhere");
    let Err(Error::Config(error)) = TestServer::start(builder).await else {
        panic!("it started");
    };
    assert_eq!(error.problems().len(), 2, "{error}");
}

#[tokio::test]
async fn a_handler_with_rules_is_started_alike() {
    let ran = Ran::default();
    let server = TestServer::start(notes(&ran)).await.unwrap();
    let alice = server.as_user("alice");
    assert_challenge!(
        alice.call("add").await,
        403,
        "insufficient_scope",
        ["notes"]
    );
    assert_eq!(ran.times(), 0);
    assert_eq!(
        alice.scopes(["notes"]).call("add").await.unwrap().text(),
        "added"
    );
}
