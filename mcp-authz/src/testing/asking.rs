//! What a caller asks of a server under test: requests of MCP.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue, Request};
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{Answered, Refused, Reply};
use super::caller::{Caller, Credentials, Presented};
#[cfg(feature = "dpop")]
use crate::bearer::PROOF;

/// The revision of MCP that is spoken: stateless, so that every server answers alike.
const REVISION: &str = "2026-07-28";

impl<By: Credentials> Caller<'_, By> {
    /// Calls a tool that needs no arguments.
    ///
    /// # Errors
    ///
    /// [`Refused`]: the tool did not run.
    pub async fn call(&self, tool: &str) -> Result<Reply, Refused> {
        self.call_with(tool, json!({})).await
    }

    /// Calls a tool with these arguments: an object.
    ///
    /// ```
    /// use mcp_authz::testing::TestServer;
    /// use mcp_authz::tool;
    /// use serde_json::json;
    ///
    /// /// Sends a mail.
    /// #[tool(scopes = ["mail:send"])]
    /// fn send(#[arg] to: String) -> String {
    ///     format!("sent to {to}")
    /// }
    ///
    /// # fn server() -> mcp_authz::ServerBuilder { mcp_authz::Server::builder("mail").tools([send::tool()]).prompts([]).mcp_resources([]) }
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = TestServer::start(server()).await?;
    /// let alice = server.as_user("alice").scopes(["mail:send"]);
    /// let reply = alice.call_with("send", json!({ "to": "bob" })).await.unwrap();
    /// assert_eq!(reply.text(), "sent to bob");
    ///
    /// // What cannot be read is the protocol's own error.
    /// let refused = alice.call_with("send", json!({ "to": 7 })).await.unwrap_err();
    /// assert_eq!(refused.code(), Some(-32602));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refused`]: the tool did not run, or returned an error of the protocol.
    ///
    /// # Panics
    ///
    /// If the arguments are no object.
    pub async fn call_with(&self, tool: &str, arguments: impl Serialize) -> Result<Reply, Refused> {
        let arguments = to_json(arguments);
        let params = json!({ "name": tool, "arguments": arguments });
        self.ask("tools/call", params).await
    }

    /// Gets a prompt that needs no arguments.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub async fn prompt(&self, name: &str) -> Result<Reply, Refused> {
        self.prompt_with(name, json!({})).await
    }

    /// Gets a prompt with these arguments: an object of strings.
    ///
    /// ```
    /// use mcp_authz::prompt;
    /// use mcp_authz::testing::TestServer;
    /// use serde_json::json;
    ///
    /// /// Writes a mail.
    /// #[prompt(scopes = ["mail:read"])]
    /// fn write(#[arg] to: String) -> String {
    ///     format!("Write a mail to {to}.")
    /// }
    ///
    /// # fn server() -> mcp_authz::ServerBuilder { mcp_authz::Server::builder("mail").tools([]).prompts([write::prompt()]).mcp_resources([]) }
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = TestServer::start(server()).await?;
    /// let alice = server.as_user("alice").scopes(["mail:read"]);
    /// assert_eq!(alice.prompts().await.unwrap(), ["write"]);
    /// let reply = alice.prompt_with("write", json!({ "to": "bob" })).await.unwrap();
    /// assert_eq!(reply.text(), "Write a mail to bob.");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refused`].
    ///
    /// # Panics
    ///
    /// If the arguments are no object.
    pub async fn prompt_with(
        &self,
        name: &str,
        arguments: impl Serialize,
    ) -> Result<Reply, Refused> {
        let arguments = to_json(arguments);
        let params = json!({ "name": name, "arguments": arguments });
        self.ask("prompts/get", params).await
    }

    /// Reads a resource.
    ///
    /// ```
    /// use mcp_authz::resource;
    /// use mcp_authz::testing::TestServer;
    ///
    /// /// The mails of a folder.
    /// #[resource(uri = "mail://{folder}", scopes = ["mail:{folder}:read"])]
    /// fn mails(folder: String) -> String {
    ///     format!("3 mails in {folder}")
    /// }
    ///
    /// # fn server() -> mcp_authz::ServerBuilder { mcp_authz::Server::builder("mail").tools([]).prompts([]).mcp_resources([mails::resource()]) }
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = TestServer::start(server()).await?;
    /// let alice = server.as_user("alice").scopes(["mail:inbox:read"]);
    /// assert_eq!(alice.resources().await.unwrap(), ["mail://{folder}"]);
    /// assert_eq!(alice.read("mail://inbox").await.unwrap().text(), "3 mails in inbox");
    /// assert_eq!(alice.read("mail://sent").await.unwrap_err().status(), 403);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub async fn read(&self, uri: &str) -> Result<Reply, Refused> {
        self.ask("resources/read", json!({ "uri": uri })).await
    }

    /// The names of the tools that are listed.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub async fn tools(&self) -> Result<Vec<String>, Refused> {
        self.list("tools/list", "tools", "name").await
    }

    /// The names of the prompts that are listed.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub async fn prompts(&self) -> Result<Vec<String>, Refused> {
        self.list("prompts/list", "prompts", "name").await
    }

    /// The URIs of the resources that are listed, and the templates of such.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub async fn resources(&self) -> Result<Vec<String>, Refused> {
        let mut all = self.list("resources/list", "resources", "uri").await?;
        let templates = ("resourceTemplates", "uriTemplate");
        let templates = self.list("resources/templates/list", templates.0, templates.1);
        all.extend(templates.await?);
        Ok(all)
    }

    /// All pages of a list.
    async fn list(&self, method: &str, items: &str, name: &str) -> Result<Vec<String>, Refused> {
        let (mut all, mut params) = (Vec::new(), json!({}));
        loop {
            let reply = self.ask(method, params).await?;
            let page = reply.result().get(items).and_then(Value::as_array);
            let names = page.into_iter().flatten().filter_map(|item| item.get(name));
            all.extend(names.filter_map(Value::as_str).map(str::to_owned));
            match reply.result().get("nextCursor") {
                Some(cursor) if !cursor.is_null() => params = json!({ "cursor": cursor }),
                _ => return Ok(all),
            }
        }
    }

    /// Sends any request of MCP (2026-07-28) with these parameters. Who asks is said in `_meta`: a client that can
    /// nothing but ask. What yours can, or a token for progress, is said there beside it.
    ///
    /// ```standalone_crate
    /// use mcp_authz::rmcp::RoleServer;
    /// use mcp_authz::rmcp::service::RequestContext;
    /// use mcp_authz::testing::TestServer;
    /// use mcp_authz::{Server, tool};
    /// use serde_json::json;
    ///
    /// /// Says whether the agent could be asked back.
    /// #[tool(scopes = ["mail:read"])]
    /// fn can_be_asked(context: RequestContext<RoleServer>) -> String {
    ///     let can = context.client_capabilities().unwrap_or_default();
    ///     can.elicitation.is_some().to_string()
    /// }
    ///
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = TestServer::start(Server::builder("mail")).await?;
    /// let alice = server.as_user("alice").scopes(["mail:read"]);
    /// let capabilities = json!({ "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} } });
    /// let params = json!({ "name": "can_be_asked", "arguments": {}, "_meta": capabilities });
    /// assert_eq!(alice.ask("tools/call", params).await.unwrap().text(), "true");
    /// # Ok(()) }
    /// ```
    ///
    /// ```
    /// use mcp_authz::testing::TestServer;
    /// use mcp_authz::tool;
    /// use serde_json::json;
    ///
    /// /// Counts the mails.
    /// #[tool(scopes = ["mail:read"])]
    /// fn count() -> String {
    ///     "3 mails".to_owned()
    /// }
    ///
    /// # fn server() -> mcp_authz::ServerBuilder { mcp_authz::Server::builder("mail").tools([count::tool()]).prompts([]).mcp_resources([]) }
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = TestServer::start(server()).await?;
    /// let alice = server.as_user("alice").scopes(["mail:read"]);
    /// let reply = alice.ask("tools/list", json!({})).await.unwrap();
    /// assert_eq!(reply.result()["tools"][0]["description"], "Counts the mails.");
    ///
    /// let refused = alice.ask("tools/rename", json!({})).await.unwrap_err();
    /// assert_eq!(refused.code(), Some(-32601)); // there is no such method
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub async fn ask(&self, method: &str, params: Value) -> Result<Reply, Refused> {
        By::ask(self, method, params).await
    }

    /// Asks over HTTP, with what is presented.
    pub(super) async fn post(&self, presented: Presented, method: &str, params: Value) -> Answered {
        let request = self.request(method, params);
        let first = request.clone();
        let answer = self.server.send(self.with(first, &presented, None)).await;
        match answer.nonce_needed() {
            // RFC 9449 §9: the same again, as any client does.
            Some(nonce) => {
                let second = self.with(request, &presented, Some(&nonce));
                self.server.send(second).await
            }
            None => answer,
        }
    }

    fn request(&self, method: &str, params: Value) -> Request<String> {
        let named = named(&params);
        let body = message(&json!(1), method, params);
        let mut request = Request::post(self.server.path())
            .header(HOST, self.server.host())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream")
            .header("mcp-protocol-version", REVISION)
            .header("mcp-method", method);
        if let Some(name) = named {
            request = request.header("mcp-name", name);
        }
        let request = request.body(body.to_string());
        request.unwrap_or_else(|error| panic!("this is no request: {error}"))
    }

    /// The request of somebody who presents a token.
    fn with(
        &self,
        request: Request<String>,
        presented: &Presented,
        nonce: Option<&str>,
    ) -> Request<Body> {
        let mut request = request.map(Body::from);
        let Some(token) = &presented.token else {
            return request;
        };
        let mut set = |name: HeaderName, value: String| match HeaderValue::try_from(value) {
            Ok(value) => drop(request.headers_mut().insert(name, value)),
            Err(error) => panic!("this is no token: {error}"),
        };
        #[cfg(feature = "dpop")]
        if let Some(key) = &presented.key {
            let (uri, now) = (self.server.audience(), self.server.clock().unix());
            let proof = key.proof(uri, token, now, nonce);
            set(PROOF, proof.unwrap_or_else(|error| panic!("{error}")));
            set(AUTHORIZATION, format!("DPoP {token}"));
            return request;
        }
        #[cfg(not(feature = "dpop"))]
        let _ = nonce;
        set(AUTHORIZATION, format!("Bearer {token}"));
        request
    }
}

/// What a request is about, as its header says it (SEP-2243): what cannot stand in a header as it is, encoded.
fn named(params: &Value) -> Option<String> {
    let places = ["name", "uri", "taskId"].into_iter();
    let name = places.filter_map(|place| params.get(place)).next()?;
    let name = name.as_str()?;
    let is_plain = name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    match is_plain && name.trim() == name && !name.starts_with("=?base64?") {
        true => Some(name.to_owned()),
        false => Some(format!("=?base64?{}?=", STANDARD.encode(name))),
    }
}

/// A request of a client that says with each of them who it is.
pub(super) fn message(id: &Value, method: &str, mut params: Value) -> Value {
    if let Value::Object(params) = &mut params {
        let mut about = json!({
            "io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        });
        let said = params.remove("_meta");
        if let (Value::Object(about), Some(Value::Object(said))) = (&mut about, said) {
            about.extend(said);
        }
        params.insert("_meta".to_owned(), about);
    }
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

fn to_json(arguments: impl Serialize) -> Value {
    match serde_json::to_value(arguments) {
        Ok(arguments @ Value::Object(_)) => arguments,
        Ok(other) => panic!("arguments are an object, by their names: {other} is none"),
        Err(error) => panic!("these are no arguments: {error}"),
    }
}
