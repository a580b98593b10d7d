//! Methods that are not POST, and bodies that are sent in odd ways.

use json::json;
use support::legacy_body;

use crate::lab;
use crate::raw::{call, exchange, status};

#[tokio::test]
async fn no_other_method_runs_anything() {
    let lab = lab(true).await;
    let bearer = format!("Authorization: Bearer {}\r\n", lab.token("admin"));
    let upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (method, more) in [
        ("GET", ""),
        ("GET", upgrade),
        ("GET", "X-HTTP-Method-Override: POST\r\n"),
        ("HEAD", ""),
        ("PUT", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("TRACE", ""),
        ("post", ""),
        ("WIPE", ""),
    ] {
        let without = exchange(&lab, &call(&lab, method, "/mcp", more.as_bytes())).await;
        assert_eq!(status(&without), 401, "{method} {more}");
        let lines = format!("{bearer}{more}");
        let with = exchange(&lab, &call(&lab, method, "/mcp", lines.as_bytes())).await;
        assert_eq!(status(&with), 405, "{method} {more}: {with}");
    }
    let options = exchange(&lab, &call(&lab, "OPTIONS", "/mcp", bearer.as_bytes())).await;
    assert!(status(&options) < 500, "{options}");
    assert_eq!(lab.ran.times(), 0);
}

/// However a body is sent, its sender needs the scope; whatever cannot be read does not run.
#[tokio::test]
async fn no_way_of_sending_a_body_runs_what_its_sender_may_not() {
    let lab = lab(true).await;
    let host = lab.origin.trim_start_matches("http://");
    let plain = legacy_body("tools/call", json!({ "name": "wipe" }));
    let chunked = format!("{:x}\r\n{plain}\r\n0\r\n\r\n", plain.len());
    let length = format!("Content-Length: {}\r\n", plain.len());
    let utf16: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16_length = format!("Content-Length: {}\r\n", utf16.len());
    // Compressed into one stored block (RFC 1951 §3.2.4): whoever unpacks it finds the call.
    let size = (plain.len() as u16).to_le_bytes();
    let start = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    let block = [&start, &size[..], &size.map(|byte| !byte), plain.as_bytes()].concat();
    let packed = "Content-Encoding: gzip\r\n";
    let packed_length = format!("Content-Length: {}\r\n", block.len());
    let long = plain.replacen('{', &format!(r#"{{"x":"{}","#, "y".repeat(1_200_000)), 1);
    let long = format!("{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
    let json = "Content-Type: application/json\r\n";
    let chunks = "Transfer-Encoding: chunked\r\n";
    for (what, lines, body, runs) in [
        (
            "chunked",
            format!("{json}{chunks}"),
            chunked.as_bytes(),
            true,
        ),
        (
            "chunked, with a length",
            format!("{json}{length}{chunks}"),
            chunked.as_bytes(),
            true,
        ),
        (
            "chunked, too long",
            format!("{json}{chunks}"),
            long.as_bytes(),
            false,
        ),
        (
            "compressed",
            format!("{json}{packed}{packed_length}"),
            &block,
            false,
        ),
        (
            "UTF-16",
            format!("Content-Type: application/json; charset=utf-16\r\n{utf16_length}"),
            &utf16,
            false,
        ),
        (
            "called UTF-16",
            format!("Content-Type: application/json; charset=utf-16\r\n{length}"),
            plain.as_bytes(),
            true,
        ),
        (
            "of another type",
            format!("Content-Type: text/plain\r\n{length}"),
            plain.as_bytes(),
            false,
        ),
        ("of no type", length.clone(), plain.as_bytes(), false),
    ] {
        for (scope, may) in [("profile", false), ("admin", true)] {
            let before = lab.ran.times();
            let head = format!(
                "POST /mcp HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n\
                 Accept: application/json, text/event-stream\r\nConnection: close\r\n{lines}\r\n",
                lab.token(scope)
            );
            let answer = exchange(&lab, &[head.as_bytes(), body].concat()).await;
            let ran = lab.ran.times() - before;
            assert_eq!(ran, usize::from(may && runs), "{what}, {scope}: {answer}");
            assert_ne!(status(&answer), 500, "{what}, {scope}: {answer}");
        }
    }
}
