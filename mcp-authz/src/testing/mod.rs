//! For the tests of your server: people with any token, a client, a clock, outages, assertions.
//!
//! Needs the feature `testing`, which turns on `dev-server` ([`dev`](crate::dev)) as well.
//!
//! A test starts what your program serves, all of it and in the process of the test: no socket, no
//! account, no browser. Beside your `fn server() -> ServerBuilder`, it reads like this:
//!
//! ```standalone_crate
//! use mcp_authz::testing::{TestServer, assert_challenge, assert_matrix};
//! use mcp_authz::{AuthInfo, Claims, Json, Server, ServerBuilder, tool};
//!
//! /// Return the identity claims that the person agreed to share.
//! #[tool(scopes = ["profile", "email"])]
//! async fn whoami(auth: AuthInfo) -> Json<Claims> {
//!     Json(auth.consented_claims())
//! }
//!
//! /// What `main` builds and serves.
//! fn server() -> ServerBuilder {
//!     Server::builder("whoami")
//!         .resource("https://mcp.example.com/mcp")
//!         .issuer("https://tenant.logto.app/oidc")
//! }
//!
//! # /*
//! #[tokio::test]
//! # */
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), mcp_authz::Error> {
//! # whoami_takes_consent().await?; list_and_call_agree().await; Ok(()) }
//! async fn whoami_takes_consent() -> Result<(), mcp_authz::Error> {
//!     let server = TestServer::start(server()).await?;
//!
//!     let alice = server.as_user("alice").scopes(["profile", "email"]);
//!     let answer = alice.call("whoami").await.unwrap();
//!     assert_eq!(answer.structured()["email"], "alice@example.com");
//!
//!     let less = server.as_user("alice").scopes(["profile"]);
//!     let refused = less.call("whoami").await;
//!     assert_challenge!(refused, 403, "insufficient_scope", ["profile", "email"]);
//!     Ok(())
//! }
//!
//! # /*
//! #[tokio::test]
//! # */
//! async fn list_and_call_agree() {
//!     assert_matrix!(server());
//! }
//! ```
//!
//! with, in `Cargo.toml`,
//!
//! ```toml
//! [dev-dependencies]
//! mcp-authz = { path = "../mcp-authz/mcp-authz", features = ["testing"] } # the path of `[dependencies]`
//! serde_json = "1" # for the arguments of a call
//! ```
//!
//! # What is real, and what is played
//!
//! A request takes the whole way: router, layer, verification of a signed token, rmcp, gate, your function.
//! [`TestServer`] stands around that way, not in it. It answers where your server asks its issuers (for metadata, keys,
//! introspection, userinfo, exchange, the user records of a Logto tenant), in their names and with keys of its own; and
//! it tells the time. So the very configuration that you deploy is tested, with its audience, its presets and its claims.
//!
//! | to see | write |
//! |---|---|
//! | somebody with these scopes | [`as_user("alice").scopes(["mail:read"])`](TestServer::as_user) |
//! | a token with something wrong | [`.claim("aud", "…")`](Caller::claim), [`.audience(..)`](Caller::audience), [`.lifetime(..)`](Caller::lifetime) |
//! | nobody, or a token of another kind | [`anonymous()`](TestServer::anonymous), [`with_token("…")`](TestServer::with_token) |
//! | somebody of another issuer, or with an opaque token | [`.issuer("https://…")`](Caller::issuer), [`.opaque()`](Caller::opaque) |
//! | tokens that are bound to a key | [`.dpop()`](Caller::dpop), with the feature `dpop` |
//! | a sign-in that is too old | [`.signed_in(Duration::from_secs(600))`](Caller::signed_in) |
//! | a token that ends, keys that are replaced | [`.keep_token()`](Caller::keep_token), [`clock().advance(..)`](TestClock::advance), [`issuer().rotate_keys()`](TestIssuer::rotate_keys) |
//! | a token that is revoked, where the server asks about it | [`issuer().revoke(&token)`](TestIssuer::revoke) |
//! | somebody whom your Logto tenant suspends, or knows otherwise | [`issuer().edit_user("alice", ..)`](TestIssuer::edit_user), with the feature `logto` |
//! | an outage of the authorization server | [`issuer().fail(Endpoint::ALL, Fault::Error)`](TestIssuer::fail) |
//! | the server as a part of your application | [`TestServer::start_in`] |
//! | any other request of MCP, or of HTTP | [`.ask("tasks/get", ..)`](Caller::ask), [`router()`](TestServer::router) |
//! | the server as a program's child, on standard input and output | [`as_user("alice").over_stdio()`](Caller::over_stdio), [`over_stdio(StdioCaller::principal(me))`](TestServer::over_stdio) |
//!
//! # A tool that exchanges its caller's token
//!
//! [`auth.exchange(..)`](crate::AuthInfo::exchange) gets a token for whatever API it names, whoever the server
//! is at its real provider: for the same person, with scopes that they granted, and for as long as their
//! token is good. Asking for another scope is refused (`invalid_scope`), and an outage is one of
//! [`Endpoint::Token`](crate::dev::Endpoint::Token). What the other API answers is yours to play.
//!
//! ```standalone_crate
//! use mcp_authz::testing::TestServer;
//! use mcp_authz::{AuthInfo, ClientAuth, ExchangeError, Server, tool};
//!
//! /// Look into the person's calendar.
//! #[tool(scopes = ["calendar:read"])]
//! async fn agenda(auth: AuthInfo) -> Result<String, ExchangeError> {
//!     let token = auth.exchange("https://calendar.example.com", ["calendar:read"]).await?;
//!     Ok(format!("a token for {}", token.scopes()))
//! }
//!
//! # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
//! let server = Server::builder("assistant")
//!     .issuer("https://tenant.logto.app/oidc")
//!     .token_exchange(ClientAuth::secret_basic("assistant", "s3cret"));
//! let server = TestServer::start(server).await?;
//! let alice = server.as_user("alice").scopes(["calendar:read"]);
//! assert_eq!(alice.call("agenda").await.unwrap().text(), "a token for calendar:read");
//! # Ok(()) }
//! ```
//!
//! # Every change of access in a review
//!
//! Keep the [manifest](crate::Manifest) of a server as a file. Then every change of access is a line of a diff, and a
//! test that fails until somebody says that it is wanted:
//!
//! ```no_run
//! use mcp_authz::Server;
//! use mcp_authz::testing::{TestServer, assert_snapshot};
//!
//! # fn server() -> mcp_authz::ServerBuilder { Server::builder("mail") }
//! # /*
//! #[tokio::test]
//! # */
//! async fn access_is_what_was_reviewed() -> Result<(), mcp_authz::Error> {
//!     let server = TestServer::start(server()).await?;
//!     assert_snapshot!("tests/access.md", server.manifest().to_markdown());
//!     Ok(())
//! }
//! ```
//!
//! `MCP_AUTHZ_SNAPSHOTS=write cargo test` writes it.
//!
//! # In production
//!
//! The feature adds this module and nothing else. A server that is built with
//! [`build`](crate::ServerBuilder::build) has the machine's clock and network whether or not the feature is
//! on; only a server that a test starts has others, and nothing in this module skips a check of it. Where a
//! dependency turns the feature on, nothing that is enforced changes.

mod clock;
mod issuer;
#[cfg(feature = "logto")]
mod records;
mod server;
mod caller;
#[cfg(feature = "dpop")]
mod proof;
mod asking;
mod stdio;
mod why;
mod answer;
mod challenge;
mod unrun;
mod matrix;
mod tried;
mod snapshot;

pub use crate::server::UnderTest;
pub use crate::{assert_challenge, assert_matrix, assert_snapshot};
pub use answer::{Refused, Reply};
pub use caller::{Caller, Credentials, Held, User};
pub use challenge::{Answer, Challenge};
pub use clock::TestClock;
pub use issuer::TestIssuer;
pub use matrix::Matrix;
pub use server::TestServer;
pub use stdio::OverStdio;
pub use tried::{Trial, Tried, TriedItem};

#[doc(hidden)]
pub use challenge::check_challenge;
#[doc(hidden)]
pub use serde_json::json as __json;
#[doc(hidden)]
pub use snapshot::check_snapshot;
