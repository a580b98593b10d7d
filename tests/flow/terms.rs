//! How scopes are compared, shown and asked for, by what the server says.

use std::time::Duration;

use json::json;
use mcp_authz::rmcp::{Peer, RoleServer, model::ProgressNotificationParam};
use mcp_authz::{AuthInfo, ChallengeScopes, Denied, Hierarchy, Scope, State, Visibility, tool};
use support::{Lab, Ran};

use crate::lab_with;

/// Finds out while it runs that it needs more.
#[tool(authenticated)]
async fn curious(auth: AuthInfo, ran: State<Ran>) -> Result<String, Denied> {
    auth.require(Scope::new("secret"))?;
    ran.note();
    Ok("the secret".into())
}

/// Finds out when the client has seen some of the answer.
#[tool(authenticated)]
async fn late(
    auth: AuthInfo,
    peer: Peer<RoleServer>,
    meta: mcp_authz::rmcp::model::RequestMetaObject,
    ran: State<Ran>,
) -> Result<String, Denied> {
    if let Some(token) = meta.get_progress_token() {
        let _ = peer
            .notify_progress(ProgressNotificationParam::new(token, 1.0))
            .await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    auth.require(Scope::new("secret"))?;
    ran.note();
    Ok("the secret".into())
}

async fn names(lab: &Lab, scopes: &str) -> Vec<String> {
    let reply = lab
        .ask(Some(&lab.token(scopes)), "tools/list", json!({}))
        .await;
    let tools = reply.message()["result"]["tools"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn a_wider_scope_opens_what_it_includes() {
    let hierarchy = Hierarchy::new().includes("mail", ["mail:send", "mail:read"]);
    let lab = lab_with(|server| server.hierarchy(hierarchy)).await;
    assert_eq!(
        lab.call(Some(&lab.token("mail")), "send_mail").await.text(),
        "sent"
    );
    let reply = lab.call(Some(&lab.token("mail:read")), "send_mail").await;
    assert_eq!(reply.status, 403);
    assert!(
        reply.challenge().contains(r#"scope="mail:send""#),
        "{}",
        reply.challenge()
    );
    assert_eq!(lab.ran.times(), 1);
}

#[tokio::test]
async fn a_caller_can_be_shown_only_what_it_may_call() {
    let lab = lab_with(|server| server.visibility(Visibility::Granted)).await;
    assert_eq!(names(&lab, "").await, ["broken", "hello", "slow"]);
    let more = ["broken", "hello", "send_mail", "slow"];
    assert_eq!(names(&lab, "mail:send profile").await, more);
    let reply = lab.call(Some(&lab.token("")), "send_mail").await;
    assert_eq!(reply.status, 403, "hiding is not what protects");
}

#[tokio::test]
async fn a_challenge_can_carry_what_is_granted_already() {
    let both = ChallengeScopes::RequiredAndGranted;
    let lab = lab_with(|server| server.challenge_scopes(both)).await;
    let reply = lab
        .call(Some(&lab.token("profile email")), "send_mail")
        .await;
    assert!(
        reply
            .challenge()
            .contains(r#"scope="mail:send profile email""#),
        "{reply:?}"
    );
}

#[tokio::test]
async fn a_running_tool_can_refuse_while_the_answer_has_not_begun() {
    let lab = lab_with(|server| server.tool(curious::tool())).await;
    let narrow = lab.token("profile");
    let modern = lab.call(Some(&narrow), "curious").await;
    let legacy = lab.call_legacy(Some(&narrow), "curious").await;
    for reply in [modern, legacy] {
        assert_eq!(reply.status, 403, "{reply:?}");
        assert!(
            reply.challenge().contains(r#"scope="secret""#),
            "{}",
            reply.challenge()
        );
    }
    assert_eq!(lab.ran.times(), 0);
    let wide = lab.token("secret");
    assert_eq!(lab.call(Some(&wide), "curious").await.text(), "the secret");
}

#[tokio::test]
async fn once_the_answer_has_begun_a_refusal_is_a_tool_error() {
    let lab = lab_with(|server| server.tool(late::tool())).await;
    let params = json!({ "name": "late", "_meta": { "progressToken": "p" } });
    let request = lab
        .post(Some(&lab.token("")))
        .header("mcp-protocol-version", "2025-11-25");
    let body = support::legacy_body("tools/call", params);
    let reply = support::Reply::of(request.body(body)).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.message()["result"]["isError"], true, "{reply:?}");
    assert!(reply.text().contains("secret"), "{reply:?}");
    assert_eq!(lab.ran.times(), 0);
}
