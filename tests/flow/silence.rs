//! Whoever connects and asks for nothing is not waited for; what is silent while it works, or between two
//! requests, is left alone. In real time: shorter times are tried in `server/connections/tests.rs`.

use std::time::{Duration, Instant};

use http_client::Client;
use json::json;
use mcp_authz::tool;
use support::{Lab, Reply, Wire, modern_body, modern_headers};
use tokio::time::sleep;

use crate::lab_with;

/// How long somebody who asked for nothing may stay.
const PATIENCE: Duration = Duration::from_secs(10);

/// Says nothing for longer than that.
#[tool(authenticated)]
async fn nap() -> String {
    sleep(PATIENCE + Duration::from_secs(2)).await;
    "rested".into()
}

async fn call(lab: &Lab, client: &Client, tool: &str) -> Reply {
    let body = modern_body("tools/call", json!({ "name": tool, "arguments": {} }));
    let request = client
        .post(&lab.url)
        .bearer_auth(lab.token(""))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .headers(modern_headers("tools/call", Some(tool)));
    Reply::of(request.body(body)).await
}

/// The document that is there for everybody.
async fn reads_the_document(wire: &mut Wire) {
    let document = "GET /.well-known/oauth-protected-resource/mcp";
    wire.head(document, "").await;
    let answer = wire.answer().await;
    assert!(answer.starts_with("http/1.1 200 "), "{answer}");
}

/// Whether the server closes it when that time is over, and not long before.
async fn is_closed_in_time(mut wire: Wire) -> bool {
    let begun = Instant::now();
    sleep(PATIENCE - Duration::from_secs(2)).await;
    wire.has_ended().await && begun.elapsed() > PATIENCE - Duration::from_secs(1)
}

#[tokio::test]
async fn who_asks_for_nothing_is_not_waited_for_and_all_others_are() {
    let lab = lab_with(|server| server.tool(nap::tool()).json_replies(false)).await;
    let http2 = Client::builder().http2_prior_knowledge().no_proxy();
    let http2 = http2.build().unwrap();
    assert_eq!(call(&lab, &http2, "hello").await.text(), "hello alice");
    let mut kept = Wire::to(&lab.origin).await;
    reads_the_document(&mut kept).await;
    let silent = Wire::to(&lab.origin).await;
    let mut half = Wire::to(&lab.origin).await;
    half.send(b"POST /mcp HTTP/1.1\r\nHost: ").await;

    let (silent, half, nap, nap_over_http2) = tokio::join!(
        is_closed_in_time(silent),
        is_closed_in_time(half),
        call(&lab, &lab.http, "nap"),
        call(&lab, &http2, "nap"),
    );
    assert!(silent && half);
    for nap in [nap, nap_over_http2] {
        assert_eq!(nap.header("content-type"), "text/event-stream");
        assert_eq!(nap.text(), "rested");
    }
    reads_the_document(&mut kept).await;
    assert_eq!(call(&lab, &http2, "hello").await.text(), "hello alice");
}
