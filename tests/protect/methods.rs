//! Every method that names something.

use json::{Value, json};
use support::{Lab, legacy_body};

use crate::office::ALL;
use crate::{ask, lab, lab_with};

/// Operation, parameters, the scope that it needs.
fn operations() -> Vec<(&'static str, Value, &'static str)> {
    let file = "bucket:///a/x/y";
    let complete =
        |reference| json!({ "ref": reference, "argument": { "name": "bucket", "value": "" } });
    vec![
        (
            "tools/call",
            json!({ "name": "echo", "arguments": {} }),
            "tools",
        ),
        ("prompts/get", json!({ "name": "greeting" }), "prompts"),
        (
            "resources/read",
            json!({ "uri": "note:///public" }),
            "notes",
        ),
        ("resources/read", json!({ "uri": file }), "files:a:read"),
        (
            "completion/complete",
            complete(json!({ "type": "ref/prompt", "name": "greeting" })),
            "prompts",
        ),
        (
            "completion/complete",
            complete(json!({ "type": "ref/resource", "uri": "note:///public" })),
            "notes",
        ),
        (
            "skills/get",
            json!({ "uri": "skill://math/SKILL.md" }),
            "skills",
        ),
        (
            "resources/directory/read",
            json!({ "uri": "skill://math" }),
            "skills",
        ),
        ("acme/reindex", json!({}), "admin"),
    ]
}

#[tokio::test]
async fn what_is_asked_for_runs_with_its_scope_and_never_without() {
    let lab = lab().await;
    for (method, params, scope) in operations() {
        assert_eq!(
            ask(&lab, None, method, params.clone()).await.status,
            401,
            "{method}"
        );
        let others: Vec<_> = ALL.split(' ').filter(|other| *other != scope).collect();
        for held in ["", &others.join(" ")] {
            let reply = ask(&lab, Some(&lab.token(held)), method, params.clone()).await;
            assert_eq!(reply.status, 403, "{method} {params}: {reply:?}");
            let challenge = reply.challenge();
            assert!(
                challenge.contains(r#"error="insufficient_scope""#),
                "{challenge}"
            );
            assert!(
                challenge.contains(&format!(r#"scope="{scope}""#)),
                "{challenge}"
            );
        }
        assert_eq!(lab.ran.times(), 0, "{method} {params}");
        let reply = ask(&lab, Some(&lab.token(scope)), method, params.clone()).await;
        assert_eq!(reply.status, 200, "{method} {params}: {reply:?}");
        assert!(reply.message()["result"].is_object(), "{method}: {reply:?}");
        assert_eq!(lab.ran.reset(), 1, "{method} {params}");
    }
}

#[tokio::test]
async fn what_is_concealed_is_answered_byte_for_byte_like_what_there_is_not() {
    let lab = lab().await;
    let reference = |name: &str| json!({ "ref": { "type": "ref/prompt", "name": name }, "argument": { "name": "x", "value": "" } });
    for (method, concealed, unknown) in [
        (
            "tools/call",
            json!({ "name": "hidden" }),
            json!({ "name": "nothin" }),
        ),
        (
            "prompts/get",
            json!({ "name": "secret" }),
            json!({ "name": "nothin" }),
        ),
        (
            "resources/read",
            json!({ "uri": "note:///secret" }),
            json!({ "uri": "note:///nothin" }),
        ),
        (
            "completion/complete",
            reference("secret"),
            reference("nothin"),
        ),
    ] {
        for token in [lab.token(""), lab.token("tools prompts notes")] {
            let one = ask(&lab, Some(&token), method, concealed.clone()).await;
            let other = ask(&lab, Some(&token), method, unknown.clone()).await;
            assert_eq!(one.status, other.status, "{method}");
            // But for the name, which is the client's own.
            let said = one.body.replace("note:///secret", "note:///nothin");
            assert_eq!(said, other.body, "{method}");
            assert_eq!(
                one.headers.len(),
                other.headers.len(),
                "{method}: {one:?} {other:?}"
            );
            assert_eq!(one.challenge(), "", "{method}");
        }
        assert_eq!(lab.ran.times(), 0, "{method}");
        let reply = ask(&lab, Some(&lab.token("admin")), method, concealed).await;
        assert_eq!(lab.ran.reset(), 1, "{method}: {reply:?}");
    }
}

#[tokio::test]
async fn other_spellings_of_a_uri_reach_nothing() {
    let lab = lab().await;
    // Everything but what the secret one needs, so that any way around would show.
    let token = lab.token("tools tasks prompts notes skills files:a:read files:secret:read");
    for uri in [
        "note:///secret",
        "NOTE:///secret",
        "note:///Secret",
        "note:///%73ecret",
        "note:///x/../secret",
        "note:///./secret",
        "note:////secret",
        "note:///secret/",
        "note:///secret?",
        "note:///secret#x",
        "note://host/secret",
        "note:///secret%00",
        "bucket:///b/x",
        "bucket:///A/x",
        "bucket:///a/../b/x",
        "bucket:///a/x/../../b",
        "bucket:///%61/x",
        "bucket:///a%2Fb/x",
        "bucket:///a/%2e%2e/x",
        "bucket:///a//x",
        "bucket:///a/",
        "bucket:///a",
    ] {
        for method in ["resources/read", "resources/directory/read", "skills/get"] {
            let reply = ask(&lab, Some(&token), method, json!({ "uri": uri })).await;
            assert!(
                reply.message()["result"].is_null(),
                "{method} {uri}: {reply:?}"
            );
        }
    }
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn methods_without_a_rule_are_refused_also_in_odd_shapes() {
    let lab = lab().await;
    let token = lab.token(ALL);
    for (method, params) in [
        ("acme/other", json!({})),
        ("acme/Reindex", json!({})),
        ("tools/Call", json!({ "name": "echo" })),
        ("tools/call", json!({ "name": 1 })),
        ("tools/call", json!({ "name": "echo", "arguments": [] })),
        ("prompts/get", json!({ "name": ["greeting"] })),
        ("resources/read", json!({ "uri": null })),
        ("tasks/result", json!({ "taskId": "task-0" })),
        ("notifications/acme", json!({})),
    ] {
        let reply = ask(&lab, Some(&token), method, params.clone()).await;
        assert!(
            reply.message()["result"].is_null(),
            "{method} {params}: {reply:?}"
        );
    }
    // The same method as a notification: there is no answer, and nothing runs.
    for (method, token) in [("acme/other", ALL), ("acme/reindex", "tools")] {
        let body = json!({ "jsonrpc": "2.0", "method": method }).to_string();
        let post = lab.post(Some(&lab.token(token))).body(body);
        let status = post.send().await.unwrap().status();
        assert!(status == 202 || status == 403, "{method}: {status}");
    }
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn older_revisions_are_decided_alike() {
    let lab = lab_with(|authz| authz.json_replies(false)).await;
    let subscribe = (
        "resources/subscribe",
        json!({ "uri": "note:///public" }),
        "notes",
    );
    let mut all = operations();
    all.retain(|(method, ..)| !method.starts_with("skills") && !method.ends_with("directory/read"));
    all.push(subscribe);
    for (method, params, scope) in all {
        let reply = legacy(&lab, "", method, &params).await;
        assert_eq!(reply.status, 403, "{method}: {reply:?}");
        assert_eq!(lab.ran.times(), 0, "{method}");
        let reply = legacy(&lab, scope, method, &params).await;
        assert_eq!(reply.status, 200, "{method}: {reply:?}");
        assert_eq!(lab.ran.reset(), 1, "{method}: {reply:?}");
    }
}

async fn legacy(lab: &Lab, scopes: &str, method: &str, params: &Value) -> support::Reply {
    let token = lab.token(scopes);
    let request = lab
        .post(Some(&token))
        .header("mcp-protocol-version", "2025-11-25");
    support::Reply::of(request.body(legacy_body(method, params.clone()))).await
}
