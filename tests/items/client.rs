//! A client of either revision, and replies of either form: what holds must hold in all four.

use std::fmt;

use http_client::header::{DATE, HeaderMap};
use json::{Value, json};
use mcp_authz::ServerBuilder;
use support::{Lab, Reply, Revision, legacy_body, modern_body, modern_headers};

pub(crate) struct Client<'a> {
    pub(crate) lab: &'a Lab,
    revision: Revision,
    replies: &'static str,
    ran_before: usize,
}

/// Runs a test as clients of both revisions see it, with replies as documents and as streams.
pub(crate) async fn everywhere(
    configure: impl Fn(ServerBuilder) -> ServerBuilder,
    test: impl AsyncFn(&Client<'_>),
) {
    for (is_json, replies) in [(true, "documents"), (false, "streams")] {
        let start = |server| configure(bare(server)).json_replies(is_json);
        let lab = Lab::start(start).await;
        for revision in [Revision::V2026_07_28, Revision::V2025_11_25] {
            let client = Client {
                lab: &lab,
                revision,
                replies,
                ran_before: lab.ran.times(),
            };
            println!("as {client:?}");
            test(&client).await;
        }
    }
}

/// A server that has nothing by itself: what the other tests declare is left out.
pub(crate) fn bare(server: ServerBuilder) -> ServerBuilder {
    server.tools([]).prompts([]).mcp_resources([])
}

impl Client<'_> {
    /// Whether it is of the revision without sessions.
    pub(crate) fn is_modern(&self) -> bool {
        self.revision == Revision::V2026_07_28
    }

    /// A token of Alice's.
    pub(crate) fn token(&self, scopes: &str) -> String {
        self.lab.token(scopes)
    }

    /// How often a handler ran for this client.
    pub(crate) fn ran(&self) -> usize {
        self.lab.ran.times() - self.ran_before
    }

    pub(crate) async fn call(&self, token: Option<&str>, tool: &str, arguments: Value) -> Reply {
        let params = json!({ "name": tool, "arguments": arguments });
        self.ask(token, "tools/call", Some(tool), params).await
    }

    pub(crate) async fn list(&self, token: Option<&str>, what: &str) -> Reply {
        self.ask(token, &format!("{what}/list"), None, json!({}))
            .await
    }

    /// What the server says that it has.
    pub(crate) async fn capabilities(&self) -> Value {
        let params = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "lab", "version": "1" },
        });
        let method = match self.is_modern() {
            true => "server/discover",
            false => "initialize",
        };
        let message = self.ask(None, method, None, params).await.message();
        message["result"]["capabilities"].clone()
    }

    /// What of a list is shown, each by `key`.
    pub(crate) async fn shown(&self, token: Option<&str>, what: &str, key: &str) -> Vec<String> {
        let message = self.list(token, what).await.message();
        let page = message["result"].as_object().cloned().unwrap_or_default();
        let items = page.values().find_map(Value::as_array).cloned();
        let named = items.unwrap_or_default();
        named
            .iter()
            .map(|item| item[key].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    pub(crate) async fn ask(
        &self,
        token: Option<&str>,
        method: &str,
        name: Option<&str>,
        params: Value,
    ) -> Reply {
        let request = self.lab.post(token);
        Reply::of(match self.revision {
            Revision::V2026_07_28 => request
                .headers(modern_headers(method, name))
                .body(modern_body(method, params)),
            Revision::V2025_11_25 => request
                .header("mcp-protocol-version", self.revision.as_str())
                .body(legacy_body(method, params)),
        })
        .await
    }
}

impl fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.revision.as_str(), self.replies)
    }
}

/// A refusal that the person can cure, for exactly these scopes.
pub(crate) fn assert_asked_for(reply: &Reply, scopes: &str) {
    assert_eq!(reply.status, 403, "{reply:?}");
    let challenge = reply.challenge();
    let asked = format!(r#"error="insufficient_scope", scope="{scopes}""#);
    assert!(challenge.contains(&asked), "{scopes:?} in {challenge}");
}

/// The same answer, to the byte.
pub(crate) fn assert_same(one: &Reply, other: &Reply) {
    let headers = |reply: &Reply| -> HeaderMap {
        let mut headers = reply.headers.clone();
        headers.remove(DATE);
        headers
    };
    assert_eq!(one.status, other.status);
    assert_eq!(headers(one), headers(other));
    assert_eq!(one.body, other.body);
}
