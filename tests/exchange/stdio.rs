//! On standard input and output there is no request with a token, whatever the server is built with.

use std::process::Stdio;

use mcp_authz::{Server, StdioCaller};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use super::*;

/// Set in the child, which is this test once more.
const ISSUER: &str = "EXCHANGE_TEST_ISSUER";
const TOKEN_VARIABLE: &str = "EXCHANGE_TEST_TOKEN";

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_on_standard_input_is_told_that_there_is_nothing_to_exchange() {
    if let Ok(issuer) = std::env::var(ISSUER) {
        return serve(issuer).await;
    }
    let provider = provider(RESOURCE)
        .start()
        .await
        .expect("the provider starts");
    let relay = Relay::before(provider.issuer()).await;
    let token = provider
        .mint("alice")
        .resource(RESOURCE)
        .scopes("calendar:read");
    let test = std::env::current_exe().expect("this test is a file");
    let name = "stdio::a_caller_on_standard_input_is_told_that_there_is_nothing_to_exchange";
    let mut child = Command::new(test)
        .args([name, "--exact", "--nocapture"])
        .env(ISSUER, provider.issuer())
        .env(TOKEN_VARIABLE, token.sign().expect("a token"))
        .env("EXCHANGE_TEST_ENDPOINT", relay.url(TOKEN))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("this test starts");
    let mut input = child.stdin.take().expect("its input");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let call = json!({ "name": "agenda", "arguments": {} });
    for message in [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": { "name": "lab", "version": "1" },
        }}),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call }),
    ] {
        input
            .write_all(format!("{message}\n").as_bytes())
            .await
            .expect("it reads");
    }
    let answer = loop {
        let line = lines.next_line().await.expect("text").expect("an answer");
        // What the test harness prints is no message.
        match json::from_str::<Value>(&line) {
            Ok(message) if message["id"] == 2 => break message,
            _ => {}
        }
    };
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    let told = answer["result"]["content"][0]["text"].as_str();
    assert!(
        told.is_some_and(|told| told.contains("no request brings a token")),
        "{answer}"
    );
    assert_eq!(relay.asked(TOKEN), 0);
}

async fn serve(issuer: String) {
    let endpoint = std::env::var("EXCHANGE_TEST_ENDPOINT").expect("an address");
    let calendar = Calendar {
        http: http_client::Client::new(),
        url: "https://calendar.example.com".into(),
    };
    Server::builder("lab")
        .resource(RESOURCE)
        .issuer(issuer)
        .token_exchange(TokenExchange::new(auth()).endpoint(endpoint))
        .state(Ran::default())
        .state(calendar)
        .tools([agenda::tool()])
        .serve_stdio(StdioCaller::env(TOKEN_VARIABLE))
        .await
        .expect("it serves");
}
