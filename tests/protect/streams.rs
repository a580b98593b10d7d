//! Streams that are opened and kept, by as many as one caller can: each takes memory for as long as it lasts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_client::{Client, Response};
use json::{Value, json};
use mcp_authz::AuditEvent;
use support::{Lab, Reply, modern_body, modern_headers};

use crate::{lab, lab_with};

async fn open(lab: &Lab, client: &Client, token: &str, uris: &[String]) -> Response {
    let watched = json!({ "notifications": { "resourceSubscriptions": uris } });
    let request = client
        .post(&lab.url)
        .bearer_auth(token)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .headers(modern_headers("subscriptions/listen", None))
        .body(modern_body("subscriptions/listen", watched));
    request.send().await.unwrap()
}

/// Streams of one caller until one is refused, and how many there are.
async fn fill(lab: &Lab, client: &Client, token: &str, uris: &[String]) -> Vec<Response> {
    let mut held = Vec::new();
    for _ in 0..200 {
        let response = open(lab, client, token, uris).await;
        if response.status() == 429 {
            assert_eq!(response.headers()["retry-after"], "60");
            assert!(!response.headers().contains_key("www-authenticate"));
            let told: Value = response.json().await.unwrap();
            assert_eq!(told["error"], "temporarily_unavailable");
            return held;
        }
        assert_eq!(response.status(), 200);
        held.push(response);
    }
    panic!("no stream of 200 was refused");
}

/// All of them over one connection, which costs its sender nothing.
fn client() -> Client {
    let client = Client::builder().http2_prior_knowledge().no_proxy();
    client.build().unwrap()
}

#[tokio::test]
async fn one_caller_keeps_so_many_streams_and_the_others_theirs() {
    let (lab, alices, bobs) = (lab().await, client(), client());
    let (alice, bob) = (
        lab.token("notes"),
        lab.token_of("bob", "smartmail", "notes"),
    );
    let uris = ["note:///public".to_owned()];
    let held = fill(&lab, &alices, &alice, &uris).await;
    assert!((64..=128).contains(&held.len()), "{}", held.len());
    assert_eq!(open(&lab, &bobs, &bob, &uris).await.status(), 200);
    // Her calls are another matter.
    let call = json!({ "uri": "note:///public" });
    let request = alices
        .post(&lab.url)
        .bearer_auth(&alice)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .headers(modern_headers("resources/read", Some("note:///public")))
        .body(modern_body("resources/read", call));
    assert_eq!(Reply::of(request).await.status, 200);
    drop(held);
    for attempt in 0.. {
        if open(&lab, &alices, &alice, &uris).await.status() == 200 {
            break;
        }
        assert!(attempt < 100, "the room does not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_long_list_takes_the_room_of_many_short_ones() {
    let (lab, client) = (lab().await, client());
    let token = lab.token("files:a:read");
    let uris: Vec<String> = (0..300)
        .map(|number| format!("bucket:///a/{number:0>3000}"))
        .collect();
    let held = fill(&lab, &client, &token, &uris).await;
    assert_eq!(held.len(), 2);
    let few = ["bucket:///a/x".to_owned()];
    assert_eq!(open(&lab, &client, &token, &few).await.status(), 200);
}

#[tokio::test]
async fn who_has_too_many_streams_is_on_record() {
    let reasons = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&reasons);
    let lab = lab_with(move |authz| {
        authz.audit(move |event: &AuditEvent<'_>| {
            let reason = event.reason.to_string();
            record
                .lock()
                .unwrap()
                .push(format!("{:?} {reason}", event.outcome));
        })
    });
    let (lab, client) = (lab.await, client());
    let uris = ["note:///public".to_owned()];
    let held = fill(&lab, &client, &lab.token("notes"), &uris).await;
    let told = reasons.lock().unwrap().clone();
    let refused = told
        .iter()
        .filter(|line| *line == "Refused too many streams");
    assert_eq!((refused.count(), held.is_empty()), (1, false), "{told:?}");
}
