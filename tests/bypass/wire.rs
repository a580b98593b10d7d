//! Requests that no HTTP library would send.

use std::time::Duration;

use mcp_authz::SessionLimits;
use support::{Lab, legacy_body};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::lab;

async fn connect(lab: &Lab) -> TcpStream {
    let address = lab.origin.trim_start_matches("http://");
    TcpStream::connect(address).await.unwrap()
}

/// The first bytes of the answer.
async fn send(lab: &Lab, request: &str) -> String {
    let mut stream = connect(lab).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut start = vec![0; 12];
    let read = stream.read_exact(&mut start);
    timeout(Duration::from_secs(5), read)
        .await
        .expect("an answer in time")
        .expect("an answer");
    String::from_utf8(start).unwrap()
}

#[tokio::test]
async fn a_body_is_not_waited_for_before_its_sender_is_known() {
    let lab = lab(true).await;
    let host = lab.origin.trim_start_matches("http://");
    for more in ["Expect: 100-continue\r\n", ""] {
        let request = format!(
            "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\nContent-Length: 900000\r\n{more}\r\n"
        );
        assert_eq!(send(&lab, &request).await, "HTTP/1.1 401");
    }
}

#[tokio::test]
async fn a_request_target_that_names_another_host_is_misplaced() {
    let lab = lab(true).await;
    let (host, token) = (lab.origin.trim_start_matches("http://"), lab.token("admin"));
    let body = legacy_body("tools/call", json::json!({ "name": "wipe" }));
    let request = |target: &str, hosts: &str| {
        format!(
            "POST {target} HTTP/1.1\r\n{hosts}Authorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let own = format!("Host: {host}\r\n");
    for (target, hosts) in [
        ("http://evil.test/mcp", own.as_str()),
        (&format!("http://{host}/mcp"), "Host: evil.test\r\n"),
        ("/mcp", "Host: evil.test\r\n"),
        ("/mcp", &format!("{own}{own}")),
    ] {
        let status = send(&lab, &request(target, hosts)).await;
        assert!(
            ["HTTP/1.1 403", "HTTP/1.1 400"].contains(&status.as_str()),
            "{target} {hosts}: {status}"
        );
    }
    assert_eq!(lab.ran.times(), 0);
    assert_eq!(send(&lab, &request("/mcp", &own)).await, "HTTP/1.1 200");
    assert_eq!(lab.ran.times(), 1);
}

/// Whatever a client drops in the middle of `initialize` is cleaned up, and counted until then.
#[tokio::test]
async fn sessions_that_nobody_waited_for_do_not_pile_up() {
    let lab = Lab::start(|server| server.sessions(SessionLimits::new().per_principal(4))).await;
    let (host, token) = (lab.origin.trim_start_matches("http://"), lab.token("admin"));
    let body = legacy_body(
        "initialize",
        json::json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "lab", "version": "1" },
        }),
    );
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut statuses = Vec::new();
    for _ in 0..40 {
        let mut stream = connect(&lab).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        drop(stream);
        statuses.push(send(&lab, &request).await);
    }
    assert!(
        statuses
            .iter()
            .filter(|status| status.ends_with("200"))
            .count()
            <= 4,
        "{statuses:?}"
    );
    assert_eq!(statuses.last().map(String::as_str), Some("HTTP/1.1 429"));
}
