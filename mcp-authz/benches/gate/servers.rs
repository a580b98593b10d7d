//! Both servers, with the same transport settings.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use axum::Router;
use axum::serve::ListenerExt;
use mcp_authz::dev::AuthorizationServer;
use mcp_authz::rmcp::ServerHandler;
use mcp_authz::rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use mcp_authz::rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use mcp_authz::rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService,
};
use mcp_authz::{Authz, Hierarchy, Issuer, Server, SessionLimits};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::machine::Thread;
use crate::office::{self, Office};
use crate::tool::{Bare, add};

/// No port: whichever one a listener gets is admitted.
pub(crate) const RESOURCE: &str = "http://127.0.0.1/mcp";

/// The tool on rmcp alone.
pub(crate) fn bare_router(json: bool) -> Router {
    router_of(Bare::new(), json)
}

pub(crate) fn router_of(handler: impl ServerHandler + Clone, json: bool) -> Router {
    let config = config(json).with_legacy_session_mode(false);
    let sessions = Arc::new(NeverSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(handler.clone()), sessions, config);
    Router::new().route_service("/mcp", service)
}

/// The same in sessions, which rmcp answers in event streams alone.
pub(crate) fn bare_in_sessions() -> Router {
    let handler = Bare::new();
    let sessions = Arc::new(LocalSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(handler.clone()), sessions, config(true));
    Router::new().route_service("/mcp", service)
}

fn config(json: bool) -> StreamableHttpServerConfig {
    // What the builder derives from a loopback resource.
    StreamableHttpServerConfig::default()
        .with_json_response(json)
        .with_allowed_hosts(["127.0.0.1", "localhost", "127.0.0.1", "[::1]"])
        .with_allowed_origins([
            "http://127.0.0.1:80",
            "http://localhost:*",
            "http://127.0.0.1:*",
            "http://[::1]:*",
        ])
        .enforce_origin_validation()
        .with_max_request_body_bytes(1024 * 1024)
}

/// The tool behind the gate.
pub(crate) async fn gated(issuer: impl Into<Issuer>, json: bool) -> Server {
    Server::builder("bench")
        .resource(RESOURCE)
        .issuer(issuer)
        .tools([add::tool()])
        .json_replies(json)
        // For the micro figures: a request without a token is what the others are compared with.
        .allow_anonymous()
        .eager()
        .build()
        .await
        .unwrap()
}

/// The tool behind the gate, in sessions.
pub(crate) async fn in_sessions(issuer: impl Into<Issuer>, limits: SessionLimits) -> Server {
    Server::builder("bench")
        .resource(RESOURCE)
        .issuer(issuer)
        .tools([add::tool()])
        .sessions(limits)
        .build()
        .await
        .unwrap()
}

/// A handler of others behind the gate, with fifty rules and a hierarchy above what is called.
pub(crate) async fn protected(issuer: String) -> Server<Office> {
    Authz::new()
        .resource(RESOURCE)
        .issuer(issuer)
        .hierarchy(Hierarchy::new().includes("everything", ["math", "tool:1", "note:1"]))
        .json_replies(true)
        .eager()
        .protect(Office::new(), office::rules())
        .build()
        .await
        .unwrap()
}

/// A server with one worker thread of its own.
#[derive(Clone, Copy)]
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) worker: Thread,
}

pub(crate) async fn start_bare(json: bool) -> Running {
    start(
        if json { "bare-json" } else { "bare-sse" },
        move |ready| async move {
            let listener = listen(ready).await.tap_io(|stream| {
                let _ = stream.set_nodelay(true);
            });
            axum::serve(listener, bare_router(json)).await.unwrap();
        },
    )
    .await
}

pub(crate) async fn start_gated(provider: &AuthorizationServer, json: bool) -> Running {
    let issuer = provider.issuer().to_owned();
    start(
        if json { "gated-json" } else { "gated-sse" },
        move |ready| async move {
            let server = gated(issuer, json).await;
            let listener = listen(ready).await;
            server.serve_until(listener, pending()).await.unwrap();
        },
    )
    .await
}

pub(crate) async fn start_office() -> Running {
    start("bare-office", |ready| async move {
        let listener = listen(ready).await.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let router = router_of(Office::new(), true);
        axum::serve(listener, router).await.unwrap();
    })
    .await
}

pub(crate) async fn start_protected(provider: &AuthorizationServer) -> Running {
    let issuer = provider.issuer().to_owned();
    start("gated-office", move |ready| async move {
        let server = protected(issuer).await;
        let listener = listen(ready).await;
        server.serve_until(listener, pending()).await.unwrap();
    })
    .await
}

async fn listen(ready: oneshot::Sender<SocketAddr>) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    ready.send(listener.local_addr().unwrap()).unwrap();
    listener
}

async fn start<F>(
    name: &'static str,
    serve: impl FnOnce(oneshot::Sender<SocketAddr>) -> F + Send + 'static,
) -> Running
where
    F: Future<Output = ()>,
{
    let (ready, address) = oneshot::channel();
    thread::spawn(move || worker(name).block_on(serve(ready)));
    Running {
        address: address.await.unwrap(),
        worker: Thread::named(name),
    }
}

fn worker(name: &str) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name(name)
        .enable_all()
        .build()
        .unwrap()
}
