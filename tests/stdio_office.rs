//! A handler that was written without the gate, on standard input and output behind it.

use std::process::Stdio;
use std::time::Duration;

use json::{Value, json};
use mcp_authz::dev::AuthorizationServer;
use support::Scratch;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

const OFFICE: &str = env!("CARGO_BIN_EXE_office_on_stdio");
const SECONDS: Duration = Duration::from_secs(20);

/// The server as a child, and what its client has of it.
struct Server {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    fn of(scopes: &str) -> Self {
        Self::start(Command::new(OFFICE).args(["--me", scopes]))
    }

    fn start(command: &mut Command) -> Self {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
        }
    }

    async fn send(&mut self, message: &Value) {
        let line = format!("{message}\n");
        self.input.write_all(line.as_bytes()).await.unwrap();
    }

    async fn receive(&mut self) -> Value {
        let line = timeout(SECONDS, self.output.next_line()).await;
        let line = line.expect("an answer in time").unwrap();
        json::from_str(&line.expect("an answer")).unwrap()
    }

    /// A request of 2026-07-28, which needs no opening.
    async fn ask(&mut self, method: &str, mut params: Value) -> Value {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        self.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
            .await;
        self.receive().await
    }

    /// The same of 2025-11-25, after the opening.
    async fn opened(mut self) -> Self {
        let params = json!({
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
        });
        let opened = self.ask_older("initialize", params).await;
        assert_eq!(opened["result"]["serverInfo"]["name"], "office", "{opened}");
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
            .await;
        self
    }

    async fn ask_older(&mut self, method: &str, params: Value) -> Value {
        self.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
            .await;
        self.receive().await
    }

    /// What it said on standard error, once its client is gone.
    async fn end(mut self) -> String {
        drop(self.input);
        let mut said = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        let read = timeout(SECONDS, stderr.read_to_string(&mut said)).await;
        read.expect("it ends in time").unwrap();
        said
    }
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_default()
}

/// Operation, parameters, the scope that it needs.
fn operations() -> [(&'static str, Value, &'static str); 4] {
    [
        (
            "tools/call",
            json!({ "name": "echo", "arguments": {} }),
            "tools",
        ),
        ("prompts/get", json!({ "name": "greeting" }), "prompts"),
        (
            "resources/read",
            json!({ "uri": "note:///public" }),
            "notes",
        ),
        (
            "resources/read",
            json!({ "uri": "bucket:///a/x" }),
            "files:a:read",
        ),
    ]
}

const ALL: &str = "tools prompts notes files:a:read";

#[tokio::test]
async fn a_tool_a_prompt_and_a_resource_run_with_their_scopes_and_never_without() {
    for (method, params, scope) in operations() {
        let others: Vec<_> = ALL.split(' ').filter(|other| *other != scope).collect();
        let mut narrow = Server::of(&others.join(" "));
        let refused = narrow.ask(method, params.clone()).await;
        let told = match method {
            "tools/call" => {
                assert_eq!(refused["result"]["isError"], true, "{refused}");
                text(&refused).to_owned()
            }
            _ => refused["error"]["message"].as_str().unwrap().to_owned(),
        };
        assert!(told.contains(scope), "{method}: {refused}");
        assert!(narrow.end().await.contains("ran 0 times"), "{method}");
        let mut server = Server::of(scope);
        let answer = server.ask(method, params).await;
        assert!(answer["result"].is_object(), "{method}: {answer}");
        assert_ne!(answer["result"]["isError"], true, "{answer}");
        assert!(server.end().await.contains("ran 1 times"), "{method}");
    }
}

#[tokio::test]
async fn what_is_concealed_is_unknown() {
    let mut server = Server::of(ALL);
    for (method, concealed, unknown) in [
        (
            "tools/call",
            json!({ "name": "hidden" }),
            json!({ "name": "nothin" }),
        ),
        (
            "prompts/get",
            json!({ "name": "secret" }),
            json!({ "name": "nothin" }),
        ),
    ] {
        let concealed = server.ask(method, concealed).await;
        assert_eq!(concealed, server.ask(method, unknown).await);
        assert!(concealed["error"].is_object(), "{concealed}");
    }
    for list in ["tools/list", "prompts/list", "resources/list"] {
        let listed = server.ask(list, json!({})).await;
        assert!(listed["result"].is_object(), "{listed}");
        let listed = listed.to_string();
        assert!(
            !listed.contains("hidden") && !listed.contains("secret"),
            "{listed}"
        );
    }
    assert!(server.end().await.contains("ran 0 times"));
}

#[tokio::test]
async fn nobody_watches_what_they_may_not_read() {
    let filter = |uris: &[&str]| json!({ "resourceSubscriptions": uris });
    let both = filter(&["note:///public", "bucket:///a/x", "note:///secret"]);
    for (scopes, accepted) in [
        ("notes", filter(&["note:///public"])),
        (
            "notes files:a:read",
            filter(&["note:///public", "bucket:///a/x"]),
        ),
        ("tools", json!({})),
    ] {
        let mut server = Server::of(scopes);
        let params = json!({ "notifications": both });
        let first = server.ask("subscriptions/listen", params).await;
        assert_eq!(
            first["method"], "notifications/subscriptions/acknowledged",
            "{first}"
        );
        assert_eq!(
            first["params"]["notifications"], accepted,
            "{scopes}: {first}"
        );
    }
    for (scopes, ran) in [("tools", 0), ("notes", 1)] {
        let mut server = Server::of(scopes).opened().await;
        let params = json!({ "uri": "note:///public" });
        let answer = server.ask_older("resources/subscribe", params).await;
        assert_eq!(answer["result"].is_object(), ran == 1, "{answer}");
        let said = server.end().await;
        assert!(said.contains(&format!("ran {ran} times")), "{said}");
    }
}

/// The shell makes a pipe of descriptor 3, and leaves standard input to the server.
#[cfg(unix)]
#[tokio::test]
async fn a_child_of_the_server_reads_nothing_from_the_pipe_any_more() {
    const RESOURCE: &str = "https://mcp.example.com/mcp";
    let provider = AuthorizationServer::builder().start().await.unwrap();
    let mint = provider.mint("alice").resource(RESOURCE);
    let token = mint.scopes("tools").sign().unwrap();
    let folder = Scratch::new("stdio").unwrap();
    let path = folder.file("token");
    std::fs::write(&path, &token).unwrap();
    let mut shell = Command::new("sh");
    let script = r#"exec 4<&0; cat "$1" | { exec "$2" --fd 3 3<&0 0<&4 4<&-; }"#;
    shell.args(["-c", script, "sh"]).arg(&path).arg(OFFICE);
    shell
        .env("ISSUER", provider.issuer())
        .env("RESOURCE", RESOURCE);
    let mut server = Server::start(&mut shell);
    let params = json!({ "name": "echo", "arguments": {} });
    let answer = server.ask("tools/call", params).await;
    assert_eq!(text(&answer), "echo for alice", "{answer}");
    let said = server.end().await;
    assert!(
        said.contains(r#"a child read "", exit status: 0"#),
        "{said}"
    );
    assert!(!said.contains(&token), "a token is never printed");
}
