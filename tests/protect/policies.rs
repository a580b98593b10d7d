//! What scopes cannot say, on a handler that was written without it: decided before it runs, and
//! never by letting it run.

use std::time::Duration;

use json::{Value, json};
use mcp_authz::{PolicyError, Requirement, Rule, SessionLimits, scopes};
use support::{Lab, Reply, legacy_body};
use tokio::time::sleep;

use crate::ask;
use crate::office::{self, Office};

const TOOLS: [&str; 4] = ["echo", "ask", "long", "hidden"];

async fn lab(rule: Rule, json_replies: bool) -> Lab {
    let rules = office::without_tools().tools(TOOLS, rule);
    Lab::protecting(Office::new, rules, |authz| {
        authz
            .json_replies(json_replies)
            .sessions(SessionLimits::new())
    })
    .await
}

/// The same call in every way in which it can come.
async fn everywhere(lab: &Lab) -> Vec<Reply> {
    let token = lab.token("tools");
    let params = json!({ "name": "echo", "arguments": { "n": 1 } });
    let modern = ask(lab, Some(&token), "tools/call", params.clone()).await;
    let opening = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "lab", "version": "1" },
    });
    let opening = lab
        .post(Some(&token))
        .body(legacy_body("initialize", opening));
    let opening = Reply::of(opening).await;
    let session = opening.header("mcp-session-id");
    assert!(!session.is_empty(), "{opening:?}");
    let in_session = lab.post(Some(&token)).header("mcp-session-id", session);
    let in_session = Reply::of(in_session.body(legacy_body("tools/call", params))).await;
    vec![modern, in_session]
}

fn panicking(_: &json::Map<String, Value>, _: &mcp_authz::AuthInfo) -> Requirement {
    panic!("this is on purpose");
}

#[tokio::test]
async fn whatever_a_policy_does_instead_of_allowing_nothing_runs() {
    let rule = || Rule::from(scopes!["tools"]);
    for json_replies in [true, false] {
        for (rule, status) in [
            (
                rule().policy(|_| async { Err(PolicyError::denied("not today")) }),
                403,
            ),
            (
                rule().policy(|_| async { Err(PolicyError::unavailable()) }),
                503,
            ),
            (rule().policy(|_| async { panic!("on purpose") }), 500),
            (
                rule().policy(|_| {
                    assert!(std::env::args().count() == 0, "on purpose");
                    async { Ok(()) }
                }),
                500,
            ),
            (rule().scopes_for(panicking), 500),
        ] {
            let lab = lab(rule, json_replies).await;
            for reply in everywhere(&lab).await {
                assert_eq!(reply.status, status, "{reply:?}");
                assert_eq!(reply.challenge(), "", "{reply:?}");
                let waits = reply.headers.contains_key("retry-after");
                assert_eq!(waits, status == 503, "{reply:?}");
            }
            assert_eq!(lab.ran.times(), 0);
        }
        let lab = lab(rule().policy(|_| async { Ok(()) }), json_replies).await;
        for reply in everywhere(&lab).await {
            assert_eq!(reply.text(), "echo for alice", "{reply:?}");
        }
    }
}

/// Whoever is gone, or has called it off, wants nothing to run any more.
#[tokio::test]
async fn whoever_hangs_up_while_a_policy_is_asked_runs_nothing() {
    let slow = Rule::from(scopes!["tools"]).policy(|_| async {
        sleep(Duration::from_millis(400)).await;
        Ok(())
    });
    for json_replies in [true, false] {
        let lab = lab(slow.clone(), json_replies).await;
        let params = json!({ "name": "echo", "arguments": {} });
        let token = lab.token("tools");
        let hurried = ask(&lab, Some(&token), "tools/call", params.clone());
        let hurried = tokio::time::timeout(Duration::from_millis(150), hurried).await;
        assert!(hurried.is_err(), "it has hung up");
        sleep(Duration::from_millis(700)).await;
        assert_eq!(lab.ran.times(), 0);
        let patient = ask(&lab, Some(&token), "tools/call", params).await;
        assert_eq!(patient.text(), "echo for alice", "{patient:?}");
    }
}
