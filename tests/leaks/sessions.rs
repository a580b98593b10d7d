//! Sessions of older revisions, whose ids travel sealed.

use http_client::Method;
use json::json;
use mcp_authz::SessionLimits;
use support::{Lab, Reply, legacy_body};

use crate::lab;
use crate::secrets::Secrets;

const SESSION: &str = "mcp-session-id";

pub async fn run(secrets: &mut Secrets) {
    let sealing_key = "sealing-key-with-thirty-two-byte";
    let lab = lab(|server| {
        let server = server
            .sessions(SessionLimits::default())
            .json_replies(false);
        server.sealing_keys([("k", sealing_key)])
    })
    .await;
    let alice = lab.token("mail:read");
    let bob = lab.token_of("bob", "smartmail", "mail:read");
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": { "name": "lab", "version": "1" },
    });
    let opened = send(&lab, &alice, "", "initialize", hello).await;
    let session = opened.header(SESSION).to_owned();
    let call = json!({ "name": "read_mail", "arguments": {} });
    let own = send(&lab, &alice, &session, "tools/call", call.clone()).await;
    assert_eq!(own.text(), "alice's mail");
    for (token, id) in [(&bob, session.as_str()), (&alice, &format!("{session}A"))] {
        let reply = send(&lab, token, id, "tools/call", call.clone()).await;
        assert_eq!(reply.status, 404);
    }
    let end = lab.request(Method::DELETE, Some(&alice));
    assert!(
        Reply::of(end.header(SESSION, &session))
            .await
            .status
            .is_success()
    );
    secrets.add("Alice's token", alice);
    secrets.add("Bob's token", bob);
    secrets.add("a session id", session);
    secrets.add("a sealing key", sealing_key);
}

async fn send(lab: &Lab, token: &str, id: &str, method: &str, params: json::Value) -> Reply {
    let request = lab
        .post(Some(token))
        .header("mcp-protocol-version", "2025-11-25");
    let request = match id {
        "" => request,
        id => request.header(SESSION, id),
    };
    Reply::of(request.body(legacy_body(method, params))).await
}
