//! An embedded OpenID provider for development and tests.
//!
//! Needs the feature `dev-server`, which `testing` turns on as well.
//!
//! It speaks what MCP clients need (discovery, authorization code with PKCE, resource indicators,
//! refresh rotation, userinfo, registration, client ID metadata documents), shows a real sign-in
//! and consent page, and needs nothing installed. It signs in anybody without a password, so it
//! binds to loopback addresses only and answers to loopback names only.
//!
//! What can be tried with it, without an account anywhere:
//!
//! - **Consent.** The page names the application and its host, and shows what it would newly get and
//!   what it has, with the values of this person. First-party applications are not asked about.
//! - **Taking it back**, at `ISSUER/grants`: what a person allowed, since when, last used when. Codes,
//!   refresh tokens and access tokens end with it; a server that verifies JWTs by itself notices when
//!   they end.
//! - **Ceilings**, as Logto has them: [`Client::consent_scopes`] and [`User::scopes`].
//! - **Another sign-in**: `prompt`, `max_age` and `acr_values`, with `auth_time` and `acr` in the tokens,
//!   for rules with [`max_age`](crate::Rule::max_age) or [`acr_values`](crate::Rule::acr_values).
//! - **An outage**: [`AuthorizationServer::fail`].
//!
//! ```
//! use mcp_authz::dev::{AuthorizationServer, Client};
//!
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let provider = AuthorizationServer::builder()
//!     .client(
//!         Client::third_party("smartmail", "SmartMail AI")
//!             .redirect_uri("http://127.0.0.1/callback"),
//!     )
//!     .scope("mail:read", "Read your mail")
//!     .start()
//!     .await?;
//! println!("{}/.well-known/openid-configuration", provider.issuer());
//!
//! // A test needs no browser:
//! let token = provider
//!     .mint("alice")
//!     .resource("http://127.0.0.1:3001/mcp")
//!     .scopes("mail:read")
//!     .sign()?;
//! # Ok(()) }
//! ```
//!
//! # Your own server, by hand
//!
//! As `examples/provider.rs` of your crate, with the feature in `[dev-dependencies]`, a provider that stays until
//! Ctrl-C, and a token without a browser:
//!
//! ```no_run
//! use mcp_authz::dev::AuthorizationServer;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), mcp_authz::dev::Error> {
//!     // Kept until the end: dropping the provider stops it.
//!     let provider = AuthorizationServer::builder()
//!         .bind("127.0.0.1:3000")
//!         .scope("mail:read", "Read your mail")
//!         .start()
//!         .await?;
//!     for (name, scopes) in [("TOKEN", "mail:read"), ("OTHER", "mail:send")] {
//!         let token = provider
//!             .mint("alice")
//!             .resource("http://127.0.0.1:3001/mcp") // what your server has as `resource`
//!             .scopes(scopes)
//!             .sign()?;
//!         println!("{name}={token}");
//!     }
//!     std::future::pending().await
//! }
//! ```
//!
//! Your server is the one that you have, at these addresses:
//!
//! ```no_run
//! # use mcp_authz::{Error, Server, tool};
//! # /// Counts the mails.
//! # #[tool(scopes = ["mail:read"])]
//! # fn count() -> String { "3 mails".to_owned() }
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     Server::builder("mail")
//!         .resource("http://127.0.0.1:3001/mcp")
//!         .issuer("http://127.0.0.1:3000")
//!         .build()
//!         .await?
//!         .serve("127.0.0.1:3001")
//!         .await
//! }
//! ```
//!
//! With `cargo run --example provider` and `cargo run` in two terminals (which builds this crate twice, with the
//! feature and without), and the lines that the first printed pasted into a third:
//!
//! ```sh
//! curl -i http://127.0.0.1:3001/mcp \
//!   -H "authorization: Bearer $TOKEN" \
//!   -H 'content-type: application/json' \
//!   -H 'accept: application/json, text/event-stream' \
//!   -H 'mcp-protocol-version: 2025-11-25' \
//!   -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"count"}}'
//! ```
//!
//! answers 200 with the tool's result; with `$OTHER` it is the 403 that names the missing scope, and without the line
//! `authorization` the 401 that sends an agent to the provider. (In the newest revision, 2026-07-28, a request names
//! its method and tool in headers as well; that is left to clients.) Arguments go beside the name:
//! `"params":{"name":"count","arguments":{"folder":"inbox"}}`. The token is good for an hour, and only while this provider runs: a new one has new keys. For consent
//! in a browser connect `npx @modelcontextprotocol/inspector`, or run, in the repository,
//! `SERVER=http://127.0.0.1:3001/mcp cargo run --example agent`. It signs in at any server; then it calls the tools
//! `whoami` and `send_mail` and stops where there are none.
//!
//! # In a test, over a socket
//!
//! A test of a server, from nothing to its answers over a socket (`mcp_authz::testing`, with the feature
//! `testing`, is shorter, needs no socket, and tests the configuration that you deploy):
//!
//! ```standalone_crate
//! use mcp_authz::dev::AuthorizationServer;
//! use mcp_authz::{Server, reqwest, tool};
//!
//! /// Counts the mails.
//! #[tool(scopes = ["mail:read"])]
//! fn count() -> String {
//!     "3 mails".to_owned()
//! }
//!
//! # type Failed = Box<dyn std::error::Error>;
//! # #[tokio::main] async fn main() -> Result<(), Failed> {
//! let provider = AuthorizationServer::builder().start().await?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let url = format!("http://{}/mcp", listener.local_addr()?);
//! let server = Server::builder("mail").resource(&url).issuer(provider.issuer()).build().await?;
//! tokio::spawn(server.serve_until(listener, std::future::pending()));
//!
//! let call = async |token: &str| {
//!     let request = reqwest::Client::new()
//!         .post(&url)
//!         .bearer_auth(token)
//!         .header("content-type", "application/json")
//!         .header("accept", "application/json, text/event-stream")
//!         .header("mcp-protocol-version", "2025-11-25")
//!         .body(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"count"}}"#);
//!     request.send().await.map(|answer| answer.status().as_u16())
//! };
//! let token = provider.mint("alice").resource(&url).scopes("mail:read").sign()?;
//! assert_eq!(call(&token).await?, 200);
//! let too_little = provider.mint("alice").resource(&url).scopes("profile").sign()?;
//! assert_eq!(call(&too_little).await?, 403);
//! let for_another_server = provider.mint("alice").scopes("mail:read").sign()?;
//! assert_eq!(call(&for_another_server).await?, 401);
//! # Ok(()) }
//! ```

mod builder;
mod user;
mod standard;
mod client;
mod redirect;
mod client_document;
mod register;
mod error;
mod provider;
mod routes;
mod web;
mod fault;
#[cfg(feature = "testing")]
mod in_process;
#[cfg(all(feature = "testing", feature = "logto"))]
mod records;
mod params;
mod metadata;
mod authorize;
mod prompt;
mod ceiling;
mod interaction;
mod visit;
mod pages;
mod grants;
mod client_auth;
mod assertion;
mod token;
mod exchange;
mod grant;
mod consents;
mod issue;
mod mint;
mod userinfo;
mod introspect;
mod keys;
mod store;
mod redeem;
mod expiring;
mod secret;

pub use builder::Builder;
pub use client::Client;
pub use error::Error;
pub use fault::{Endpoint, Fault};
#[cfg(feature = "testing")]
pub(crate) use in_process::{Asking, InProcess};
pub use mint::Mint;
pub use user::User;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::serve;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use fault::Switch;
use provider::Provider;

/// How long open connections may hold up a shutdown.
const PATIENCE: Duration = Duration::from_secs(1);

/// A running development provider. It stops when it is dropped; see the [module](self).
///
/// Needs the feature `dev-server`.
///
/// ```
/// # use mcp_authz::dev::{AuthorizationServer, Error};
/// # #[tokio::main] async fn main() -> Result<(), Error> {
/// let provider = AuthorizationServer::builder().start().await?;
/// let token = provider.mint("alice").scopes("mail:read").sign()?;
/// provider.rotate_keys()?; // `token` is still good
/// provider.forget_old_keys(); // and now it is not
/// provider.shutdown().await;
/// # Ok(()) }
/// ```
#[must_use = "the provider stops when it is dropped"]
pub struct AuthorizationServer {
    provider: Arc<Provider>,
    trouble: Switch,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl AuthorizationServer {
    /// Starts a configuration.
    pub fn builder() -> Builder {
        Builder::new()
    }

    fn serve(listener: TcpListener, provider: Arc<Provider>) -> Self {
        tracing::warn!(
            issuer = provider.issuer,
            "the development provider signs in anybody: never let others reach it"
        );
        let stop = CancellationToken::new();
        let trouble = Switch::new();
        let server = serve(listener, routes::router(provider.clone(), &trouble))
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        let task = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the development provider stopped");
            }
        });
        Self {
            provider,
            trouble,
            stop,
            task,
        }
    }

    /// The issuer identifier: what a server is configured with, and the start of every URL here.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.provider.issuer
    }

    /// Starts an access token for `subject`, without a browser.
    ///
    /// The subject need not be a configured user; only those have claims.
    ///
    /// ```
    /// # use mcp_authz::dev::{AuthorizationServer, Error};
    /// # use std::time::Duration;
    /// # #[tokio::main] async fn main() -> Result<(), Error> {
    /// # let provider = AuthorizationServer::builder().start().await?;
    /// let expired = provider
    ///     .mint("alice")
    ///     .client("smartmail")
    ///     .resource("http://127.0.0.1:3001/mcp")
    ///     .scopes("openid email")
    ///     .lifetime(Duration::ZERO)
    ///     .sign()?;
    /// # Ok(()) }
    /// ```
    pub fn mint(&self, subject: impl Into<String>) -> Mint<'_> {
        Mint::new(&self.provider, subject.into())
    }

    /// Signs with a new key from now on. The old one stays published, so that its tokens are good
    /// until [`forget_old_keys`](Self::forget_old_keys).
    ///
    /// # Errors
    ///
    /// [`Error::Signing`] when no key can be made.
    pub fn rotate_keys(&self) -> Result<(), Error> {
        self.provider.keys.rotate()
    }

    /// Publishes the current key alone: tokens of earlier keys are no longer good.
    pub fn forget_old_keys(&self) {
        self.provider.keys.forget_old();
    }

    /// Has these endpoints fail from now on, until [`recover`](Self::recover): to see what a server
    /// does in an outage. Tokens are [minted](Self::mint) all the same.
    ///
    /// ```
    /// # use mcp_authz::dev::{AuthorizationServer, Endpoint, Error, Fault};
    /// # #[tokio::main] async fn main() -> Result<(), Error> {
    /// # let provider = AuthorizationServer::builder().start().await?;
    /// provider.fail([Endpoint::Jwks], Fault::Error);
    /// provider.fail(Endpoint::ALL, Fault::Silent);
    /// provider.recover();
    /// # Ok(()) }
    /// ```
    pub fn fail(&self, endpoints: impl IntoIterator<Item = Endpoint>, fault: Fault) {
        self.trouble.fail(endpoints, fault);
    }

    /// Ends all trouble. What was not answered yet is answered now.
    pub fn recover(&self) {
        self.trouble.recover();
    }

    /// Stops, and waits until the address is free.
    pub async fn shutdown(mut self) {
        self.recover();
        self.stop.cancel();
        if tokio::time::timeout(PATIENCE, &mut self.task)
            .await
            .is_err()
        {
            self.task.abort();
        }
    }
}

impl Drop for AuthorizationServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl fmt::Debug for AuthorizationServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationServer")
            .field("issuer", &self.provider.issuer)
            .finish_non_exhaustive()
    }
}
