//! The bytes of a call.

use axum::body::Body;
use http::{Method, Request};

use crate::servers::RESOURCE;

const MODERN: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"a":20,"b":22},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}"#;
const LEGACY: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"a":20,"b":22}}}"#;
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// A revision of the protocol.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revision {
    Modern,
    Legacy,
}

impl Revision {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Modern => "2026-07-28",
            Self::Legacy => "2025-11-25",
        }
    }

    fn body(self) -> &'static str {
        match self {
            Self::Modern => MODERN,
            Self::Legacy => LEGACY,
        }
    }

    /// What a client sends besides the token.
    fn headers(self) -> Vec<(&'static str, &'static str)> {
        let mut headers = vec![
            ("host", "127.0.0.1"),
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", self.name()),
        ];
        if self == Self::Modern {
            headers.extend([("mcp-method", "tools/call"), ("mcp-name", "add")]);
        }
        headers
    }
}

/// A call as it goes over the wire.
pub(crate) fn bytes(revision: Revision, token: &str) -> Vec<u8> {
    let body = revision.body();
    let mut text = format!("POST /mcp HTTP/1.1\r\nauthorization: Bearer {token}\r\n");
    for (name, value) in revision.headers() {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("content-length: {}\r\n\r\n{body}", body.len());
    text.into_bytes()
}

/// The same call as a value.
pub(crate) fn request(revision: Revision, token: &str) -> Request<Body> {
    posted(revision, token, revision.body())
}

/// Asks for a session, in the older revision.
pub(crate) fn initialize(token: &str) -> Request<Body> {
    posted(Revision::Legacy, token, INITIALIZE)
}

/// What a client says then.
pub(crate) fn initialized(token: &str) -> Request<Body> {
    posted(Revision::Legacy, token, INITIALIZED)
}

fn posted(revision: Revision, token: &str, body: &'static str) -> Request<Body> {
    let mut request = Request::builder().method(Method::POST).uri("/mcp");
    for (name, value) in revision.headers() {
        request = request.header(name, value);
    }
    request
        .header("authorization", format!("Bearer {token}"))
        .body(Body::from(body))
        .unwrap()
}

/// A request that rmcp answers at once (405): what is in front of rmcp is most of its cost.
pub(crate) fn knock(token: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().uri(RESOURCE).header("host", "127.0.0.1");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(Body::empty()).unwrap()
}
