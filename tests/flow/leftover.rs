//! Whoever answers before a body was read, the client's next request on that connection is answered.

use std::time::Duration;

use support::{Lab, Wire, modern_body};
use tokio::time::sleep;

use crate::{lab, lab_with};

const JSON: &str = "Content-Type: application/json\r\n";
const ACCEPT: &str = "Accept: application/json, text/event-stream\r\n";

/// A head to which its body comes late, and the status of its answer.
type Hasty<'a> = (&'a str, String, u16);

/// Sends each, and then a call, all on one connection.
async fn asks_all(lab: &Lab, hasty: &[Hasty<'_>]) {
    let mut wire = Wire::to(&lab.origin).await;
    for (request, lines, status) in hasty {
        for length in ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"] {
            wire.head(request, &format!("{lines}{length}")).await;
            // Answered by now, if nobody waits for the body.
            sleep(Duration::from_millis(50)).await;
            let body: &[u8] = match length.starts_with('C') {
                true => b"{   }",
                false => b"5\r\n{   }\r\n0\r\n\r\n",
            };
            wire.send(body).await;
            let answer = wire.answer().await;
            let expected = format!("http/1.1 {status} ");
            assert!(answer.starts_with(&expected), "{request} {lines}: {answer}");
            assert!(!answer.contains("connection:"), "{answer}");
        }
    }
    hello(lab, &mut wire).await;
}

/// A call that is let in.
async fn hello(lab: &Lab, wire: &mut Wire) {
    let params = json::json!({ "name": "hello", "arguments": {} });
    let body = modern_body("tools/call", params);
    let lines = format!(
        "{}{JSON}{ACCEPT}MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n\
         Mcp-Name: hello\r\nContent-Length: {}\r\n",
        bearer(lab),
        body.len()
    );
    wire.head("POST /mcp", &lines).await;
    wire.send(body.as_bytes()).await;
    let answer = wire.answer().await;
    assert!(answer.starts_with("http/1.1 200 "), "{answer}");
    assert_eq!(lab.ran.reset(), 1);
}

fn bearer(lab: &Lab) -> String {
    format!("Authorization: Bearer {}\r\n", lab.token(""))
}

#[tokio::test]
async fn what_the_transport_refuses_by_its_head_leaves_the_connection_to_the_next_request() {
    for has_sessions in [false, true] {
        let lab = lab_with(|server| match has_sessions {
            true => server.sessions(mcp_authz::SessionLimits::default()),
            false => server,
        })
        .await;
        let token = bearer(&lab);
        let get = if has_sessions { 406 } else { 405 };
        asks_all(
            &lab,
            &[
                ("POST /mcp", format!("{token}{JSON}"), 406),
                ("POST /mcp", format!("{token}{ACCEPT}"), 415),
                ("PUT /mcp", format!("{token}{JSON}{ACCEPT}"), 405),
                ("GET /mcp", token.clone(), get),
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn so_does_what_is_answered_beside_the_endpoint() {
    let lab = lab().await;
    let document = "/.well-known/oauth-protected-resource/mcp";
    let asks_pages = "Access-Control-Request-Method: POST\r\n";
    let origin = format!("Origin: {}\r\n{asks_pages}", lab.origin);
    asks_all(
        &lab,
        &[
            ("OPTIONS /mcp", origin, 200),
            (&format!("POST {document}"), JSON.to_owned(), 405),
            (&format!("GET {document}"), String::new(), 200),
            ("POST /sse", JSON.to_owned(), 404),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_rest_of_a_body_that_was_too_long_is_read_over() {
    let lab = lab_with(|server| server.max_body_bytes(1024)).await;
    let mut wire = Wire::to(&lab.origin).await;
    let lines = format!("{}{JSON}{ACCEPT}Content-Length: 1800\r\n", bearer(&lab));
    // Of which the URIs are looked up ahead.
    let listen = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n";
    for lines in [&lines, &lines, &format!("{lines}{listen}")] {
        wire.head("POST /mcp", lines).await;
        wire.send(&[b' '; 1200]).await;
        sleep(Duration::from_millis(50)).await;
        wire.send(&[b' '; 600]).await;
        let answer = wire.answer().await;
        assert!(answer.starts_with("http/1.1 413 "), "{answer}");
        assert!(!answer.contains("connection:"), "{answer}");
    }
    hello(&lab, &mut wire).await;
}

#[tokio::test]
async fn a_body_that_nobody_waits_for_ends_the_connection_and_the_transport_s_answer_says_so() {
    let lab = lab().await;
    for length in [
        "Content-Length: 5\r\n",
        "Content-Length: 2000000\r\n",
        "Content-Length: 5\r\nExpect: 100-continue\r\n",
    ] {
        let mut wire = Wire::to(&lab.origin).await;
        let lines = format!("{}{JSON}{length}", bearer(&lab));
        wire.head("POST /mcp", &lines).await;
        let answer = wire.answer().await;
        assert!(answer.starts_with("http/1.1 406 "), "{answer}");
        assert!(answer.contains("connection: close"), "{length}: {answer}");
        assert!(wire.has_ended().await);
    }
    assert_eq!(lab.ran.times(), 0);
}
