//! What a newcomer meets first: the words of the start, and those at a path where nothing is.

use std::future::pending;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock};

use http_client::{Client, Method};
use json::{Value, json};
use mcp_authz::{Server, ServerBuilder, dev};
use support::{Ran, Reply, Wire, legacy_body};
use tokio::net::TcpListener;

use crate::tools::send_mail;
use crate::{lab, lab_with};

/// What all tests of this program log at `info`, which is what a program shows without settings.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn listen() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let log = LOG.get_or_init(|| {
            let log = Self::default();
            let heard = log.clone();
            let lines = log_lines::fmt().with_ansi(false);
            lines.with_writer(move || heard.clone()).init();
            log
        });
        log.clone()
    }

    /// The lines with this in them.
    pub(crate) fn lines(&self, part: &str) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned();
        let lines = text.lines().filter(|line| line.contains(part));
        lines.map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A server whose resource has this path.
struct Served {
    provider: dev::AuthorizationServer,
    origin: String,
    resource: String,
    ran: Ran,
}

impl Served {
    async fn at(path: &str) -> Self {
        let provider = dev::AuthorizationServer::builder().start().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (resource, ran) = (format!("{origin}{path}"), Ran::default());
        let server = Server::builder("served")
            .resource(&resource)
            .state(ran.clone());
        let server = server.issuer(provider.issuer()).tools([send_mail::tool()]);
        tokio::spawn(
            server
                .build()
                .await
                .unwrap()
                .serve_until(listener, pending()),
        );
        Self {
            provider,
            origin,
            resource,
            ran,
        }
    }

    /// A call that may be made, sent to `path`.
    async fn call(&self, path: &str) -> Reply {
        let mint = self.provider.mint("alice").resource(&self.resource);
        let token = mint.scopes("mail:send").sign().unwrap();
        let call = legacy_body("tools/call", json!({ "name": "send_mail" }));
        let request = Client::new().post(format!("{}{path}", self.origin));
        let request = request
            .bearer_auth(token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25");
        Reply::of(request.body(call)).await
    }

    async fn document(&self, path: &str) -> Option<Value> {
        let path = format!("{}/.well-known/oauth-protected-resource{path}", self.origin);
        let reply = Reply::of(Client::new().get(path)).await;
        (reply.status == 200).then(|| json::from_str(&reply.body).unwrap())
    }
}

#[tokio::test]
async fn at_another_path_the_client_and_the_log_are_told_where_to_connect() {
    let log = Log::listen();
    let lab = lab().await;
    let token = lab.token("mail:send");
    let body = legacy_body("tools/call", json!({ "name": "send_mail" }));
    let told = format!("MCP clients connect to {}\n", lab.url);
    for (method, path) in [
        (Method::POST, "/sse"),
        (Method::POST, "/mcp/"),
        (Method::GET, "/"),
        (Method::DELETE, "/x?token=y"),
    ] {
        let request = lab.http.request(method, format!("{}{path}", lab.origin));
        let reply = Reply::of(request.bearer_auth(&token).body(body.clone())).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.body.ends_with(&told), "{path}: {}", reply.body);
        assert!(reply.header("content-type").starts_with("text/plain"));
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.challenge(), "");
    }
    assert_eq!(lab.ran.times(), 0);
    let lines = log.lines(&lab.url);
    assert_eq!(lines.len(), 4, "{lines:#?}");
    for (line, path) in lines.iter().zip(["/sse", "/mcp/", "/", "/x"]) {
        assert!(
            line.contains("INFO") && line.contains(&format!("path={path:?}")),
            "{line}"
        );
    }
}

#[tokio::test]
async fn the_log_repeats_no_token_in_a_path_and_is_quiet_about_discovery() {
    let log = Log::listen();
    let lab = lab().await;
    let token = lab.token("");
    for path in [
        &*format!("/{token}"),
        "/.well-known/oauth-authorization-server",
        "/%0aforged",
    ] {
        let reply = Reply::of(lab.http.get(format!("{}{path}", lab.origin))).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.body.contains(&lab.url), "{}", reply.body);
        assert!(!reply.body.contains(path));
    }
    let lines = log.lines(&lab.url);
    assert_eq!(lines.len(), 2, "{lines:#?}");
    for line in lines {
        assert!(line.contains("nothing is at this path"), "{line}");
        assert!(!line.contains("path="), "{line}");
    }
}

#[tokio::test]
async fn the_connection_outlives_a_request_for_another_path_or_is_said_to_end() {
    let lab = lab_with(|server| server.max_body_bytes(1024)).await;
    for (length, is_kept) in [(900, true), (2000, false)] {
        let mut wire = Wire::to(&lab.origin).await;
        wire.head("POST /sse", &format!("Content-Length: {length}\r\n"))
            .await;
        wire.send(&vec![b' '; length]).await;
        let head = wire.answer().await;
        assert!(head.starts_with("http/1.1 404"), "{head}");
        assert_eq!(!head.contains("connection: close"), is_kept, "{head}");
        if is_kept {
            wire.head("GET /mcp", "").await;
            assert!(wire.answer().await.starts_with("http/1.1 401"));
        }
    }
}

#[tokio::test]
async fn a_resource_without_a_path_says_that_nothing_is_behind_it() {
    for path in ["", "/"] {
        let served = Served::at(path).await;
        let astray = served.call("/mcp").await;
        assert_eq!(astray.status, 404);
        let told = format!("connect to {}, without a path behind it\n", served.resource);
        assert!(astray.body.ends_with(&told), "{}", astray.body);
        assert_eq!(served.ran.times(), 0);
        assert_eq!(served.call("/").await.text(), "sent");
        assert_eq!(
            served.document("").await.unwrap()["resource"],
            served.resource
        );
    }
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_resource_is_a_part_of_it_and_its_metadata_is_found_without() {
    let served = Served::at("/mcp/").await;
    let astray = served.call("/mcp").await;
    assert_eq!(astray.status, 404);
    let told = format!(
        "connect to {}, with the slash at its end\n",
        served.resource
    );
    assert!(astray.body.ends_with(&told), "{}", astray.body);
    assert_eq!(served.ran.times(), 0);
    assert_eq!(served.call("/mcp/").await.text(), "sent");
    for path in ["/mcp/", "/mcp", ""] {
        let document = served.document(path).await.expect(path);
        assert_eq!(document["resource"], served.resource, "{path}");
    }
    let nobody = Client::new().post(&served.resource);
    let challenge = Reply::of(nobody).await.challenge().to_owned();
    let strict = format!(
        "{}/.well-known/oauth-protected-resource/mcp/\"",
        served.origin
    );
    assert!(challenge.contains(&strict), "{challenge}");
}

fn without_anybody(issuers: &[&str]) -> ServerBuilder {
    let server = Server::builder("x").resource("https://mcp.example.com/mcp");
    let server = issuers
        .iter()
        .fold(server, |server, issuer| server.issuer(*issuer));
    server.state(Ran::default()).tools([send_mail::tool()])
}

#[tokio::test]
async fn the_start_names_each_issuer_that_cannot_be_reached_and_what_happens_next() {
    let provider = dev::AuthorizationServer::builder().start().await.unwrap();
    let gone = ["http://127.0.0.1:1", "http://127.0.0.1:2/oidc"];
    let server = without_anybody(&[gone[0], provider.issuer(), gone[1]]);
    let printed = server.build().await.unwrap().to_string();
    let lines: Vec<_> = printed.lines().collect();
    let told = lines
        .windows(2)
        .filter(|two| two[0].contains("cannot be reached"));
    let told: Vec<_> = told.collect();
    assert_eq!(told.len(), 2, "{printed}");
    for (two, issuer) in told.iter().zip(gone) {
        assert!(
            two[0].contains(&format!("{issuer:?} cannot be reached: http")),
            "{printed}"
        );
        assert!(
            two[1].contains("get 503") && two[1].contains("asked again"),
            "{printed}"
        );
    }
    let server = without_anybody(&[provider.issuer()]).build().await.unwrap();
    assert!(!server.to_string().contains("reached"), "{server}");
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_is_told_once_in_the_log_and_once_in_the_print() {
    let log = Log::listen();
    let gone = "http://127.0.0.1:9/gone";
    let server = without_anybody(&[gone]).build().await.unwrap();
    let logged = log.lines(gone);
    assert_eq!(logged.len(), 1, "{logged:#?}");
    for part in ["WARN", "cannot be reached: http", "get 503"] {
        assert!(logged[0].contains(part), "{part}: {logged:#?}");
    }
    let printed = server.to_string();
    let told = printed.lines().filter(|line| line.contains(gone));
    let told = told.filter(|line| line.contains("reached"));
    assert_eq!(told.count(), 1, "{printed}");

    // Where it is an error, the error alone tells.
    let strict = "http://127.0.0.1:9/strict";
    let error = without_anybody(&[strict])
        .eager()
        .build()
        .await
        .unwrap_err();
    assert!(error.to_string().contains(strict), "{error}");
    assert_eq!(log.lines(strict), [""; 0]);
}
