//! Where clients connect, for those who try somewhere else: the operator at start, and whoever asks for a
//! path where nothing is.

use std::sync::Arc;

use axum::body::Body;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};
use rmcp::ServerHandler;
use url::Url;

use super::Server;
use crate::layer::answered;

/// What is asked for at a server's address and meant for somebody else: every client looks there.
const WELL_KNOWN: &str = "/.well-known/";

/// A longer path is not repeated in the log: nobody mistakes it for an endpoint's.
const MAX_PATH: usize = 32;

/// Answers requests for paths where nothing is.
#[derive(Clone)]
pub(super) struct Astray(Arc<Told>);

struct Told {
    client: String,
    operator: String,
    max_body_bytes: usize,
}

impl<H: ServerHandler> Server<H> {
    pub(super) fn astray(&self) -> Astray {
        let address = address(&self.manifest.resource);
        Astray(Arc::new(Told {
            client: format!("Nothing is at this path. MCP clients connect to {address}\n"),
            operator: self.where_clients_connect(),
            max_body_bytes: self.endpoint.max_body_bytes(),
        }))
    }

    /// A sentence for the operator.
    pub(super) fn where_clients_connect(&self) -> String {
        connect(&self.manifest.resource, &self.mount)
    }
}

impl Astray {
    pub(super) async fn answer(self, request: Request<Body>) -> Response<Body> {
        let max_bytes = self.0.max_body_bytes;
        let answer = async |request: Request<Body>| self.say(request.uri().path());
        answered(request, max_bytes, answer).await
    }

    fn say(&self, path: &str) -> Response<Body> {
        let operator = &self.0.operator;
        let shown = Some(path).filter(|path| is_shown(path));
        if path.starts_with(WELL_KNOWN) {
            tracing::debug!(path = shown, "nothing is at this path: {operator}");
        } else {
            tracing::info!(path = shown, "nothing is at this path: {operator}");
        }
        let mut response = Response::new(Body::from(self.0.client.clone()));
        *response.status_mut() = StatusCode::NOT_FOUND;
        let headers = response.headers_mut();
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(CONTENT_TYPE, text);
        // A 404 may be kept without being asked to (RFC 9110 §15.1), and the endpoint may move there.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// Whether a path looks like one that somebody typed.
fn is_shown(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    path.len() <= MAX_PATH && path.bytes().all(plain)
}

/// Where clients connect, and what a proxy has to do for that.
fn connect(resource: &str, mount: &str) -> String {
    let mut told = format!("clients connect to {}", address(resource));
    if Url::parse(resource).is_ok_and(|url| url.path() != mount) {
        told += &format!(", which is to lead to {mount} here");
    }
    told
}

/// The URL to give to clients, and what is easily added to it or left out.
fn address(resource: &str) -> String {
    let url = Url::parse(resource);
    match url.as_ref().map_or("", Url::path) {
        "/" => format!("{resource}, without a path behind it"),
        path if path.ends_with('/') => format!("{resource}, with the slash at its end"),
        _ => resource.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_what_is_easily_left_out_or_added() {
        for (resource, mount, told) in [
            ("https://h/mcp", "/mcp", "https://h/mcp"),
            ("https://h", "/", "https://h, without a path behind it"),
            ("https://h/", "/", "https://h/, without a path behind it"),
            (
                "https://h/mcp/",
                "/mcp/",
                "https://h/mcp/, with the slash at its end",
            ),
            (
                "https://h/a/mcp",
                "/mcp",
                "https://h/a/mcp, which is to lead to /mcp here",
            ),
        ] {
            assert_eq!(
                connect(resource, mount),
                format!("clients connect to {told}")
            );
        }
    }

    #[test]
    fn only_what_looks_like_a_path_is_repeated_in_the_log() {
        for path in ["/", "/mcp", "/mcp/", "/api/v1/mcp/sse", "/favicon.ico"] {
            assert!(is_shown(path), "{path}");
        }
        let long = format!("/{}", "a".repeat(MAX_PATH));
        for path in [long.as_str(), "/%0a", "/a=b", "/\u{e9}"] {
            assert!(!is_shown(path), "{path}");
        }
    }
}
