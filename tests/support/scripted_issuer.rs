//! An authorization server that says what a test tells it to, and counts who asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http_server::Router;
use http_server::body::to_bytes;
use http_server::extract::Request;
use http_server::http::StatusCode;
use http_server::http::header::{AUTHORIZATION, CONTENT_TYPE};
use http_server::response::{IntoResponse as _, Response};
use json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const METADATA: &str = "/.well-known/oauth-authorization-server";

/// A site on a loopback port. Stops when dropped.
pub struct ScriptedIssuer {
    site: Arc<Mutex<Site>>,
    origin: String,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Site {
    pages: HashMap<String, (StatusCode, String)>,
    received: Vec<Received>,
}

/// A question as it came.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub authorization: String,
    pub body: String,
}

impl ScriptedIssuer {
    /// Publishes these keys, and metadata that lists more algorithms than anybody should take.
    pub async fn start(keys: &[Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let site = Arc::<Mutex<Site>>::default();
        let served = Arc::clone(&site);
        let app = Router::new().fallback(async move |request: Request| {
            let received = Received::read(request).await;
            let mut site = served.lock().unwrap_or_else(PoisonError::into_inner);
            site.answer(received)
        });
        let task = tokio::spawn(async move {
            let _ = http_server::serve(listener, app).await;
        });
        let issuer = Self {
            site,
            origin: format!("http://{address}"),
            task,
        };
        let metadata = json!({
            "issuer": issuer.identifier(), "jwks_uri": issuer.url("/jwks"),
            "introspection_endpoint": issuer.url("/introspect"),
            "userinfo_endpoint": issuer.url("/userinfo"),
            "id_token_signing_alg_values_supported": ["none", "HS256", "ES256"],
            "userinfo_signing_alg_values_supported": ["none", "HS256"],
        });
        issuer.page(METADATA, 200, &metadata);
        issuer.publish(keys);
        issuer
    }

    /// `iss` of its tokens.
    pub fn identifier(&self) -> &str {
        &self.origin
    }

    /// The address of one of its pages.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// These are its keys from now on.
    pub fn publish(&self, keys: &[Value]) {
        self.page("/jwks", 200, &json!({ "keys": keys }));
    }

    /// What it answers at `path` from now on.
    pub fn page(&self, path: &str, status: u16, body: &Value) {
        let status = StatusCode::from_u16(status).expect("a status");
        let page = (status, body.to_string());
        self.site().pages.insert(path.to_owned(), page);
    }

    /// How often it was asked for `path`.
    pub fn asked(&self, path: &str) -> usize {
        self.received(path).len()
    }

    /// What it was asked at `path`.
    pub fn received(&self, path: &str) -> Vec<Received> {
        let site = self.site();
        let there = site.received.iter().filter(|asked| asked.path == path);
        there.cloned().collect()
    }

    fn site(&self) -> std::sync::MutexGuard<'_, Site> {
        self.site.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ScriptedIssuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Received {
    async fn read(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
        let authorization = parts.headers.get(AUTHORIZATION);
        let authorization = authorization.and_then(|value| value.to_str().ok());
        Self {
            path: parts.uri.path().to_owned(),
            authorization: authorization.unwrap_or_default().to_owned(),
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}

impl Site {
    fn answer(&mut self, received: Received) -> Response {
        let page = self.pages.get(&received.path).cloned();
        self.received.push(received);
        match page {
            Some((status, body)) => {
                let kind = [(CONTENT_TYPE, "application/json")];
                (status, kind, body).into_response()
            }
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }
}
