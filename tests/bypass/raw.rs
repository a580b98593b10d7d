//! Requests byte for byte, as no HTTP library would send them.

use std::time::Duration;

use json::json;
use support::{Lab, legacy_body};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Sends bytes and reads the answer to its end.
pub(crate) async fn exchange(lab: &Lab, request: &[u8]) -> String {
    let address = lab.origin.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server may answer, and close, before it has read all.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let _ = timeout(Duration::from_secs(5), read)
        .await
        .expect("an answer in time");
    String::from_utf8(answer).unwrap()
}

/// A call of `wipe` with these lines in its head.
pub(crate) fn call(lab: &Lab, method: &str, target: &str, lines: &[u8]) -> Vec<u8> {
    let body = legacy_body("tools/call", json!({ "name": "wipe" }));
    let host = lab.origin.trim_start_matches("http://");
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n\
         Connection: close\r\n",
        body.len()
    );
    [head.as_bytes(), lines, b"\r\n", body.as_bytes()].concat()
}

pub(crate) fn status(answer: &str) -> u16 {
    let status = answer.get(9..12).and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("no answer: {answer:?}"))
}
