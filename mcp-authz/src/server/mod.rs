//! Registry, gate and HTTP in one: the builder, where every start-up check lives, and serving.

mod assemble;
mod astray;
mod authz;
mod build;
mod builder;
mod checks;
mod connections;
mod cors;
mod dispatch;
#[cfg(feature = "dpop")]
mod dpop;
mod exchange;
mod item;
mod local;
mod manifest;
mod plan;
mod resource;
mod selection;
mod serve;
mod settings;
mod stdio;
mod survey;
mod toolsets;
#[cfg(feature = "testing")]
pub(crate) mod under_test;

pub use authz::{Authz, Protect};
pub use builder::ServerBuilder;
pub use dispatch::Annotated;
pub use manifest::{GuardedItem, Manifest};
pub use stdio::StdioCaller;
#[cfg(feature = "testing")]
pub use under_test::UnderTest;

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::middleware::{Next, from_fn};
use http::{Request, Response};
use rmcp::ServerHandler;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

use crate::challenge::ResponseBody;
use crate::layer::{Endpoint, Origins, answered};
use crate::metadata::ResourceMetadata;
use crate::token::TokenCache;
use cors::ForPages;

/// An MCP server whose functions are reached only by those who may call them.
///
/// `H` is what it serves: annotated functions, or a handler of yours behind [`Authz`](crate::Authz).
///
/// ```no_run
/// use mcp_authz::{AuthInfo, Server, tool};
///
/// /// Say who is calling.
/// #[tool(scopes = ["profile"])]
/// async fn whoami(auth: AuthInfo) -> String {
///     auth.subject().unwrap_or("nobody").to_owned()
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), mcp_authz::Error> {
///     Server::builder("whoami")
///         .resource("https://mcp.example.com/mcp")
///         .issuer("https://tenant.logto.app/oidc")
///         .build()
///         .await?
///         .serve("0.0.0.0:3001")
///         .await
/// }
/// ```
pub struct Server<H = Annotated> {
    endpoint: Endpoint<H>,
    metadata: ResourceMetadata,
    token_cache: TokenCache,
    mount: String,
    origins: Origins,
    manifest: Manifest,
    /// The issuers that could not be reached at start, each in a sentence.
    unreachable: Vec<String>,
    /// Whether somebody says which applications are the operator's own.
    #[cfg(feature = "logto")]
    pub(crate) knows_first_party: bool,
    /// The calls that are being answered.
    running: TaskTracker,
    /// Cancelled when those are done: streams that nothing waits for end.
    streams: CancellationToken,
    /// Cancelled first: streams that end by themselves when they are told to.
    closing: CancellationToken,
    grace: Duration,
}

impl Server {
    /// Starts a server that introduces itself to clients as `name`.
    pub fn builder(name: impl Into<String>) -> ServerBuilder {
        ServerBuilder::new(name.into())
    }
}

impl<H: ServerHandler> Server<H> {
    /// The endpoint and its well-known documents, to **merge at the root** of an application: the
    /// well-known paths live there (RFC 9728 §3).
    ///
    /// Nothing but these: what is answered at other paths is the application's.
    ///
    /// ```no_run
    /// # async fn example(builder: mcp_authz::ServerBuilder) -> Result<(), mcp_authz::Error> {
    /// use axum::{Router, routing::get};
    ///
    /// let server = builder.build().await?;
    /// let app = Router::new()
    ///     .route("/health", get(async || "well"))
    ///     .merge(server.router());
    /// # Ok(()) }
    /// ```
    pub fn router(&self) -> Router {
        Router::new()
            .route_service(&self.mount, self.mcp_service())
            .merge(self.documents(true))
    }

    /// The protected endpoint alone, for nesting under a path of your own; serve
    /// [`metadata_router`](Self::metadata_router) at the root beside it.
    #[must_use]
    pub fn mcp_service(
        &self,
    ) -> impl Service<
        Request<Body>,
        Response = Response<ResponseBody>,
        Error = Infallible,
        Future: Send,
    > + Clone
    + Send
    + Sync
    + 'static {
        ForPages::new(self.endpoint.clone(), self.origins.clone())
    }

    /// Everything that the server guards, and with what.
    ///
    /// ```no_run
    /// # fn example(server: mcp_authz::Server) {
    /// println!("{}", server.manifest().to_markdown());
    /// # }
    /// ```
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What the server remembers of tokens: to forget, when a token or a person is revoked.
    #[must_use]
    pub fn token_cache(&self) -> TokenCache {
        self.token_cache.clone()
    }

    /// Who calls other routes of the same program.
    #[cfg(feature = "logto")]
    pub(crate) fn callers(&self) -> std::sync::Arc<dyn crate::layer::Callers> {
        std::sync::Arc::new(self.endpoint.clone())
    }

    /// The metadata of this resource alone, without the document at the root, so that several
    /// protected servers can share a host.
    ///
    /// ```no_run
    /// # async fn example(builder: mcp_authz::ServerBuilder) -> Result<(), mcp_authz::Error> {
    /// use axum::Router;
    ///
    /// let server = builder.resource("https://example.com/mail/mcp").build().await?;
    /// let mail = Router::new().route_service("/mcp", server.mcp_service());
    /// let app = Router::new()
    ///     .nest("/mail", mail)
    ///     .merge(server.metadata_router());
    /// # Ok(()) }
    /// ```
    pub fn metadata_router(&self) -> Router {
        self.documents(false)
    }

    fn documents(&self, at_root: bool) -> Router {
        let max_bytes = self.endpoint.max_body_bytes();
        let read_over =
            move |request, next: Next| answered(request, max_bytes, |request| next.run(request));
        self.metadata.router(at_root).layer(from_fn(read_over))
    }
}

/// What the server guards, as it is printed at start, and which issuers could not be reached then.
impl<H> std::fmt::Display for Server<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.manifest, f)?;
        for issuer in &self.unreachable {
            writeln!(f, "  {issuer}\n    {}", plan::MEANWHILE)?;
        }
        Ok(())
    }
}

impl<H> std::fmt::Debug for Server<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("mount", &self.mount)
            .finish_non_exhaustive()
    }
}
