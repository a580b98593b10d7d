//! A server in a test: all of it, in this process.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::Request;
use http::header::HOST;
use http_body_util::BodyExt as _;
use rmcp::ServerHandler;
use tokio::io::DuplexStream;
use tower_service::Service as _;
use url::Url;

use super::answer::Answered;
use super::caller::{Caller, Held, Presented, User};
use super::clock::TestClock;
use super::issuer::{Network, TestIssuer};
use super::why;
use crate::World;
use crate::error::Error;
use crate::server::under_test::StartChild;
use crate::server::{Manifest, Server, StdioCaller, UnderTest};
use crate::token::TokenCache;

/// Where a server is that does not say so.
const RESOURCE: &str = "https://mcp.test/mcp";

/// Who vouches for callers where nobody does yet.
const ISSUER: &str = "https://auth.test";

/// A server under test, with its authorization servers, its clock, and those who call it; see the
/// [module](super).
///
/// Needs the feature `testing`.
///
/// ```standalone_crate
/// use mcp_authz::testing::TestServer;
/// use mcp_authz::{Server, tool};
///
/// /// Counts the mails.
/// #[tool(scopes = ["mail:read"])]
/// fn count() -> String {
///     "3 mails".to_owned()
/// }
///
/// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
/// let server = TestServer::start(Server::builder("mail")).await?;
/// let alice = server.as_user("alice").scopes(["mail:read"]);
/// assert_eq!(alice.call("count").await.unwrap().text(), "3 mails");
/// assert_eq!(server.anonymous().call("count").await.unwrap_err().status(), 401);
/// # Ok(()) }
/// ```
pub struct TestServer {
    router: Router,
    resource: Url,
    /// The path that requests go to.
    path: String,
    audience: String,
    issuers: Arc<[TestIssuer]>,
    clock: TestClock,
    manifest: Manifest,
    token_cache: TokenCache,
    child: StartChild,
}

impl TestServer {
    /// Builds what your program serves, and plays the rest: its issuers (`https://auth.test` if it has
    /// none), the clock, the network. Without a resource it is `https://mcp.test/mcp`.
    ///
    /// It is built as it is: every check at start, the layer, the verification of tokens and the gate are
    /// the real ones. Only this differs: the issuers' keys are the test's, so that ES256 is accepted
    /// whatever an [`Issuer`](crate::Issuer) says; and who asks at introspection, or exchanges a token, is
    /// not checked.
    /// What a server asks besides its issuers is not played, such as a database: give it a stand-in.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] as for [`build`](crate::ServerBuilder::build).
    pub async fn start(server: impl UnderTest) -> Result<Self, Error> {
        Self::begin(server, |handler| handler, None::<fn(&Server<_>) -> Router>).await
    }

    /// The same for a server that is one part of an application: requests go through the router that
    /// `app` makes, to the path of the resource.
    ///
    /// ```standalone_crate
    /// use axum::Router;
    /// use axum::routing::get;
    /// use mcp_authz::testing::TestServer;
    /// use mcp_authz::{Server, tool};
    ///
    /// /// Counts the mails.
    /// #[tool(authenticated)]
    /// fn count() -> String {
    ///     "3 mails".to_owned()
    /// }
    ///
    /// fn app(mcp: &Server) -> Router {
    ///     Router::new().route("/health", get(async || "well")).merge(mcp.router())
    /// }
    ///
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = TestServer::start_in(Server::builder("mail"), app).await?;
    /// assert_eq!(server.get("/health").await, (200, "well".to_owned()));
    /// assert!(server.as_user("alice").call("count").await.is_ok());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub async fn start_in<S: UnderTest>(
        server: S,
        app: impl FnOnce(&Server<S::Handler>) -> Router,
    ) -> Result<Self, Error> {
        Self::begin(server, |handler| handler, Some(app)).await
    }

    pub(super) async fn begin<S: UnderTest, H: ServerHandler>(
        mut server: S,
        around: impl FnOnce(S::Handler) -> H,
        app: Option<impl FnOnce(&Server<H>) -> Router>,
    ) -> Result<Self, Error> {
        let mut surroundings = server.surroundings();
        let audience = surroundings.resource(RESOURCE);
        let has_issuer = surroundings.has_issuer();
        let clock = TestClock::new();
        let mut issuers = Vec::new();
        for issuer in surroundings.issuers(ISSUER) {
            issuers.push(TestIssuer::new(&issuer, &clock)?);
        }
        let issuers: Arc<[TestIssuer]> = issuers.into();
        surroundings.heard_by(why::note);
        surroundings.move_to(World {
            clock: Arc::new(clock.clone()),
            fetch: Arc::new(Network(Arc::clone(&issuers))),
        });
        let server = server.build_around(around).await?;
        // The server would not have been built with another.
        let resource = Url::parse(&audience).map_err(std::io::Error::other)?;
        let (router, path) = match app {
            Some(app) => (app(&server), resource.path().to_owned()),
            None => (server.router(), server.mounted_at().to_owned()),
        };
        Ok(Self {
            router,
            resource,
            path,
            audience,
            issuers,
            clock,
            manifest: server.manifest().clone(),
            token_cache: server.token_cache(),
            child: server.as_child(has_issuer),
        })
    }

    /// Somebody who signed in just now, by an agent with the client id `test-agent`, and consented to
    /// nothing yet. Alice and Bob have a name, an email address and so on, as at the
    /// [development provider](crate::dev); anybody else has what is [claimed](Caller::claim).
    pub fn as_user(&self, subject: impl Into<String>) -> Caller<'_, User> {
        Caller::user(self, subject.into())
    }

    /// Whoever holds this token: yours, or nobody's.
    pub fn with_token(&self, token: impl Into<String>) -> Caller<'_, Held> {
        Caller::held(self, Presented::bearer(token.into()))
    }

    /// Somebody without a token.
    pub fn anonymous(&self) -> Caller<'_, Held> {
        Caller::held(self, Presented::default())
    }

    /// What the server guards, and with what.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The time that it goes by.
    #[must_use]
    pub fn clock(&self) -> &TestClock {
        &self.clock
    }

    /// Its authorization server: the first, where there are several.
    ///
    /// # Panics
    ///
    /// If it has none, because tokens are judged by a [verifier](crate::ServerBuilder::verifier) alone.
    #[must_use]
    #[track_caller]
    pub fn issuer(&self) -> &TestIssuer {
        match self.issuers.first() {
            Some(first) => first,
            None => panic!("the server has no issuer: call it `.with_token(..)`"),
        }
    }

    /// The authorization server of this identifier.
    ///
    /// # Panics
    ///
    /// If the server does not know it.
    #[must_use]
    #[track_caller]
    pub fn issuer_named(&self, identifier: &str) -> &TestIssuer {
        let mut all = self.issuers.iter();
        let found = all.find(|issuer| issuer.identifier() == identifier);
        match found {
            Some(found) => found,
            None => panic!("{identifier} is none of {:?}", self.issuers),
        }
    }

    /// What it remembers of tokens; see [`TokenCache`].
    #[must_use]
    pub fn token_cache(&self) -> TokenCache {
        self.token_cache.clone()
    }

    /// Gets `path`, without a token: the metadata, or a route of your own. Returns status and body.
    ///
    /// # Panics
    ///
    /// If `path` is none, or the answer breaks off.
    pub async fn get(&self, path: &str) -> (u16, String) {
        let request = Request::get(path).header(HOST, self.host());
        let request = request.body(Body::empty());
        let request = request.unwrap_or_else(|error| panic!("{path:?} is no path: {error}"));
        let answered = self.send(request).await;
        (answered.status.as_u16(), answered.text())
    }

    /// The server itself, for whatever the [callers](Caller) do not say: sessions of older clients, an open stream,
    /// a header. A caller's [`token`](Caller::token) goes with it.
    ///
    /// ```standalone_crate
    /// use axum::body::Body;
    /// use axum::http::{Request, StatusCode};
    /// use mcp_authz::testing::TestServer;
    /// use mcp_authz::{Server, tool};
    /// use tower_service::Service as _; // or tower's `ServiceExt::oneshot`
    ///
    /// /// Counts the mails.
    /// #[tool(scopes = ["mail:read"])]
    /// fn count() -> String {
    ///     "3 mails".to_owned()
    /// }
    ///
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = TestServer::start(Server::builder("mail")).await?;
    /// let token = server.as_user("alice").scopes(["mail:read"]).token();
    /// let request = Request::post("/mcp")
    ///     .header("host", "mcp.test")
    ///     .header("authorization", format!("Bearer {token}"))
    ///     .header("content-type", "application/json")
    ///     .header("accept", "application/json, text/event-stream")
    ///     .header("mcp-protocol-version", "2025-11-25")
    ///     .body(Body::from(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#))?;
    /// let answer = server.router().call(request).await?;
    /// assert_eq!(answer.status(), StatusCode::OK);
    /// # Ok(()) }
    /// ```
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Sends a request in, and reads all of the answer.
    pub(super) async fn send(&self, request: Request<Body>) -> Answered {
        let (answer, why) = why::hearing(self.router.clone().call(request)).await;
        let (parts, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
        let body = body.collect().await;
        let body = body.unwrap_or_else(|error| panic!("the answer broke off: {error}"));
        Answered {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes(),
            why,
        }
    }

    /// The pipes of a server that was started for this caller alone.
    pub(super) async fn start_child(&self, caller: StdioCaller) -> Result<DuplexStream, Error> {
        (self.child)(caller).await
    }

    pub(super) fn host(&self) -> &str {
        self.resource.authority()
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The `aud` of tokens for it.
    pub(super) fn audience(&self) -> &str {
        &self.audience
    }
}

impl fmt::Debug for TestServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestServer")
            .field("resource", &self.audience)
            .field("issuers", &self.issuers)
            .finish_non_exhaustive()
    }
}
