//! Subscriptions: only to what the caller may read, and no longer than its token.

use std::time::{Duration, Instant};

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

#[tokio::test]
async fn a_policy_keeps_a_subscription_closed() {
    let nobody =
        Rule::from(scopes!["notes"]).policy(|_| async { Err(PolicyError::denied("not today")) });
    let mut rules = office::rules();
    rules = rules.unlisted_resource("note:///policed", nobody);
    let lab = Lab::protecting(Office::new, rules, |authz| authz).await;
    let watched = json!({ "resourceSubscriptions": ["note:///policed"] });
    let (status, events) = listen(&lab, &lab.token("notes"), watched, SHORT).await;
    assert_eq!(status, 403, "{events:?}");
    assert_eq!(events[0]["error_description"], "not today");
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
