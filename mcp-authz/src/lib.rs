//! MCP servers whose tools act for a person: scopes are declared on the function and enforced
//! before it runs.
//!
//! An agent calls a tool of your server with an access token, which says what a person allowed this agent to do.
//! You write above the function which scopes it takes. This crate, built on [rmcp](https://docs.rs/rmcp), finds the
//! authorization server, verifies every token, and lets nothing reach the function without them. Whoever is refused
//! gets a real OAuth challenge, so that the agent can send the person to the consent screen and come back.
//!
//! ```no_run
//! use mcp_authz::{AuthInfo, Claims, Json, Server, ServerBuilder, tool};
//!
//! /// Return the identity claims that the person agreed to share.
//! #[tool(scopes = ["profile", "email"])]
//! async fn whoami(auth: AuthInfo) -> Json<Claims> {
//!     Json(auth.consented_claims())
//! }
//!
//! fn server() -> ServerBuilder {
//!     Server::builder("whoami")
//!         .resource("https://mcp.example.com/mcp") // advertised, mounted, the `aud` of tokens
//!         .issuer("https://tenant.logto.app/oidc") // its keys are found and rotated
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), mcp_authz::Error> {
//!     server().build().await?.serve("0.0.0.0:3001").await
//! }
//! ```
//!
#![cfg_attr(feature = "testing", doc = include_str!("docs/its_test.md"))]
//!
//! What this needs in `Cargo.toml` (there is no release yet, so the path is that of a checkout):
//!
//! ```toml
//! [dependencies]
//! mcp-authz = { path = "../mcp-authz/mcp-authz" }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! tracing-subscriber = "0.3" # to read why a request was refused; see below
//!
//! [dev-dependencies]
//! mcp-authz = { path = "../mcp-authz/mcp-authz", features = ["testing"] }
//! serde_json = "1" # for the arguments of a call in a test
//! ```
//!
//! To run the program on your own machine, write `http://127.0.0.1:3001/mcp` as its resource: a request for any host but
//! the resource's is refused. If you have no provider yet, [`dev`](dev/index.html#your-own-server-by-hand) is one on your
//! machine, and shows the line that calls your tool.
//!
//! The function stays an ordinary function. What it declares is the only place where its scopes are written: the
//! challenge, the metadata and the list of tools follow from it.
//!
//! ```text
//! HTTP request ─▶ bearer ─▶ token ─▶ AuthInfo ─▶ rmcp ─▶ gate ─▶ your function ─▶ response
//!                   │         │                           │ ▲
//!                   ▼         ▼                           ▼ └─ #[tool(scopes = […])]
//!                400/401   401/503                  401/403 challenge
//! ```
//!
//! # What is enforced
//!
//! By default, with nothing to switch on:
//!
//! - A tool, [prompt](macro@prompt) or [resource](macro@resource) says who may use it, or it does not compile. Each item of
//!   an existing rmcp handler has a [rule](Rules), or the server does not start.
//! - A function runs only for a token with its scopes, whatever the method, the transport mode and the
//!   revision of the protocol. The decision is made on the message that rmcp parsed and is about to run.
//! - A token counts only if an issuer that you named signed it with one of its published keys, as an access token for
//!   this server (`aud`), and only until it ends.
//! - A function never sees the token. For another API it gets one of that API, in
//!   [exchange](AuthInfo::exchange) (RFC 8693).
//! - What a client carries for the server (session ids, cursors, the state of exchanges) works for the
//!   person *and* client that got it, and for nobody else.
//! - `Host` and `Origin` must be those of the resource (of one on loopback, any name of loopback). A token in two places, or in the query, is refused.
//! - Requests to an issuer go to https and public addresses, follow no redirect, and end after 5 s or 256 KiB.
//!
//! What this crate does **not** do: sign people in, keep users or roles, limit rates, terminate TLS, or judge what a
//! function does with what it may do. A JWT works until it ends, revoked or not; with introspection the server hears of
//! it sooner. A consent to a scope says nothing about *whose* mailbox: write a [policy](macro@tool#what-else-is-asked) for
//! that. Everything that weakens a guarantee is in [`danger`], under a name that says what it costs.
//!
//! # `#[tool]`
//!
//! What stands above a function, among its parameters, and in its body:
//!
//! | above the function | what it says |
//! |---|---|
//! | `scopes = ["mail:read", "mail:send"]` | for callers whose token carries both |
//! | `scopes = all("mail:read", any("mail:send", ADMIN))` | for callers who have the first, and one of the others; `ADMIN` is a `const` [`Scope`] |
//! | `authenticated` | for every caller with a valid token |
//! | `anonymous` | for everybody, once the server says [`allow_anonymous`](ServerBuilder::allow_anonymous) as well |
//! | `scopes_for = by_amount` | more scopes, depending on the arguments of the call |
//! | `policy = own_account` | what scopes cannot say: tenant, role, owner; [`first_party`] is one |
//! | `max_age = 300`, `acr_values = ["phr"]` | a recent sign-in, or a strong one (RFC 9470) |
//! | `conceal` | for those who may not, there is no such tool |
//! | `name`, `title`, `description`, `read_only`, `destructive`, `idempotent`, `open_world` | what clients are told of it |
//! | `toolset = "admin"` | only for servers that [ask for the set](ServerBuilder::toolset) |
//!
//! | parameter | what it is |
//! |---|---|
//! | `/// Whom to write to.`<br>`to: String` | an argument of the call, described to the model; without a comment, `#[arg] to: String` |
//! | `Parameters<T>` | all arguments as a struct of yours, [with two derives](guide/writing_tools/index.html#types-of-your-own) |
//! | [`AuthInfo`], `Option<AuthInfo>` | the verified caller |
//! | [`State<T>`] | a value of the server |
//! | a type that is [`FromCall`] | one of rmcp's extractors, or of yours |
//!
//! | in the function | what it does |
//! |---|---|
//! | [`auth.subject()`](AuthInfo::subject), [`auth.consented_claims()`](AuthInfo::consented_claims) | say who the person is |
//! | [`auth.require(..)`](AuthInfo::require) | asks for a scope that only the running function can know |
//! | [`auth.exchange(..)`](AuthInfo::exchange) | gets a token for [another API](guide/writing_tools/index.html#another-api-in-the-persons-name), in the person's name (RFC 8693) |
//!
//! All of it, with examples: [`tool`](macro@tool), [`prompt`](macro@prompt), [`resource`](macro@resource).
//!
//! # Choosing a verifier
//!
//! | tokens of | write |
//! |---|---|
//! | a provider that follows the standards | `.issuer("https://as.example.com")` |
//! | Logto, Keycloak, Auth0, Okta, Entra ID, Cognito | [`Issuer::logto`], [`keycloak`](Issuer::keycloak), [`auth0`](Issuer::auth0), [`okta`](Issuer::okta), [`entra_id`](Issuer::entra_id), [`cognito`](Issuer::cognito) |
//! | a provider whose tokens only it can read | [`Issuer::introspection`] (RFC 7662), with [`Issuer::userinfo`] for claims |
//! | Google or GitHub | [`Issuer::google`], [`Issuer::github`], with the verifier in their documentation |
//! | several issuers | `.issuer(..)` once for each; keys are never shared |
//! | yourself, such as API keys | [`TokenVerifier`] |
//!
//! What to click or call at each provider is in the [guide](guide/providers/index.html).
//!
//! # What clients see
//!
//! | the request | the answer |
//! |---|---|
//! | has no token in its `Authorization` header | 401 with `resource_metadata` and `scope`, no `error` (RFC 6750 §3.1); the scopes are the [initial ones](ServerBuilder::initial_scopes), or those of all items |
//! | has two tokens, or one in the query besides | 400 `invalid_request` |
//! | has a token that is not good here | 401 `invalid_token` |
//! | has a token that cannot be verified right now | 503 with `Retry-After`, no challenge |
//! | lacks scopes | 403 `insufficient_scope` with **all** scopes of the operation |
//! | is refused by a policy | 403 without a challenge, or 503 where the policy cannot tell |
//! | needs a more recent or stronger sign-in | 401 `insufficient_user_authentication` (RFC 9470) |
//! | names what does not exist, or is concealed | the protocol's own answer, without a challenge |
//! | names another host, or comes from another page | 403 without a challenge |
//! | asks for another path than the endpoint's | 404 that names the URL for clients, where [`serve`](Server::serve) answers |
//! | opens more [sessions](SessionLimits), or is [larger](ServerBuilder::max_body_bytes), than allowed | 429, or 413 |
//! | meets a panic | 500, for that request alone |
//!
//! # What you see
//!
//! At the start [`serve`](Server::serve) prints what is guarded, where clients connect, and which issuer cannot be
//! reached. Why a request was refused is for you alone, in the log: through [`tracing`], once the program has a subscriber.
//!
//! ```no_run
//! # use mcp_authz::{Error, Server, ServerBuilder};
//! # fn server() -> ServerBuilder { Server::builder("whoami") }
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     tracing_subscriber::fmt::init();
//!     server().build().await?.serve("0.0.0.0:3001").await
//! }
//! ```
//!
//! | level | what |
//! |---|---|
//! | `error` | what panicked |
//! | `warn` | which issuer cannot be reached, and what could not be decided because of an outage |
//! | `info` | why a token, a request or a call was refused; of a call, whose it was |
//! | `debug` | calls of what there is not, or is concealed from the caller |
//!
//! `RUST_LOG=warn,mcp_authz=debug,rmcp=error` shows all four, and keeps rmcp quiet, which says something of every request at
//! `info` and of refused ones at `warn`. Where tracing-subscriber has its feature `env-filter`, nothing below `error` shows
//! without `RUST_LOG`. For a record of every decision, allowed ones included, there is
//! [`audit`](ServerBuilder::audit).
//!
//! [`tracing`]: https://docs.rs/tracing
//!
//! # Testing your server
//!
//! The feature `testing` starts what your program serves inside the test: no socket, no account, and the
//! very configuration that you deploy. It brings people with any token, a clock to move, keys to replace, outages,
//! `assert_challenge!`, and `assert_matrix!`, which tries every tool with every set of scopes:
//! [`testing`](testing/index.html), and [a chapter](guide/testing/index.html) of the guide. With a snapshot of
//! [`Server::manifest`], every change of access is a line in a review.
//!
//! # Features
//!
//! | feature | what it adds | default |
//! |---|---|---|
//! | `dev-server` | [`dev`](dev/index.html): an embedded OpenID provider for development and tests, loopback only | no |
//! | `dpop` | [`Dpop`](struct.Dpop.html): tokens bound to a key of the client (RFC 9449) | no |
//! | `testing` | [`testing`](testing/index.html): for the tests of your server, without a socket; turns on `dev-server` | no |
//! | `logto` | [`logto`](logto/index.html): Logto's Management API, setting a tenant up for a server, its user records as identity, registering agents there | no |
//!
//! Turning a feature on never changes what is enforced. What needs one says so on its page.
//!
//! # Stability
//!
//! MCP 2026-07-28 and, through rmcp, 2025-11-25, 2025-06-18 and 2025-03-26. Rust 1.88, the version that rmcp
//! needs; a newer one is a minor release. Before 1.0 a minor release may break, and the changelog says what to
//! write instead. `rmcp`, `reqwest`, `serde` and `schemars` are part of the interface and re-exported (for the macros of
//! rmcp, make it a dependency of your own): a new major version of one is a breaking release here.
//! `mcp_authz::__private` is no interface.
//!
//! # Guide
//!
//! 1. [Writing tools](guide/writing_tools/index.html)
//! 2. [Security model](guide/security_model/index.html)
//! 3. [Third-party agents](guide/third_party_agents/index.html): consent, from registration to revocation
//! 4. [Providers](guide/providers/index.html): what to click or call at each
//! 5. [Servers that exist](guide/existing_servers/index.html): the gate around an rmcp handler
//! 6. [Testing](guide/testing/index.html)
//! 7. [Deploying](guide/deploying/index.html): behind a proxy, on several machines
//! 8. [Migrating](guide/migrating/index.html): from mcp-auth, from checks by hand
//!
//! The repository has examples, each with its test; `examples/README.md` there lists them in reading order.
#![cfg_attr(docsrs, feature(doc_cfg))]

// In the order in which a request meets them.
mod bearer;
mod token;
mod clock;
mod addresses;
mod fetch;
mod world;
mod auth_info;
mod denied;
mod consented;
mod scope;
mod registry;
mod audit;
mod gate;
mod verdict;
mod challenge;
mod layer;
mod metadata;
mod bind;
mod found;
mod extract;
mod reply;
mod server;
mod error;

pub mod danger;

// For people in a browser.
#[cfg(any(feature = "dev-server", feature = "logto"))]
mod page;

use world::World;

#[cfg(feature = "dev-server")]
#[cfg_attr(docsrs, doc(cfg(feature = "dev-server")))]
pub mod dev;

#[cfg(feature = "logto")]
#[cfg_attr(docsrs, doc(cfg(feature = "logto")))]
pub mod logto;

#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;

#[cfg(any(doc, doctest))]
#[cfg(all(feature = "testing", feature = "dpop", feature = "logto"))]
pub mod guide;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

// The public interface is:
pub use audit::{AuditEvent, AuditOperation, AuditOutcome, AuditSink};
pub use auth_info::{AuthInfo, AuthInfoBuilder};
pub use bearer::BearerToken;
pub use bind::SessionLimits;
pub use consented::Claims;
pub use denied::Denied;
pub use error::{ConfigError, Error};
pub use extract::{Call, FromCall, Rmcp, State};
pub use gate::{ChallengeForm, PolicyError, Rule, Rules, Visibility, first_party};
#[doc(inline)]
#[doc = include_str!("docs/prompt.md")]
pub use mcp_authz_macros::prompt;
#[doc(inline)]
#[doc = include_str!("docs/resource.md")]
pub use mcp_authz_macros::resource;
#[doc(inline)]
#[doc = include_str!("docs/tool.md")]
pub use mcp_authz_macros::tool;
pub use registry::{Access, Entry, Kind, PromptEntry, ResourceEntry, ToolEntry};
pub use reqwest;
pub use rmcp;
pub use rmcp::handler::server::wrapper::{Json, Parameters};
pub use scope::{ChallengeScopes, Hierarchy, InvalidScope, Requirement, Scope, ScopeSet};
pub use server::{
    Annotated, Authz, GuardedItem, Manifest, Protect, Server, ServerBuilder, StdioCaller,
};
#[cfg(feature = "dpop")]
#[cfg_attr(docsrs, doc(cfg(feature = "dpop")))]
pub use token::Dpop;
pub use token::{
    Algorithm, ClientAuth, ExchangeError, ExchangedToken, Introspection, Issuer, Report,
    TokenCache, TokenExchange, TokenVerifier, Userinfo, VerifyError,
};
pub use {schemars, serde};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
