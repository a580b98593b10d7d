//! Subscriptions: only to what the caller may read, and no longer than its token.

use std::time::{Duration, Instant};

use http_client::RequestBuilder;
use json::{Value, json};
use mcp_authz::{PolicyError, Rule, scopes};
use support::{Lab, MODERN, modern_headers};

use crate::office::{self, Office};
use crate::{lab, lab_with};

/// Opens a subscription and returns its status and events, until it ends.
pub(crate) async fn listen(
    lab: &Lab,
    token: &str,
    filter: Value,
    patience: Duration,
) -> (u16, Vec<Value>) {
    let params = json!({
        "notifications": filter,
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientInfo": { "name": "lab", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        },
    });
    let body =
        json!({ "jsonrpc": "2.0", "id": 7, "method": "subscriptions/listen", "params": params });
    let request = lab
        .post(Some(token))
        .headers(modern_headers("subscriptions/listen", None))
        .body(body.to_string());
    hear(request, patience).await
}

/// The status and the events that a request is answered with, until they end.
pub(crate) async fn hear(request: RequestBuilder, patience: Duration) -> (u16, Vec<Value>) {
    let mut response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let mut text = String::new();
    let read = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            text.push_str(&String::from_utf8_lossy(&chunk));
        }
    };
    let _ = tokio::time::timeout(patience, read).await;
    let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let mut events: Vec<Value> = data.filter_map(|data| json::from_str(data).ok()).collect();
    if events.is_empty() {
        events.extend(json::from_str::<Value>(&text).ok());
    }
    (status, events)
}

pub(crate) const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn what_the_caller_may_not_read_is_left_out() {
    let lab = lab().await;
    let watched = json!({
        "toolsListChanged": true,
        "resourceSubscriptions": ["note:///public", "note:///secret", "bucket:///a/x", "bucket:///b/x", "x:///y"],
    });
    let accepted = async |scopes: &str| {
        let (status, events) = listen(&lab, &lab.token(scopes), watched.clone(), SHORT).await;
        assert_eq!(status, 200, "{events:?}");
        assert_eq!(
            events[0]["method"],
            "notifications/subscriptions/acknowledged"
        );
        events[0]["params"]["notifications"].clone()
    };
    assert_eq!(accepted("tools").await, json!({ "toolsListChanged": true }));
    assert_eq!(
        accepted("notes files:a:read").await,
        json!({ "toolsListChanged": true, "resourceSubscriptions": ["note:///public", "bucket:///a/x"] })
    );
    assert_eq!(
        accepted("admin").await["resourceSubscriptions"],
        json!(["note:///secret"])
    );
}

#[tokio::test]
async fn lists_that_are_empty_for_a_caller_do_not_change_for_it() {
    let lab = lab_with(|authz| authz.visibility(mcp_authz::Visibility::Granted)).await;
    let watched = json!({ "toolsListChanged": true });
    for (scopes, told) in [("notes", Value::Null), ("tools", Value::Bool(true))] {
        let (_, events) = listen(&lab, &lab.token(scopes), watched.clone(), SHORT).await;
        assert_eq!(
            events[0]["params"]["notifications"]["toolsListChanged"], told,
            "{scopes}"
        );
    }
}

/// A policy that nobody can ask lets nobody in, and no other resource out.
#[tokio::test]
async fn what_a_policy_does_not_allow_is_left_out_and_the_rest_is_watched() {
    let notes = || Rule::from(scopes!["notes"]);
    let slow = |_| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(())
    };
    let panics = |_| async { panic!("this is on purpose") };
    let rules = office::rules()
        .unlisted_resource("note:///slow", notes().policy(slow))
        .unlisted_resource("note:///slow/secret", notes().policy(slow).conceal())
        .unlisted_resource(
            "note:///denied",
            notes().policy(|_| async { Err(PolicyError::denied("not today")) }),
        )
        .unlisted_resource(
            "note:///unsure",
            notes().policy(|_| async { Err(PolicyError::unavailable()) }),
        )
        .unlisted_resource("note:///broken", notes().policy(panics));
    let lab = Lab::protecting(Office::new, rules, |authz| authz).await;
    let all = json!({ "resourceSubscriptions": [
        "note:///denied", "note:///public", "note:///unsure", "note:///slow", "note:///broken",
        "note:///slow/secret", "note:///secret",
    ]});
    let (status, events) = listen(&lab, &lab.token("notes"), all, SHORT).await;
    assert_eq!(status, 200, "{events:?}");
    assert_eq!(
        events[0]["params"]["notifications"]["resourceSubscriptions"],
        json!(["note:///public", "note:///slow", "note:///slow/secret"]),
        "{events:?}"
    );
    assert_eq!(lab.ran.times(), 1);
    // Where nothing is left there is nothing to watch, and whoever asks is told so.
    let refused = json!({ "resourceSubscriptions": ["note:///denied", "note:///unsure"] });
    let (status, events) = listen(&lab, &lab.token("notes"), refused, SHORT).await;
    assert_eq!(status, 200, "{events:?}");
    let left = &events[0]["params"]["notifications"]["resourceSubscriptions"];
    assert!(left.as_array().is_none_or(Vec::is_empty), "{events:?}");
}

/// The body is read before rmcp reads it, and rmcp has the last word on it as on any other.
#[tokio::test]
async fn a_body_that_is_no_subscription_is_refused_as_anywhere() {
    let lab = lab_with(|authz| authz.max_body_bytes(10_000)).await;
    let send = async |body: String| {
        let request = lab.post(Some(&lab.token("notes")));
        let request = request.headers(modern_headers("subscriptions/listen", None));
        let reply = support::Reply::of(request.body(body)).await;
        reply.status.as_u16()
    };
    let uri = format!("note:///{}", "x".repeat(20_000));
    let long = json!({ "jsonrpc": "2.0", "id": 7, "method": "subscriptions/listen", "params": {
        "notifications": { "resourceSubscriptions": [uri] },
    }});
    assert_eq!(send(long.to_string()).await, 413);
    for odd in [
        "",
        "{",
        "[]",
        r#"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen"}"#,
    ] {
        assert!((400..=415).contains(&send(odd.to_owned()).await), "{odd}");
    }
    // The header of one method and the body of another.
    let call = support::modern_body("tools/call", json!({ "name": "echo", "arguments": {} }));
    assert_eq!(send(call).await, 400);
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn a_subscription_ends_with_its_token_and_says_so() {
    let lab = lab().await;
    // Over for a while, and still good for two seconds of leeway.
    let token = lab.expired("notes", Duration::from_secs(58));
    let begun = Instant::now();
    let watched = json!({ "resourceSubscriptions": ["note:///public"] });
    let (status, events) = listen(&lab, &token, watched, Duration::from_secs(20)).await;
    assert_eq!(status, 200);
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    let last = events.last().unwrap();
    assert_eq!(last["id"], 7, "the result that ends it: {events:?}");
    assert!(last["result"].is_object(), "{events:?}");
}

#[tokio::test]
async fn a_server_that_stops_ends_its_subscriptions_properly() {
    let mut lab = lab().await;
    let token = lab.token("notes");
    let watched = json!({ "resourceSubscriptions": ["note:///public"] });
    lab.stop_after(Duration::from_millis(300));
    let (_, events) = listen(&lab, &token, watched, Duration::from_secs(5)).await;
    let last = events.last().unwrap();
    assert!(last["result"].is_object(), "{events:?}");
}
