//! `downstream`: a tool that calls another server with a token of its own.

use std::process::Stdio;

use http_client::{Client, Response};
use json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::free_addresses;
use crate::programs::example;

/// The example, running.
struct Downstream {
    assistant: String,
    calendar: String,
    token: String,
    _servers: Child,
}

impl Downstream {
    /// Somebody else can take an address between the look and the start, so it tries again.
    async fn start(exchange: &str) -> Self {
        for _ in 0..10 {
            if let Some(servers) = Self::try_start(exchange).await {
                return servers;
            }
        }
        panic!("no address is free");
    }

    async fn try_start(exchange: &str) -> Option<Self> {
        let [listen, provider] = free_addresses().await;
        let [calendar, _] = free_addresses().await;
        let mut command = example("downstream");
        command.env("LISTEN", &listen).env("EXCHANGE", exchange);
        command.env("CALENDAR_LISTEN", &calendar);
        command.env("PROVIDER_LISTEN", provider);
        let mut servers = command.stderr(Stdio::piped()).spawn().expect("it is built");
        let mut lines = BufReader::new(servers.stderr.take()?).lines();
        let (mut token, mut listening, mut printed) = (None, 0, String::new());
        while let Some(line) = lines.next_line().await.expect("text") {
            let found = line.strip_prefix("a token for the assistant: ");
            token = token.or(found.map(str::to_owned));
            listening += usize::from(line.contains("listens on"));
            if listening == 2 {
                return Some(Self {
                    assistant: format!("http://{listen}/mcp"),
                    calendar: format!("http://{calendar}/mcp"),
                    token: token.expect("a token"),
                    _servers: servers,
                });
            }
            printed.push_str(&line);
        }
        assert!(printed.contains("AddrInUse"), "{printed}");
        None
    }

    /// The call of the header.
    async fn call(&self, server: &str, tool: &str) -> Response {
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": tool, "arguments": {} },
        });
        let http = Client::builder().no_proxy().build().expect("a client");
        let request = http.post(server).bearer_auth(&self.token);
        request
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25")
            .body(body.to_string())
            .send()
            .await
            .expect("an answer")
    }

    /// The result of `agenda`.
    async fn agenda(&self) -> Value {
        let answer = self.call(&self.assistant, "agenda").await;
        assert_eq!(answer.status(), 200);
        let message: Value = answer.json().await.expect("a message");
        message["result"].clone()
    }
}

#[tokio::test]
async fn the_calendar_is_asked_for_the_person_and_never_with_their_token() {
    let servers = Downstream::start("").await;
    let result = servers.agenda().await;
    let text = result["content"][0]["text"].as_str();
    assert_eq!(text, Some("alice meets Bob at ten (asked by assistant)"));
    let refused = servers.call(&servers.calendar, "today").await;
    assert_eq!(refused.status(), 401);
}

#[tokio::test]
async fn a_provider_that_says_no_is_the_error_of_the_tool() {
    let servers = Downstream::start("refused").await;
    let result = servers.agenda().await;
    assert_eq!(result["isError"], true, "{result}");
    let text = result["content"][0]["text"].as_str();
    assert!(
        text.is_some_and(|text| text.contains("(unauthorized_client)")),
        "{result}"
    );
}
