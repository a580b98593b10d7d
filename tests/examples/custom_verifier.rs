//! `custom_verifier`: keys from a table, and the three outcomes.

use std::process::Stdio;

use http_client::{Client, Response};
use json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::free_addresses;
use crate::programs::example;

/// The example, running: a key that reads, one that also writes.
struct Notes {
    url: String,
    reader: String,
    writer: String,
    _server: Child,
}

impl Notes {
    /// Somebody else can take the address between the look and the start, so it tries again.
    async fn start(database: &str) -> Self {
        for _ in 0..10 {
            if let Some(notes) = Self::try_start(database).await {
                return notes;
            }
        }
        panic!("no address is free");
    }

    async fn try_start(database: &str) -> Option<Self> {
        let [listen, _] = free_addresses().await;
        let mut command = example("custom_verifier");
        command.env("LISTEN", &listen).env("DATABASE", database);
        let mut server = command.stderr(Stdio::piped()).spawn().expect("it is built");
        let mut lines = BufReader::new(server.stderr.take()?).lines();
        let (mut keys, mut printed) = (Vec::new(), String::new());
        while let Some(line) = lines.next_line().await.expect("text") {
            if let Some((_, key)) = line
                .strip_prefix("a key for ")
                .and_then(|l| l.split_once(": "))
            {
                keys.push(key.to_owned());
            }
            if line.contains("listens on") {
                let [reader, writer] = keys.try_into().expect("two keys");
                return Some(Self {
                    url: format!("http://{listen}/mcp"),
                    reader,
                    writer,
                    _server: server,
                });
            }
            printed.push_str(&line);
        }
        assert!(printed.contains("AddrInUse"), "{printed}");
        None
    }

    /// The call of the header.
    async fn call(&self, key: &str, tool: &str) -> Response {
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": tool, "arguments": {} },
        });
        Client::builder()
            .no_proxy()
            .build()
            .expect("a client")
            .post(&self.url)
            .bearer_auth(key)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25")
            .body(body.to_string())
            .send()
            .await
            .expect("an answer")
    }
}

fn challenge(answer: &Response) -> &str {
    let value = answer.headers().get("www-authenticate");
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[tokio::test]
async fn a_key_opens_what_it_was_issued_for() {
    let notes = Notes::start("up").await;
    for (key, tool) in [(&notes.reader, "read_notes"), (&notes.writer, "write_note")] {
        let answer = notes.call(key, tool).await;
        assert_eq!(answer.status(), 200);
        let message: Value = answer.json().await.expect("a message");
        let text = message["result"]["content"][0]["text"].as_str();
        assert!(
            text.is_some_and(|text| text.ends_with("alice")),
            "{message}"
        );
    }
    let refused = notes.call(&notes.reader, "write_note").await;
    assert_eq!(refused.status(), 403);
    assert!(challenge(&refused).contains(r#"scope="notes:write""#));
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let notes = Notes::start("up").await;
    let (id, secret) = notes.reader.split_once('.').expect("two parts");
    let (other_id, _) = notes.writer.split_once('.').expect("two parts");
    for key in [
        "unknown".to_owned(),
        format!("unknown.{secret}"),
        format!("{id}."),
        format!("{id}.{}", &secret[1..]),
        format!("{id}.{secret}0"),
        format!("{id}.{}", secret.to_uppercase()),
        format!("{other_id}.{secret}"),
        format!(".{secret}"),
    ] {
        let answer = notes.call(&key, "read_notes").await;
        assert_eq!(answer.status(), 401, "{key}");
        assert!(challenge(&answer).contains(r#"error="invalid_token""#));
        let body = answer.text().await.expect("a body");
        assert!(!body.contains("alice"), "{body}");
    }
}

#[tokio::test]
async fn while_the_database_is_down_nobody_is_told_that_a_key_is_bad() {
    let notes = Notes::start("down").await;
    for key in [notes.reader.as_str(), "unknown.key"] {
        let answer = notes.call(key, "read_notes").await;
        assert_eq!(answer.status(), 503, "{key}");
        assert_eq!(challenge(&answer), "");
        assert_eq!(answer.headers()["retry-after"], "5");
    }
}
