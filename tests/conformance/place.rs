//! The server, bare or behind the gate.

use std::future::pending;
use std::sync::Arc;

use http_server::Router;
use http_server::serve::ListenerExt;
use mcp_authz::rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use mcp_authz::rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService,
};
use mcp_authz::{Authz, SessionLimits, dev};
use support::{Ran, Result};
use tokio::net::TcpListener;

use crate::everything::Everything;
use crate::proxy::{self, Seen};
use crate::rules::rules;

/// The form of a plain reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replies {
    Streams,
    Json,
}

/// The handler behind the gate, and who issues tokens for it.
pub(crate) struct Guarded {
    pub(crate) url: String,
    pub(crate) ran: Ran,
    provider: dev::AuthorizationServer,
}

impl Guarded {
    pub(crate) async fn open(replies: Replies, limits: SessionLimits) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = endpoint(&listener)?;
        Self::open_as(url, listener, replies, limits).await
    }

    async fn open_as(
        url: String,
        listener: TcpListener,
        replies: Replies,
        limits: SessionLimits,
    ) -> Result<Self> {
        let provider = dev::AuthorizationServer::builder().start().await?;
        let ran = Ran::default();
        let server = Authz::new()
            .resource(&url)
            .issuer(provider.issuer())
            .sessions(limits)
            .json_replies(replies == Replies::Json)
            .protect(Everything::new(ran.clone()), rules())
            .build()
            .await?;
        tokio::spawn(server.serve_until(listener, pending()));
        Ok(Self { url, ran, provider })
    }

    /// A token that somebody gave to a client.
    pub(crate) fn token(&self, person: &str, client: &str, scopes: &str) -> Result<String> {
        let mint = self.provider.mint(person).client(client);
        Ok(mint.resource(&self.url).scopes(scopes).sign()?)
    }
}

fn endpoint(listener: &TcpListener) -> Result<String> {
    Ok(format!("http://{}/mcp", listener.local_addr()?))
}

/// Where the suite finds a server.
pub(crate) struct Place {
    pub(crate) url: String,
    /// What went through the proxy; nothing where there is none.
    pub(crate) seen: Seen,
    /// What is behind the gate, if there is one.
    pub(crate) guarded: Option<Guarded>,
}

impl Place {
    /// rmcp's own service around the handler.
    pub(crate) async fn bare(replies: Replies) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = endpoint(&listener)?;
        let handler = Everything::new(Ran::default());
        let json = replies == Replies::Json;
        let service = StreamableHttpService::new(
            move || Ok(handler.clone()),
            Arc::<LocalSessionManager>::default(),
            StreamableHttpServerConfig::default().with_json_response(json),
        );
        let router = Router::new().route_service("/mcp", service);
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        tokio::spawn(async move { http_server::serve(listener, router).await });
        Ok(Self {
            url,
            seen: Seen::default(),
            guarded: None,
        })
    }

    /// The same handler behind the gate, and a token of these scopes on every request.
    pub(crate) async fn gated(
        replies: Replies,
        scopes: &str,
        limits: SessionLimits,
    ) -> Result<Self> {
        let behind = TcpListener::bind("127.0.0.1:0").await?;
        let upstream = behind.local_addr()?;
        let front = TcpListener::bind("127.0.0.1:0").await?;
        // What clients connect to is the proxy.
        let url = endpoint(&front)?;
        let guarded = Guarded::open_as(url, behind, replies, limits).await?;
        let token = guarded.token("alice", "smartmail", scopes)?;
        let (seen, header) = (
            Seen::default(),
            format!("Authorization: Bearer {token}\r\n"),
        );
        tokio::spawn(proxy::serve(front, upstream, header, Arc::clone(&seen)));
        Ok(Self {
            url: guarded.url.clone(),
            seen,
            guarded: Some(guarded),
        })
    }

    /// The host and port of the URL.
    pub(crate) fn address(&self) -> String {
        let rest = self.url.trim_start_matches("http://");
        rest.trim_end_matches("/mcp").to_owned()
    }
}
