//! A server under test with the embedded provider beside it, and raw HTTP to reach it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use http_client::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http_client::{Client, Method, RequestBuilder, StatusCode};
use json::{Value, json};
use mcp_authz::rmcp::ServerHandler;
use mcp_authz::{Authz, Issuer, Rules, Server, ServerBuilder, TokenCache, dev};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The revisions and reply forms in which every test must hold.
pub const MODERN: &str = "2026-07-28";

/// How often a handler ran: what a refusal must leave at zero. Give it to the server as a state.
#[derive(Clone, Debug, Default)]
pub struct Ran(Arc<AtomicUsize>);

impl Ran {
    /// A handler says that it runs.
    pub fn note(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// How often one did.
    pub fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// How often one did, counting from here anew.
    pub fn reset(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

/// Everything that one test needs. Stops when dropped.
pub struct Lab {
    /// The authorization server.
    pub provider: dev::AuthorizationServer,
    /// The resource: the URL of the endpoint.
    pub url: String,
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
    /// Counts the handlers that ran.
    pub ran: Ran,
    /// Plain HTTP/1.1, follows no redirects.
    pub http: Client,
    /// What the server remembers of tokens.
    pub token_cache: TokenCache,
    issuer: Issuer,
    stop: Vec<oneshot::Sender<()>>,
}

impl Lab {
    /// Starts provider and server, with whatever `configure` adds.
    pub async fn start(configure: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let provider = dev::AuthorizationServer::builder().start().await;
        let provider = provider.expect("the provider starts");
        let issuer = Issuer::new(provider.issuer());
        Self::beside(provider, issuer, configure).await
    }

    /// Starts a server beside this provider, whose tokens it judges as `issuer` says.
    pub async fn beside(
        provider: dev::AuthorizationServer,
        issuer: Issuer,
        configure: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> Self {
        Self::around(provider, issuer, async |url, issuer, ran| {
            let builder = Server::builder("lab").resource(url).issuer(issuer);
            configure(builder.state(ran)).build().await
        })
        .await
    }

    /// Starts provider and server around a handler that was written without the gate.
    pub async fn protecting<H: ServerHandler>(
        handler: impl FnOnce(Ran) -> H,
        rules: Rules,
        configure: impl FnOnce(Authz) -> Authz,
    ) -> Self {
        let provider = dev::AuthorizationServer::builder().start().await;
        let provider = provider.expect("the provider starts");
        let issuer = Issuer::new(provider.issuer());
        Self::around(provider, issuer, async |url, issuer, ran| {
            let authz = configure(Authz::new().resource(url).issuer(issuer));
            authz.protect(handler(ran), rules).build().await
        })
        .await
    }

    async fn around<H: ServerHandler>(
        provider: dev::AuthorizationServer,
        issuer: Issuer,
        build: impl AsyncFnOnce(&str, Issuer, Ran) -> Result<Server<H>, mcp_authz::Error>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("a bound address"));
        let http = Client::builder()
            .redirect(http_client::redirect::Policy::none())
            .no_proxy();
        let (url, ran) = (format!("{origin}/mcp"), Ran::default());
        let server = build(&url, issuer.clone(), ran.clone()).await;
        let (token_cache, stop) = serve(listener, server.expect("the server starts"));
        Self {
            provider,
            url,
            origin,
            ran,
            http: http.build().expect("a client"),
            token_cache,
            issuer,
            stop: vec![stop],
        }
    }

    /// Another server for the same resource; returns the URL of its endpoint.
    pub async fn replica(
        &mut self,
        configure: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!(
            "http://{}/mcp",
            listener.local_addr().expect("a bound address")
        );
        let builder = Server::builder("lab")
            .resource(&self.url)
            .issuer(self.issuer.clone());
        let server = configure(builder.state(self.ran.clone())).build().await;
        let (_, stop) = serve(listener, server.expect("the server starts"));
        self.stop.push(stop);
        url
    }

    /// Asks the servers to stop.
    pub fn stop(&mut self) {
        self.stop.clear();
    }

    /// Asks them to stop in a while.
    pub fn stop_after(&mut self, time: Duration) {
        let stop = std::mem::take(&mut self.stop);
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            drop(stop);
        });
    }

    /// A token that Alice gave to SmartMail AI for this server.
    pub fn token(&self, scopes: &str) -> String {
        self.token_of("alice", "smartmail", scopes)
    }

    /// A token for this server.
    pub fn token_of(&self, person: &str, client: &str, scopes: &str) -> String {
        let mint = self.mint(person, client, scopes);
        mint.sign().expect("the provider signs")
    }

    /// The same, opaque.
    pub fn opaque_token(&self, scopes: &str) -> String {
        self.opaque_token_of("alice", "smartmail", scopes)
    }

    /// The same, opaque.
    pub fn opaque_token_of(&self, person: &str, client: &str, scopes: &str) -> String {
        let mint = self.mint(person, client, scopes);
        mint.opaque().expect("the provider issues")
    }

    /// A token for this server in the making, for a test that wants something about it otherwise.
    pub fn mint(&self, person: &str, client: &str, scopes: &str) -> dev::Mint<'_> {
        self.provider
            .mint(person)
            .client(client)
            .resource(&self.url)
            .scopes(scopes)
    }

    /// A token of Alice's that was over this long ago.
    pub fn expired(&self, scopes: &str, ago: Duration) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let end = now.expect("it is after 1970") - ago;
        let mint = self.mint("alice", "smartmail", scopes);
        let mint = mint.claim("iat", end.as_secs() - 60);
        let token = mint.claim("exp", end.as_secs()).sign();
        token.expect("the provider signs")
    }

    /// A POST to the endpoint with the headers that every client sends.
    pub fn post(&self, token: Option<&str>) -> RequestBuilder {
        self.request(Method::POST, token)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream")
    }

    /// A bare request to the endpoint.
    pub fn request(&self, method: Method, token: Option<&str>) -> RequestBuilder {
        let request = self.http.request(method, &self.url);
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// `tools/call` of 2026-07-28.
    pub async fn call(&self, token: Option<&str>, tool: &str) -> Reply {
        self.call_with(token, tool, json!({})).await
    }

    /// `tools/call` of 2026-07-28, with arguments.
    pub async fn call_with(&self, token: Option<&str>, tool: &str, arguments: Value) -> Reply {
        let params = json!({ "name": tool, "arguments": arguments });
        let request = self
            .post(token)
            .headers(modern_headers("tools/call", Some(tool)));
        Reply::of(request.body(modern_body("tools/call", params))).await
    }

    /// Any request of 2026-07-28.
    pub async fn ask(&self, token: Option<&str>, method: &str, params: Value) -> Reply {
        let request = self.post(token).headers(modern_headers(method, None));
        Reply::of(request.body(modern_body(method, params))).await
    }

    /// `tools/call` of an older revision, without a session.
    pub async fn call_legacy(&self, token: Option<&str>, tool: &str) -> Reply {
        let request = self
            .post(token)
            .header("mcp-protocol-version", "2025-11-25");
        let params = json!({ "name": tool, "arguments": {} });
        Reply::of(request.body(legacy_body("tools/call", params))).await
    }
}

/// Serves until the sender is dropped.
fn serve<H: ServerHandler>(
    listener: TcpListener,
    server: Server<H>,
) -> (TokenCache, oneshot::Sender<()>) {
    let token_cache = server.token_cache();
    let (stop, stopped) = oneshot::channel::<()>();
    // A dropped sender stops the server as well as a message would.
    let stopped = async { drop(stopped.await) };
    tokio::spawn(server.serve_until(listener, stopped));
    (token_cache, stop)
}

/// The standard headers of 2026-07-28 (SEP-2243).
pub fn modern_headers(method: &str, name: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |header: &'static str, value: &str| {
        let value = HeaderValue::from_str(value).expect("a header value");
        headers.insert(HeaderName::from_static(header), value);
    };
    set("mcp-protocol-version", MODERN);
    set("mcp-method", method);
    if let Some(name) = name {
        set("mcp-name", name);
    }
    headers
}

/// A request of 2026-07-28.
pub fn modern_body(method: &str, mut params: Value) -> String {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "lab", "version": "1" },
    });
    legacy_body(method, params)
}

/// A request of the older revisions.
pub fn legacy_body(method: &str, params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Reply {
    /// Sends `request` and reads all of the answer.
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await.expect("a body");
        Self {
            status,
            headers,
            body,
        }
    }

    /// The challenge, or "".
    pub fn challenge(&self) -> &str {
        self.header("www-authenticate")
    }

    /// A header's value, or "".
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The JSON-RPC message in the body, as a document or as the last event of a stream.
    pub fn message(&self) -> Value {
        let event = self
            .body
            .lines()
            .filter_map(|line| line.strip_prefix("data:"));
        let last = event.rev().find(|data| !data.trim().is_empty());
        json::from_str(last.unwrap_or(&self.body)).unwrap_or_default()
    }

    /// The text of a tool's result, or "".
    pub fn text(&self) -> String {
        let message = self.message();
        message["result"]["content"][0]["text"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The JSON-RPC error code, or 0.
    pub fn error_code(&self) -> i64 {
        self.message()["error"]["code"].as_i64().unwrap_or_default()
    }
}
