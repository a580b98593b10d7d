//! The gate on standard input and output, with the example as the server.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use json::{Value, json};
use mcp_authz::dev::AuthorizationServer;
use support::Scratch;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const RESOURCE: &str = "https://mcp.example.com/mcp";

/// The example as a child, started by a client.
struct Server {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

fn example() -> Command {
    let test = std::env::current_exe().expect("this test is a file");
    let target = test
        .ancestors()
        .nth(2)
        .map(PathBuf::from)
        .unwrap_or_default();
    let mut command = Command::new(target.join("examples/stdio"));
    command
        .kill_on_drop(true)
        .env_remove("ISSUER")
        .env_remove("MCP_ACCESS_TOKEN");
    command
}

impl Server {
    fn start(command: &mut Command) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the example is built");
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
        }
    }

    /// Started, and through the opening of 2025-11-25.
    async fn open(command: &mut Command) -> Self {
        let mut server = Self::start(command);
        let params = json!({
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
        });
        let opened = server.ask("initialize", params).await;
        assert_eq!(opened["result"]["serverInfo"]["name"], "mail", "{opened}");
        server
            .send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
            .await;
        server
    }

    async fn send(&mut self, message: &Value) {
        self.input
            .write_all(format!("{message}\n").as_bytes())
            .await
            .unwrap();
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
            .await;
        let line = tokio::time::timeout(Duration::from_secs(20), self.output.next_line()).await;
        let line = line
            .expect("an answer in time")
            .unwrap()
            .expect("an answer");
        json::from_str(&line).unwrap_or_else(|_| panic!("{line}"))
    }

    async fn call(&mut self, tool: &str) -> Value {
        let answer = self
            .ask("tools/call", json!({ "name": tool, "arguments": {} }))
            .await;
        answer["result"].clone()
    }

    /// What it said before it gave up.
    async fn refuses_to_start(mut self) -> String {
        let mut said = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        let read = stderr.read_to_string(&mut said);
        let ended = tokio::time::timeout(Duration::from_secs(20), read).await;
        ended.expect("it gives up in time").unwrap();
        assert!(!self.child.wait().await.unwrap().success(), "{said}");
        assert_eq!(self.output.next_line().await.unwrap(), None);
        said
    }
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_default()
}

async fn provider() -> AuthorizationServer {
    AuthorizationServer::builder().start().await.unwrap()
}

fn token(provider: &AuthorizationServer, scopes: &str) -> String {
    let mint = provider.mint("alice").resource(RESOURCE);
    mint.scopes(scopes).sign().unwrap()
}

/// A token that was over long ago.
fn expired(provider: &AuthorizationServer) -> String {
    let mint = provider
        .mint("alice")
        .resource(RESOURCE)
        .scopes("mail:read");
    mint.claim("iat", 1_000_000_000)
        .claim("exp", 1_000_000_600)
        .sign()
        .unwrap()
}

fn with(provider: &AuthorizationServer) -> Command {
    let mut command = example();
    command
        .env("ISSUER", provider.issuer())
        .env("RESOURCE", RESOURCE);
    command
}

#[tokio::test]
async fn what_is_guarded_is_printed_without_a_caller() {
    let printed = example().arg("--scopes").output().await.unwrap();
    let table = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.status.success() && printed.stderr.is_empty());
    assert!(table.contains("| tool `count` | mail:read |"), "{table}");
    let delete = "| tool `delete_all` | mail:read mail:delete |";
    assert!(table.contains(delete), "{table}");
}

#[tokio::test]
async fn a_named_principal_may_what_it_was_named_for() {
    let mut server = Server::open(example().args(["--me", "mail:read"])).await;
    assert_eq!(text(&server.call("count").await), "me has 3 mails");
    let refused = server.call("delete_all").await;
    assert_eq!(refused["isError"], true);
    assert!(text(&refused).contains("mail:delete"), "{refused}");
    // There is nobody to send anybody to.
    assert_eq!(refused["_meta"], Value::Null);
    let unknown = server.ask("tools/call", json!({ "name": "nothing" })).await;
    assert_eq!(unknown["error"]["code"], -32602);
    let listed = server.ask("tools/list", json!({})).await;
    let schemes = &listed["result"]["tools"][0]["_meta"]["securitySchemes"];
    assert_eq!(
        *schemes,
        json!([{ "type": "oauth2", "scopes": ["mail:read"] }]),
        "{listed}"
    );
}

#[tokio::test]
async fn a_token_from_the_environment_is_verified_and_asked_for_more_in_the_result() {
    let provider = provider().await;
    let good = token(&provider, "mail:read");
    let mut server = Server::open(with(&provider).arg("--env").env("MCP_ACCESS_TOKEN", good)).await;
    assert_eq!(text(&server.call("count").await), "alice has 3 mails");
    let refused = server.call("delete_all").await;
    assert_eq!(refused["isError"], true);
    let challenge = refused["_meta"]["mcp/www_authenticate"][0]
        .as_str()
        .unwrap();
    assert!(
        challenge
            .starts_with("Bearer error=\"insufficient_scope\", scope=\"mail:read mail:delete\""),
        "{challenge}"
    );
    assert!(
        challenge.contains("resource_metadata=\"https://mcp.example.com/.well-known/"),
        "{challenge}"
    );
}

#[tokio::test]
async fn without_a_good_token_nothing_starts() {
    let provider = provider().await;
    for bad in [
        "",
        " ",
        "not-a-token",
        "two tokens",
        &expired(&provider),
        &provider
            .mint("alice")
            .resource("https://other.example.com")
            .sign()
            .unwrap(),
    ] {
        let mut command = with(&provider);
        let server = Server::start(command.arg("--env").env("MCP_ACCESS_TOKEN", bad));
        let said = server.refuses_to_start().await;
        assert!(said.contains("env MCP_ACCESS_TOKEN"), "{said}");
        assert!(
            bad.len() < 20 || !said.contains(bad),
            "a token is never printed"
        );
    }
    let missing = Server::start(with(&provider).args(["--file", "/nonexistent"]));
    assert!(missing.refuses_to_start().await.contains("/nonexistent"));
    // And a token needs an issuer and a resource.
    let server = Server::start(example().args(["--file", "/nonexistent"]));
    let said = server.refuses_to_start().await;
    assert!(
        said.contains("resource") && said.contains("issuer"),
        "{said}"
    );
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_is_named_before_the_program_gives_up() {
    let provider = provider().await;
    let (issuer, token) = (provider.issuer().to_owned(), token(&provider, "mail:read"));
    let mut command = with(&provider);
    drop(provider);
    let server = Server::start(command.arg("--env").env("MCP_ACCESS_TOKEN", token));
    let said = server.refuses_to_start().await;
    let named = format!("issuer {issuer:?} cannot be reached: ");
    assert!(said.contains(&named), "{said}");
}

#[tokio::test]
async fn a_token_in_a_file_can_be_renewed_and_ends_when_it_ends() {
    let provider = provider().await;
    let folder = Scratch::new("stdio").unwrap();
    let path = folder.file("token");
    std::fs::write(&path, token(&provider, "mail:read") + "\n").unwrap();
    let mut server = Server::open(with(&provider).arg("--file").arg(&path)).await;
    assert_eq!(server.call("delete_all").await["isError"], true);
    std::fs::write(&path, token(&provider, "mail:read mail:delete")).unwrap();
    assert_eq!(text(&server.call("delete_all").await), "deleted");
    // Somebody takes it away: every message is refused, with a way back.
    std::fs::write(&path, "").unwrap();
    let refused = server.call("count").await;
    assert_eq!(refused["isError"], true, "{refused}");
    let listed = server.ask("tools/list", json!({})).await;
    assert!(
        listed["error"]["data"]["mcp/www_authenticate"][0].is_string(),
        "{listed}"
    );
    std::fs::write(&path, expired(&provider)).unwrap();
    assert_eq!(
        server.call("count").await["isError"],
        true,
        "it was over before it came"
    );
    std::fs::write(&path, token(&provider, "mail:read")).unwrap();
    assert_eq!(text(&server.call("count").await), "alice has 3 mails");
}

#[cfg(unix)]
#[tokio::test]
async fn a_descriptor_of_a_file_is_refused_since_every_child_could_read_it_again() {
    let provider = provider().await;
    let folder = Scratch::new("stdio").unwrap();
    let path = folder.file("token");
    let good = token(&provider, "mail:read");
    std::fs::write(&path, &good).unwrap();
    // The shell opens descriptor 3 and replaces itself by the server.
    let mut shell = Command::new("sh");
    let script = format!(
        "exec 3<\"$1\"; rm \"$1\"; exec {:?} --fd 3",
        example().as_std().get_program()
    );
    shell
        .args(["-c", &script, "sh"])
        .arg(&path)
        .kill_on_drop(true);
    shell
        .env("ISSUER", provider.issuer())
        .env("RESOURCE", RESOURCE);
    let said = Server::start(&mut shell).refuses_to_start().await;
    assert!(said.contains("descriptor 3 is a file"), "{said}");
    assert!(!said.contains(&good), "a token is never printed");
}

impl Server {
    /// The answer to a line that may be no message.
    async fn say(&mut self, line: &str) -> Value {
        self.input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
        let answer = tokio::time::timeout(Duration::from_secs(20), self.output.next_line()).await;
        let answer = answer.expect("an answer in time").unwrap();
        json::from_str(&answer.expect("an answer")).unwrap()
    }
}

/// Forms in which a line could be more than one call, or a call that nobody decided on.
#[tokio::test]
async fn no_line_runs_what_its_sender_may_not() {
    let mut server = Server::open(example().args(["--me", "mail:read"])).await;
    let call = json!({
        "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": "delete_all" },
    });
    for line in [
        // MCP has no batches any more.
        json!([call]).to_string(),
        json!([{ "jsonrpc": "2.0", "id": 8, "method": "ping" }, call]).to_string(),
        call.to_string(),
        format!("\u{feff}{call}"),
        call.to_string()
            .replace("\"name\":", "\"name\":\"count\",\"name\":"),
        call.to_string().replace("tools/call", "tools\\/c\\u0061ll"),
        call.to_string().replace("\"id\":7", "\"id\":7.0"),
    ] {
        let answer = server.say(&line).await;
        assert!(!answer.to_string().contains("deleted"), "{line}: {answer}");
        let refused = answer["error"].is_object() || answer["result"]["isError"] == true;
        assert!(refused, "{line}: {answer}");
    }
    // What is no message has no answer: a line that is too long, half a message, a call without an id.
    let long = format!("{}{}", call, " ".repeat(1024 * 1024));
    let mut notification = call.clone();
    notification.as_object_mut().unwrap().remove("id");
    for line in [
        &long,
        "{\"jsonrpc\":\"2.0\",\"id\":9,",
        &notification.to_string(),
    ] {
        server
            .input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }
    assert_eq!(text(&server.call("count").await), "me has 3 mails");
}

#[tokio::test]
async fn what_comes_before_the_opening_is_decided_too() {
    // In the revision that has no opening, a call may come first.
    let mut server = Server::start(example().args(["--me", "mail:read"]));
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = |tool: &str| json!({ "name": tool, "arguments": {}, "_meta": meta });
    let bare = server.call("delete_all").await;
    assert_eq!(bare, Value::Null, "neither opened nor complete");
    let refused = server.ask("tools/call", params("delete_all")).await;
    assert_eq!(refused["result"]["isError"], true, "{refused}");
    let counted = server.ask("tools/call", params("count")).await;
    assert_eq!(text(&counted["result"]), "me has 3 mails");

    // In the older ones anything else ends the server, without an answer.
    let mut server = Server::start(example().args(["--me", "mail:delete"]));
    server
        .send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
        .await;
    let said = server.refuses_to_start().await;
    assert!(said.contains("expect initialized request"), "{said}");
}

#[tokio::test]
async fn an_opening_without_a_caller_is_refused() {
    let provider = provider().await;
    let folder = Scratch::new("stdio").unwrap();
    let path = folder.file("token");
    let good = token(&provider, "mail:read");
    std::fs::write(&path, &good).unwrap();
    let mut server = Server::start(with(&provider).arg("--file").arg(&path));
    // It has said for whom it serves: the token was there.
    let mut said = String::new();
    let mut stderr = BufReader::new(server.child.stderr.take().unwrap());
    while !said.contains("serves stdio for") {
        let read = tokio::time::timeout(Duration::from_secs(20), stderr.read_line(&mut said));
        assert!(read.await.unwrap().unwrap() > 0, "{said}");
    }
    std::fs::remove_file(&path).unwrap();
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
    });
    let opened = server.ask("initialize", params).await;
    assert!(
        opened["error"]["data"]["mcp/www_authenticate"][0].is_string(),
        "{opened}"
    );
    assert!(!server.child.wait().await.unwrap().success());
    stderr.read_to_string(&mut said).await.unwrap();
    assert!(!said.contains(&good), "a token is never printed");
}
