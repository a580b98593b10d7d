//! A running server as a client finds it, and what its refusals must look like.

use std::future::pending;
use std::time::Duration;

use http_client::Client;
use json::json;
use mcp_authz::{Issuer, ServerBuilder, TokenCache};
use support::{Ran, Reply, Result, modern_body, modern_headers};
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::server::{self, Outbox};

/// One server.
pub(crate) struct Guarded {
    /// Where it listens: for a replica another address than its resource.
    pub(crate) url: String,
    pub(crate) outbox: Outbox,
    /// Counts the handlers that ran.
    pub(crate) ran: Ran,
    /// What it remembers of tokens.
    pub(crate) tokens: TokenCache,
    http: Client,
}

impl Guarded {
    /// One for this resource, on a port of its own.
    pub(crate) async fn of(resource: &str, issuer: Issuer) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (outbox, ran) = (Outbox::default(), Ran::default());
        let builder = server::builder(resource, issuer, &outbox, &ran);
        Self::serve(listener, builder, outbox, ran).await
    }

    /// The same, where an issuer that is not there is a mistake.
    pub(crate) async fn eager(resource: &str, issuer: Issuer) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (outbox, ran) = (Outbox::default(), Ran::default());
        let builder = server::builder(resource, issuer, &outbox, &ran).eager();
        Self::serve(listener, builder, outbox, ran).await
    }

    /// Builds it and serves it until the test ends.
    pub(crate) async fn serve(
        listener: TcpListener,
        builder: ServerBuilder,
        outbox: Outbox,
        ran: Ran,
    ) -> Result<Self> {
        let url = format!("http://{}/mcp", listener.local_addr()?);
        let server = builder.build().await?;
        let tokens = server.token_cache();
        tokio::spawn(server.serve_until(listener, pending()));
        let http = Client::builder().no_proxy().build()?;
        Ok(Self {
            url,
            outbox,
            ran,
            tokens,
            http,
        })
    }

    /// Calls a tool with a bearer token.
    pub(crate) async fn call(&self, tool: &str, token: &str) -> Reply {
        let params = json!({ "name": tool, "arguments": { "to": "bob@example.com" } });
        let request = self
            .http
            .post(&self.url)
            .headers(modern_headers("tools/call", Some(tool)))
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .bearer_auth(token);
        Reply::of(request.body(modern_body("tools/call", params))).await
    }

    /// `whoami` runs and knows this.
    pub(crate) async fn knows(&self, token: &str, what: &str) {
        let before = self.ran.times();
        let reply = self.call("whoami", token).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(reply.text().contains(what), "{reply:?}");
        assert_eq!(self.ran.times(), before + 1);
    }

    /// The same, once the issuer can be asked: nobody is refused meanwhile.
    pub(crate) async fn soon_knows(&self, token: &str, what: &str) {
        for _ in 0..50 {
            let reply = self.call("whoami", token).await;
            if reply.status == 200 {
                return self.knows(token, what).await;
            }
            assert_eq!(reply.status, 503, "{reply:?}");
            sleep(Duration::from_millis(200)).await;
        }
        panic!("not in ten seconds");
    }

    /// The token is good, and less than this tool needs: the challenge says what is.
    pub(crate) async fn asks_for_more(&self, tool: &str, token: &str, scope: &str) {
        let reply = self.refuses(tool, token, 403).await;
        let asked = format!(r#"error="insufficient_scope", scope="{scope}""#);
        assert!(reply.challenge().contains(&asked), "{reply:?}");
    }

    /// The token is no good here.
    pub(crate) async fn turns_away(&self, token: &str) {
        let reply = self.refuses("whoami", token, 401).await;
        let challenge = reply.challenge();
        assert!(challenge.contains(r#"error="invalid_token""#), "{reply:?}");
    }

    /// Nobody can say: no challenge, so nobody signs in anew.
    pub(crate) async fn cannot_tell(&self, token: &str) {
        let reply = self.refuses("whoami", token, 503).await;
        assert_eq!(reply.challenge(), "", "{reply:?}");
        assert!(reply.headers.contains_key("retry-after"), "{reply:?}");
    }

    /// Refuses before any handler runs.
    async fn refuses(&self, tool: &str, token: &str, status: u16) -> Reply {
        let before = self.ran.times();
        let reply = self.call(tool, token).await;
        assert_eq!(reply.status, status, "{reply:?}");
        assert_eq!(self.ran.times(), before, "no handler ran");
        reply
    }
}
