//! What the connection does must not matter: multiplexing, hanging up, stopping the server.

use std::time::Duration;

use http_client::{Client, Version};
use json::json;
use support::{Lab, Reply, Wire, modern_body, modern_headers};
use tokio::time::sleep;

use crate::{lab, lab_with};

fn call(lab: &Lab, client: &Client, token: &str, tool: &str) -> http_client::RequestBuilder {
    let body = modern_body("tools/call", json!({ "name": tool, "arguments": {} }));
    client
        .post(&lab.url)
        .bearer_auth(token)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .headers(modern_headers("tools/call", Some(tool)))
        .body(body)
}

#[tokio::test]
async fn two_callers_on_one_http2_connection_stay_two_callers() {
    for json in [true, false] {
        let lab = lab_with(|server| server.json_replies(json)).await;
        let client = Client::builder()
            .http2_prior_knowledge()
            .no_proxy()
            .build()
            .unwrap();
        let alice = lab.token("mail:send");
        let bob = lab.token_of("bob", "smartmail", "");
        for round in 1..=5 {
            let (a, b, c) = tokio::join!(
                call(&lab, &client, &alice, "send_mail").send(),
                call(&lab, &client, &bob, "send_mail").send(),
                Reply::of(call(&lab, &client, &bob, "hello")),
            );
            let (a, b) = (a.unwrap(), b.unwrap());
            assert_eq!(a.version(), Version::HTTP_2);
            assert_eq!((a.status().as_u16(), b.status().as_u16()), (200, 403));
            assert_eq!(c.text(), "hello bob");
            assert!(a.text().await.unwrap().contains("sent"));
            assert_eq!(lab.ran.times(), 2 * round);
        }
    }
}

#[tokio::test]
async fn a_caller_who_hangs_up_leaves_the_server_well() {
    let lab = lab_with(|server| server.json_replies(false)).await;
    let token = lab.token("");
    for _ in 0..5 {
        let hurried = call(&lab, &lab.http, &token, "slow").timeout(Duration::from_millis(50));
        assert!(hurried.send().await.is_err());
    }
    assert_eq!(lab.call(Some(&token), "hello").await.text(), "hello alice");
}

#[tokio::test]
async fn a_call_that_was_allowed_finishes_when_the_server_stops() {
    let mut lab = lab().await;
    let token = lab.token("");
    let slow = call(&lab, &lab.http, &token, "slow");
    let running = tokio::spawn(Reply::of(slow));
    tokio::time::sleep(Duration::from_millis(300)).await;
    lab.stop();
    assert_eq!(running.await.unwrap().text(), "done");
    let late = call(&lab, &Client::new(), &token, "hello").send().await;
    assert!(late.is_err(), "nothing new is accepted");
}

/// The head of a call without a token, with these lines in it.
async fn head(wire: &mut Wire, lines: &str) {
    let accept = "Accept: application/json, text/event-stream\r\n";
    let lines = format!("Content-Type: application/json\r\n{accept}{lines}");
    wire.head("POST /mcp", &lines).await;
}

async fn refusal(wire: &mut Wire) -> String {
    let answer = wire.answer().await;
    assert!(answer.starts_with("http/1.1 401"), "{answer}");
    answer
}

#[tokio::test]
async fn who_is_refused_before_the_body_came_asks_again_on_the_same_connection() {
    let lab = lab().await;
    let mut wire = Wire::to(&lab.origin).await;
    for length in ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"] {
        for _ in 0..3 {
            head(&mut wire, length).await;
            sleep(Duration::from_millis(50)).await;
            let body: &[u8] = match length.starts_with('C') {
                true => b"{   }",
                false => b"5\r\n{   }\r\n0\r\n\r\n",
            };
            wire.send(body).await;
            assert!(!refusal(&mut wire).await.contains("connection:"));
        }
    }
}

#[tokio::test]
async fn who_is_refused_with_a_body_that_nobody_waits_for_is_told_that_the_connection_ends() {
    let lab = lab().await;
    let lines = [
        "Content-Length: 5\r\n",
        "Content-Length: 2000000\r\n",
        "Content-Length: 5\r\nExpect: 100-continue\r\n",
    ];
    for lines in lines {
        let mut wire = Wire::to(&lab.origin).await;
        head(&mut wire, lines).await;
        let answer = refusal(&mut wire).await;
        assert!(answer.contains("connection: close"), "{lines}: {answer}");
        assert!(wire.has_ended().await);
    }
}

#[tokio::test]
async fn a_refusal_on_http2_ends_no_connection() {
    let lab = lab().await;
    let client = Client::builder().http2_prior_knowledge().build().unwrap();
    let refused = client.post(&lab.url).body("x".repeat(2_000_000)).send();
    let refused = refused.await.unwrap();
    assert_eq!(refused.status().as_u16(), 401);
    assert!(refused.headers().get("connection").is_none());
}
