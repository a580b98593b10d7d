//! Protected-resource metadata (RFC 9728): where a client learns which authorization server to go
//! to. Written once, at start; nothing in it comes from a request.

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method};
use serde_json::{Map, Value};
use tower_http::cors::{Any, CorsLayer};
use url::Url;

use crate::scope::{Scope, ScopeSet};

/// Of every resource (RFC 9728 §3).
pub(crate) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Short, since an operator may move to another authorization server (RFC 9728 §7.10).
const CACHEABLE: &str = "public, max-age=300";

/// The document of one protected resource.
#[derive(Clone, Debug)]
pub(crate) struct ResourceMetadata {
    /// Where clients look for it, a strict one first: the path of the resource behind the well-known part.
    paths: Vec<String>,
    url: String,
    document: Bytes,
}

#[derive(serde::Serialize)]
struct Document<'a> {
    resource: &'a str,
    // RFC 9728 §3.2: an empty array is left out.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    authorization_servers: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<&'a str>,
    bearer_methods_supported: [&'static str; 1],
    resource_name: &'a str,
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl ResourceMetadata {
    pub(crate) fn new(
        resource: &str,
        url: &Url,
        issuers: &[String],
        scopes: &ScopeSet,
        name: &str,
        more: Map<String, Value>,
    ) -> Self {
        let document = Document {
            resource,
            authorization_servers: issuers,
            scopes_supported: scopes.iter().map(Scope::as_str).collect(),
            bearer_methods_supported: ["header"],
            resource_name: name,
            more,
        };
        // RFC 9728 §3: the well-known part goes between host and path; a bare "/" is no path.
        let strict = format!(
            "{WELL_KNOWN}{}",
            Some(url.path()).filter(|path| *path != "/").unwrap_or("")
        );
        let url = format!("{}{strict}", url.origin().ascii_serialization());
        // A slash at the end belongs to the path; there are clients that leave it out.
        let lenient = strict.trim_end_matches('/').to_owned();
        let mut paths = vec![strict, lenient];
        paths.dedup();
        // Strings, flags and arrays of strings always serialize.
        let document = serde_json::to_vec(&document).unwrap_or_default().into();
        Self {
            paths,
            url,
            document,
        }
    }

    /// What challenges point to.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The routes: the path of the resource, and the root as well, where clients look next.
    pub(crate) fn router(&self, at_root: bool) -> Router {
        let document = self.document.clone();
        let serve = get(move || std::future::ready(answer(document.clone())));
        let mut router = Router::new();
        for path in &self.paths {
            router = router.route(path, serve.clone());
        }
        if at_root && !self.paths.iter().any(|path| path == WELL_KNOWN) {
            router = router.route(WELL_KNOWN, serve);
        }
        // Public by design: every page may read it.
        router.layer(
            CorsLayer::new()
                .allow_origin(Any)
                .allow_methods([Method::GET])
                .allow_headers(Any),
        )
    }
}

fn answer(document: Bytes) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static(CACHEABLE)),
    ];
    (headers, document)
}
