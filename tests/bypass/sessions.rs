//! What can be confused where several requests share a session.

use std::time::Duration;

use json::json;
use mcp_authz::{Parameters, SessionLimits, schemars, serde, tool};
use support::{Lab, MODERN, Reply, legacy_body, modern_body, modern_headers};
use tokio::time::sleep;

use crate::lab;

const SESSION: &str = "mcp-session-id";

/// Takes its time to say what only an administrator may hear.
#[tool(scopes = ["admin"])]
pub async fn secret() -> String {
    sleep(Duration::from_millis(600)).await;
    "the secret".into()
}

/// Takes longer.
#[tool(authenticated)]
pub async fn wait() -> String {
    sleep(Duration::from_millis(1200)).await;
    "waited".into()
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
pub struct Place {
    #[schemars(extend("x-mcp-header" = "Region"))]
    region: String,
}

/// Runs where a proxy looked at the header alone.
#[tool(authenticated)]
pub fn deploy(Parameters(place): Parameters<Place>) -> String {
    place.region
}

async fn open(lab: &Lab, token: &str) -> String {
    let params = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "lab", "version": "1" },
    });
    let body = legacy_body("initialize", params);
    let reply = Reply::of(lab.post(Some(token)).body(body)).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.header(SESSION).to_owned()
}

/// Every call has the same id.
async fn call(lab: &Lab, token: &str, session: &str, tool: &str) -> Reply {
    let request = lab
        .post(Some(token))
        .header(SESSION, session)
        .header("mcp-protocol-version", "2025-11-25")
        .timeout(Duration::from_secs(10));
    Reply::of(request.body(legacy_body("tools/call", json!({ "name": tool })))).await
}

#[tokio::test]
async fn two_calls_of_one_id_do_not_get_each_others_answers() {
    let lab = Lab::start(|server| server.sessions(SessionLimits::new())).await;
    let (wide, narrow) = (lab.token("admin"), lab.token(""));
    let session = open(&lab, &wide).await;
    let second = async {
        sleep(Duration::from_millis(200)).await;
        call(&lab, &narrow, &session, "wait").await
    };
    let (first, second) = tokio::join!(call(&lab, &wide, &session, "secret"), second);
    assert!(!second.body.contains("the secret"), "{second:?}");
    assert_eq!(second.error_code(), -32600, "{second:?}");
    assert_eq!(first.text(), "the secret", "{first:?}");
    for _ in 0..20 {
        let again = call(&lab, &wide, &session, "echo").await;
        assert_eq!(again.text(), "echo", "an answered id is free: {again:?}");
    }
}

#[tokio::test]
async fn hanging_up_does_not_free_the_id_of_a_running_call() {
    let lab = Lab::start(|server| server.sessions(SessionLimits::new())).await;
    let (wide, narrow) = (lab.token("admin"), lab.token(""));
    let session = open(&lab, &wide).await;
    let hurried = lab
        .post(Some(&wide))
        .header(SESSION, &session)
        .timeout(Duration::from_millis(200));
    let body = legacy_body("tools/call", json!({ "name": "secret" }));
    let hurried = hurried.body(body).send().await.unwrap().text().await;
    assert!(hurried.is_err(), "it has hung up");
    let other = call(&lab, &narrow, &session, "wait").await;
    assert!(!other.body.contains("the secret"), "{other:?}");
}

#[tokio::test]
async fn a_session_id_does_not_turn_off_the_comparison_of_headers_and_arguments() {
    for sessions in [false, true] {
        let lab = Lab::start(|server| match sessions {
            true => server.sessions(SessionLimits::new()),
            false => server,
        })
        .await;
        let token = lab.token("");
        for session in [None, Some("x")] {
            for (header, status) in [("us", 200), ("eu", 400)] {
                let params = json!({ "name": "deploy", "arguments": { "region": "us" } });
                let mut request = lab
                    .post(Some(&token))
                    .headers(modern_headers("tools/call", Some("deploy")))
                    .header("mcp-param-region", header)
                    .body(modern_body("tools/call", params));
                if let Some(session) = session {
                    request = request.header(SESSION, session);
                }
                let reply = Reply::of(request).await;
                assert_eq!(reply.status, status, "{sessions} {session:?}: {reply:?}");
            }
        }
    }
}

/// rmcp asks for the schema before the gate decides: a wrong header must not tell what is there.
#[tokio::test]
async fn a_wrong_parameter_header_tells_nothing_about_a_tool_that_one_may_not_call() {
    let lab = lab(true).await;
    let ask = |token: String, tool: &'static str| {
        let mut body: json::Value =
            json::from_str(&modern_body("tools/call", json!({ "name": tool }))).unwrap();
        body["params"]["arguments"] = json!({ "region": "us" });
        let request = lab
            .post(Some(&token))
            .headers(modern_headers("tools/call", Some(tool)))
            .header("mcp-param-region", "eu");
        Reply::of(request.body(body.to_string()))
    };
    let refused = ask(lab.token(""), "wipe").await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let unknown = ask(lab.token(""), "nothing").await;
    assert_eq!(unknown.error_code(), -32602, "{MODERN}: {unknown:?}");
}

#[tokio::test]
async fn what_is_posted_into_a_session_is_its_owners_alone() {
    let lab = Lab::start(|server| server.sessions(SessionLimits::new())).await;
    let alice = lab.token("admin");
    let session = open(&lab, &alice).await;
    let bob = lab.token_of("bob", "smartmail", "admin");
    for body in [
        json!({ "jsonrpc": "2.0", "id": 1, "result": {} }),
        json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": 1, "message": "x" } }),
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } }),
        json!({ "jsonrpc": "2.0", "id": 0, "method": "ping" }),
    ] {
        let post = |token: &str| {
            let request = lab.post(Some(token)).header(SESSION, &session);
            Reply::of(request.body(body.to_string()))
        };
        assert_eq!(post(&bob).await.status, 404, "{body}");
        assert!(post(&alice).await.status.is_success(), "{body}");
    }
    assert_eq!(call(&lab, &alice, &session, "echo").await.text(), "echo");
}

#[tokio::test]
async fn odd_session_ids_are_unknown_ones() {
    let lab = Lab::start(|server| server.sessions(SessionLimits::new())).await;
    let alice = lab.token("admin");
    let session = open(&lab, &alice).await;
    let huge = "A".repeat(60_000);
    let twice = format!("{session},{session}");
    let spaced = format!("{session} x");
    for id in ["", "x", "null", "../..", &huge, &twice, &spaced] {
        let reply = call(&lab, &alice, id, "wipe").await;
        assert_eq!(reply.status, 404, "{} bytes", id.len());
    }
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn without_a_token_there_is_no_session() {
    let lab = Lab::start(|server| server.allow_anonymous().sessions(SessionLimits::new())).await;
    let params = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "lab", "version": "1" },
    });
    for _ in 0..20 {
        let body = legacy_body("initialize", params.clone());
        let reply = Reply::of(lab.post(None).body(body)).await;
        assert_eq!((reply.status.as_u16(), reply.header(SESSION)), (401, ""));
    }
    let session = open(&lab, &lab.token("admin")).await;
    let body = legacy_body("tools/call", json!({ "name": "wipe" }));
    let reply = Reply::of(lab.post(None).header(SESSION, &session).body(body)).await;
    assert_eq!(reply.status, 404);
    assert_eq!(lab.ran.times(), 0);
}
