//! A session is opened by somebody with every scope; each message in it is decided by its own token.

use json::{Value, json};
use mcp_authz::SessionLimits;
use support::{Lab, Reply, legacy_body};

use crate::lab_with;
use crate::office::ALL;

async fn open(lab: &Lab, token: &str) -> String {
    let params = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "lab", "version": "1" },
    });
    let request = lab
        .post(Some(token))
        .body(legacy_body("initialize", params));
    let reply = Reply::of(request).await;
    let session = reply.header("mcp-session-id").to_owned();
    assert!(!session.is_empty(), "{reply:?}");
    session
}

async fn say(lab: &Lab, token: Option<&str>, session: &str, body: Value) -> Reply {
    let request = lab
        .post(token)
        .header("mcp-session-id", session)
        .header("mcp-protocol-version", "2025-11-25");
    Reply::of(request.body(body.to_string())).await
}

#[tokio::test]
async fn the_scopes_of_whoever_opened_it_are_nobody_else_s() {
    let lab = lab_with(|authz| authz.sessions(SessionLimits::new())).await;
    let session = open(&lab, &lab.token(ALL)).await;
    let complete = |reference: Value| json!({ "ref": reference, "argument": { "name": "bucket", "value": "" } });
    let file = "bucket:///a/x";
    let operations = [
        ("tools/call", json!({ "name": "echo" }), "tools"),
        ("tools/call", json!({ "name": "long" }), "tasks"),
        ("prompts/get", json!({ "name": "greeting" }), "prompts"),
        ("resources/read", json!({ "uri": file }), "files:a:read"),
        (
            "resources/subscribe",
            json!({ "uri": "note:///public" }),
            "notes",
        ),
        (
            "completion/complete",
            complete(json!({ "type": "ref/prompt", "name": "greeting" })),
            "prompts",
        ),
        ("acme/reindex", json!({}), "admin"),
    ];
    for (id, (method, params, scope)) in operations.into_iter().enumerate() {
        let others: Vec<_> = ALL.split(' ').filter(|other| *other != scope).collect();
        let narrow = lab.token(&others.join(" "));
        let body = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let reply = say(&lab, Some(&narrow), &session, body.clone()).await;
        assert_eq!(reply.status, 403, "{method}: {reply:?}");
        assert!(
            reply.challenge().contains(&format!(r#"scope="{scope}""#)),
            "{method}"
        );
        assert_eq!(say(&lab, None, &session, body.clone()).await.status, 401);
        let bob = lab.token_of("bob", "smartmail", ALL);
        assert_eq!(
            say(&lab, Some(&bob), &session, body.clone()).await.status,
            404
        );
        assert_eq!(lab.ran.times(), 0, "{method}");
        say(&lab, Some(&lab.token(scope)), &session, body).await;
        assert_eq!(lab.ran.reset(), 1, "{method}");
    }
}

#[tokio::test]
async fn what_the_opener_may_see_is_not_listed_to_who_comes_later() {
    let lab = lab_with(|authz| authz.sessions(SessionLimits::new())).await;
    let session = open(&lab, &lab.token(ALL)).await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "prompts/list", "params": {} });
    let narrow = say(&lab, Some(&lab.token("prompts")), &session, list.clone()).await;
    assert!(!narrow.body.contains("secret"), "{narrow:?}");
    assert!(narrow.body.contains("greeting"), "{narrow:?}");
    let wide = say(&lab, Some(&lab.token(ALL)), &session, list).await;
    assert!(wide.body.contains("secret"), "{wide:?}");
    // A notification that is not allowed is dropped; one that is runs.
    for (scopes, ran) in [("tools", 0), ("admin", 1)] {
        let body = json!({ "jsonrpc": "2.0", "method": "acme/reindex" });
        let reply = say(&lab, Some(&lab.token(scopes)), &session, body).await;
        assert!(reply.status == 202 || reply.status == 403, "{reply:?}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        assert_eq!(lab.ran.reset(), ran, "{scopes}");
    }
}

/// A method of the newest revision does not become one of a session by being sent there.
#[tokio::test]
async fn what_sessions_do_not_know_is_not_reached_through_one() {
    let lab = lab_with(|authz| authz.sessions(SessionLimits::new())).await;
    let token = lab.token(ALL);
    let session = open(&lab, &token).await;
    for revision in ["2025-11-25", "2026-07-28"] {
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen",
            "params": {
                "notifications": { "resourceSubscriptions": ["note:///secret"] },
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": revision,
                    "io.modelcontextprotocol/clientInfo": { "name": "lab", "version": "1" },
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            },
        });
        let reply = say(&lab, Some(&token), &session, body).await;
        assert!(reply.message()["result"].is_null(), "{revision}: {reply:?}");
        assert!(
            !reply.body.contains("acknowledged"),
            "{revision}: {reply:?}"
        );
    }
    assert_eq!(lab.ran.times(), 0);
}
