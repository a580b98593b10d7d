//! Policies over what a call is about: its arguments, or the variables of its URI. Asked wherever
//! those are known, and never passed over where they are not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use json::{Value, json};
use mcp_authz::{Authz, Error, PolicyError, Rule, Rules, Scope, SessionLimits, Visibility, scopes};
use support::{Lab, Ran, Reply, legacy_body};

use crate::ask;
use crate::listen::{SHORT, listen};
use crate::office::{self, Office};

/// What `name` holds must be the caller's own; one name cannot be found out, and one breaks it.
fn own(rule: impl Into<Rule>, name: &'static str) -> Rule {
    rule.into().policy_for(move |known, auth| async move {
        tokio::task::yield_now().await;
        match known.get(name).and_then(Value::as_str) {
            Some("unknown") => Err(PolicyError::unavailable()),
            Some("broken") => panic!("on purpose"),
            Some(owner) if auth.subject() == Some(owner) => Ok(()),
            _ => Err(PolicyError::denied("This is not yours.")),
        }
    })
}

/// A tool, a prompt and a template of the office, for their owners alone.
fn rules() -> Rules {
    Rules::new()
        .tool("echo", own(scopes!["tools"], "owner"))
        .tool("ask", scopes!["tools"])
        .tool("long", own(scopes!["tasks"], "owner"))
        .tool("hidden", own(scopes!["tools"], "owner").conceal())
        .prompt("greeting", own(scopes!["prompts"], "owner"))
        .prompt("secret", scopes!["admin"])
        .resource("note:///public", scopes!["notes"])
        .resource("note:///secret", scopes!["admin"])
        .resource(
            "bucket:///{bucket}/{+path}",
            own(scopes!["notes"], "bucket"),
        )
        .resource("skill://math/SKILL.md", scopes!["skills"])
        .method("acme/reindex", scopes!["admin"])
}

const SCOPES: &str = "tools tasks prompts notes skills";

async fn lab() -> Lab {
    lab_of(rules()).await
}

async fn lab_of(rules: Rules) -> Lab {
    Lab::protecting(Office::new, rules, |authz| {
        authz.sessions(SessionLimits::new())
    })
    .await
}

/// A call of each kind, about what `owner` owns.
fn calls(owner: &str) -> [(&'static str, Value); 3] {
    let arguments = json!({ "owner": owner });
    [
        (
            "tools/call",
            json!({ "name": "echo", "arguments": arguments }),
        ),
        (
            "prompts/get",
            json!({ "name": "greeting", "arguments": arguments }),
        ),
        (
            "resources/read",
            json!({ "uri": format!("bucket:///{owner}/x/y") }),
        ),
    ]
}

/// The same request of the newest revision, and in a session of an older one.
async fn everywhere(lab: &Lab, (method, params): (&str, Value)) -> [Reply; 2] {
    let token = lab.token(SCOPES);
    let modern = ask(lab, Some(&token), method, params.clone()).await;
    let opening = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "lab", "version": "1" },
    });
    let opening = lab
        .post(Some(&token))
        .body(legacy_body("initialize", opening));
    let opening = Reply::of(opening).await;
    let in_session = lab
        .post(Some(&token))
        .header("mcp-session-id", opening.header("mcp-session-id"))
        .body(legacy_body(method, params));
    [modern, Reply::of(in_session).await]
}

fn assert_forbidden(reply: &Reply) {
    assert_eq!(
        (reply.status.as_u16(), reply.challenge()),
        (403, ""),
        "{reply:?}"
    );
    let body: Value = json::from_str(&reply.body).unwrap();
    let expected = json!({ "error": "access_denied", "error_description": "This is not yours." });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn what_is_somebody_else_s_is_refused_for_every_kind() {
    for (owner, status) in [("bob", 403), ("unknown", 503), ("broken", 500)] {
        for call in calls(owner) {
            let lab = lab().await;
            for reply in everywhere(&lab, call.clone()).await {
                assert_eq!(reply.status, status, "{call:?}: {reply:?}");
                assert_eq!(reply.challenge(), "", "{reply:?}");
                assert_eq!(
                    reply.headers.contains_key("retry-after"),
                    status == 503,
                    "{reply:?}"
                );
                if status == 403 {
                    assert_forbidden(&reply);
                }
            }
            assert_eq!(lab.ran.times(), 0, "{call:?}");
        }
    }
    let lab = lab().await;
    for call in calls("alice") {
        for reply in everywhere(&lab, call.clone()).await {
            assert!(reply.message()["result"].is_object(), "{call:?}: {reply:?}");
        }
        assert_eq!(lab.ran.reset(), 2, "{call:?}");
    }
}

/// Absent, of another type, in another place, doubled: the predicate sees what runs.
#[tokio::test]
async fn what_is_not_as_expected_is_nobody_s() {
    let lab = lab().await;
    let token = lab.token(SCOPES);
    for arguments in [
        Value::Null,
        json!({}),
        json!({ "owner": ["alice"] }),
        json!({ "owner": { "owner": "alice" } }),
        json!({ "Owner": "alice", "owner": "bob" }),
    ] {
        for (method, name) in [("tools/call", "echo"), ("prompts/get", "greeting")] {
            let mut params = json!({ "name": name });
            if !arguments.is_null() {
                params["arguments"] = arguments.clone();
            }
            assert_forbidden(&ask(&lab, Some(&token), method, params).await);
        }
    }
    for uri in [
        "bucket:///Alice/x",
        "bucket:///bob/alice",
        "bucket:///%61lice/x",
    ] {
        let reply = ask(&lab, Some(&token), "resources/read", json!({ "uri": uri })).await;
        assert!(reply.message()["result"].is_null(), "{uri}: {reply:?}");
    }
    let doubled = json!({ "name": "echo", "arguments": { "owner": "alice" } });
    let doubled = legacy_body("tools/call", doubled)
        .replace(r#""owner":"alice""#, r#""owner":"alice","owner":"bob""#);
    assert!(
        doubled.contains(r#""owner":"alice","owner":"bob""#),
        "{doubled}"
    );
    let reply = Reply::of(lab.post(Some(&token)).body(doubled)).await;
    assert!(reply.message()["result"].is_null(), "{reply:?}");
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn scopes_come_first_and_both_policies_are_asked() {
    let refuses = own(scopes!["tools"], "owner")
        .policy(|_| async { Err(PolicyError::denied("This is not yours.")) });
    let more = own(scopes!["notes"], "owner").scopes_for(|_, _| Scope::new("more").into());
    let rules = office::without_tools()
        .tools(["echo", "ask", "long", "hidden"], refuses)
        .unlisted_resource("box:///{owner}", more);
    let lab = lab_of(rules).await;
    for (scopes, asked) in [("", "notes"), ("notes", "notes more")] {
        let params = json!({ "uri": "box:///broken" });
        let reply = ask(&lab, Some(&lab.token(scopes)), "resources/read", params).await;
        let asked = format!(r#"scope="{asked}""#);
        assert!(reply.challenge().contains(&asked), "{reply:?}");
    }
    let params = json!({ "name": "echo", "arguments": { "owner": "alice" } });
    assert_forbidden(&ask(&lab, Some(&lab.token("tools")), "tools/call", params).await);
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn what_is_concealed_is_unknown_for_whoever_does_not_own_it() {
    let lab = lab().await;
    let token = lab.token(SCOPES);
    let call = async |name: &str, owner: &str| {
        let params = json!({ "name": name, "arguments": { "owner": owner } });
        ask(&lab, Some(&token), "tools/call", params).await
    };
    let unknown = call("nothin", "bob").await;
    for owner in ["bob", "unknown", "broken"] {
        let reply = call("hidden", owner).await;
        assert_eq!(
            (reply.status, &reply.body),
            (unknown.status, &unknown.body),
            "{owner}"
        );
    }
    assert_eq!(lab.ran.times(), 0);
    assert_eq!(call("hidden", "alice").await.text(), "hidden for alice");
}

#[tokio::test]
async fn a_list_shows_what_some_arguments_could_pass() {
    let granted = |authz: Authz| authz.visibility(Visibility::Granted);
    let lab = Lab::protecting(Office::new, rules(), granted).await;
    for (scopes, shown) in [(SCOPES, true), ("skills", false)] {
        let token = lab.token(scopes);
        for (method, name) in [
            ("prompts/list", "greeting"),
            ("resources/templates/list", "bucket:///{bucket}/{+path}"),
            ("tools/list", "echo"),
        ] {
            let reply = ask(&lab, Some(&token), method, json!({})).await;
            assert_eq!(reply.body.contains(name), shown, "{method}: {reply:?}");
        }
        // Where there are no variables, the predicate is asked about none.
        let resources = ask(&lab, Some(&token), "resources/list", json!({})).await;
        assert!(
            !resources.body.contains("bucket:///a/listed"),
            "{resources:?}"
        );
    }
}

#[tokio::test]
async fn nobody_watches_what_is_somebody_else_s() {
    let lab = lab().await;
    let token = lab.token(SCOPES);
    for (uri, status) in [("bucket:///bob/x", 403), ("bucket:///broken/x", 500)] {
        let filter = json!({ "resourceSubscriptions": [uri] });
        let (opened, events) = listen(&lab, &token, filter, SHORT).await;
        assert_eq!(opened, 200, "{events:?}");
        assert_eq!(events[0]["params"]["notifications"], json!({}), "left out");
        assert_eq!(lab.ran.reset(), 1, "it listens, to nothing");
        let call = ("resources/subscribe", json!({ "uri": uri }));
        let [_, reply] = everywhere(&lab, call).await;
        assert_eq!(reply.status, status, "{reply:?}");
    }
    assert_eq!(lab.ran.times(), 0);
    let filter = json!({ "resourceSubscriptions": ["bucket:///alice/x"] });
    let (status, events) = listen(&lab, &token, filter.clone(), SHORT).await;
    assert_eq!(status, 200, "{events:?}");
    assert_eq!(events[0]["params"]["notifications"], filter);
}

/// The handler completes everything to a, b and c: whose are they?
#[tokio::test]
async fn nothing_completes_to_what_is_somebody_else_s() {
    let rules = || {
        rules()
            .unlisted_resource("box:///{owner}/{id}", own(scopes!["notes"], "owner"))
            .unlisted_resource("sack:///{owner}", own(scopes!["notes"], "owner"))
    };
    let lab = lab_of(rules()).await;
    let prompt = json!({ "type": "ref/prompt", "name": "greeting" });
    let open = json!({ "type": "ref/prompt", "name": "secret" });
    let of = |uri: &str| json!({ "type": "ref/resource", "uri": uri });
    let all = json!(["a", "b", "c"]);
    for (reference, argument, given, expected) in [
        (&prompt, "owner", json!({}), json!(["b"])),
        (&prompt, "about", json!({ "owner": "a" }), json!([])),
        (&prompt, "about", json!({ "owner": "b" }), all.clone()),
        // What is being typed counts, and not what is said of it besides.
        (&prompt, "owner", json!({ "owner": "b" }), json!(["b"])),
        (&prompt, "about", json!({}), json!([])),
        (&open, "owner", json!({}), all.clone()),
        (&of("sack:///{owner}"), "owner", json!({}), json!(["b"])),
        (&of("box:///{owner}/{id}"), "owner", json!({}), json!(["b"])),
        (
            &of("box:///{owner}/{id}"),
            "id",
            json!({ "owner": "a" }),
            json!([]),
        ),
        (
            &of("box:///{owner}/{id}"),
            "id",
            json!({ "owner": "b" }),
            all.clone(),
        ),
        (
            &of("box:///{owner}/{id}"),
            "id",
            json!({ "owner": "broken" }),
            json!([]),
        ),
    ] {
        let params = json!({
            "ref": reference,
            "argument": { "name": argument, "value": "" },
            "context": { "arguments": given },
        });
        let token = lab.token_of("b", "smartmail", "prompts notes admin");
        let reply = ask(&lab, Some(&token), "completion/complete", params).await;
        let completion = &reply.message()["result"]["completion"];
        assert_eq!(
            completion["values"], expected,
            "{reference} {argument} {given}: {reply:?}"
        );
        let whole = expected == all;
        assert_eq!(
            completion["total"].is_number(),
            whole,
            "{reference} {argument} {given}"
        );
    }
}

#[tokio::test]
async fn a_task_is_asked_about_with_the_arguments_of_its_call() {
    let open = Arc::new(AtomicBool::new(true));
    let still = Arc::clone(&open);
    let rule = Rule::from(scopes!["tasks"]).policy_for(move |arguments, auth| {
        let own = arguments.get("owner").and_then(Value::as_str) == auth.subject();
        let allows = own && still.load(Ordering::SeqCst);
        async move {
            allows
                .then_some(())
                .ok_or(PolicyError::denied("This is not yours."))
        }
    });
    let rules = office::without_tools()
        .tools(["echo", "ask", "hidden"], scopes!["tools"])
        .tool("long", rule);
    let lab = Lab::protecting(Office::new, rules, |authz| authz).await;
    let token = lab.token("tasks");
    let start = async |arguments: Value| {
        let params = json!({ "name": "long", "arguments": arguments });
        ask(&lab, Some(&token), "tools/call", params).await
    };
    assert_forbidden(&start(json!({ "owner": "bob" })).await);
    assert_eq!(lab.ran.times(), 0);
    let made = start(json!({ "owner": "alice" })).await;
    let id = made.message()["result"]["taskId"].clone();
    assert!(id.is_string(), "{made:?}");
    let get = async || ask(&lab, Some(&token), "tasks/get", json!({ "taskId": id })).await;
    assert_eq!(get().await.message()["result"]["taskId"], id);
    assert_eq!(lab.ran.reset(), 2);
    open.store(false, Ordering::SeqCst);
    for method in ["tasks/get", "tasks/cancel", "tasks/update"] {
        let params = json!({ "taskId": id, "inputResponses": {} });
        assert_forbidden(&ask(&lab, Some(&token), method, params).await);
    }
    assert_eq!(lab.ran.times(), 0);
    open.store(true, Ordering::SeqCst);
    assert_eq!(get().await.message()["result"]["taskId"], id);
    // What nobody could be asked about again is no task.
    let padding = "x".repeat(9_000);
    let reply = start(json!({ "owner": "alice", "padding": padding })).await;
    assert_eq!(reply.error_code(), -32603, "{reply:?}");
    let lost = ask(
        &lab,
        Some(&token),
        "tasks/get",
        json!({ "taskId": "task-1" }),
    )
    .await;
    assert_eq!(lost.error_code(), -32602, "{lost:?}");
}

#[tokio::test]
async fn where_no_arguments_are_known_nothing_starts() {
    let rules = office::rules()
        .method("acme/other", own(scopes!["admin"], "owner"))
        .unlisted_resource("open:///{owner}", own(Rule::anonymous(), "owner"));
    let authz = Authz::new()
        .resource("https://mcp.example.com/mcp")
        .issuer("http://127.0.0.1:1")
        .allow_anonymous();
    let started = authz
        .protect(Office::new(Ran::default()), rules)
        .build()
        .await;
    let Err(Error::Config(error)) = started else {
        panic!("it started");
    };
    let problems = error.problems();
    for (item, what) in [
        ("method \"acme/other\"", "decided by its arguments"),
        ("resource \"open:///{owner}\"", "a caller who is nobody"),
    ] {
        let told = problems
            .iter()
            .any(|problem| problem.contains(item) && problem.contains(what));
        assert!(told, "{item}: {problems:#?}");
    }
    assert_eq!(problems.len(), 2, "{problems:#?}");
}
