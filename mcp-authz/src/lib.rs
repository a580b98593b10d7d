//! MCP servers whose tools act for a person: scopes are declared on the function and enforced
//! before it runs.
//!
//! In `Cargo.toml` (there is no release yet, so the path is that of a checkout):
//!
//! ```toml
//! [dependencies]
//! mcp-authz = { path = "../mcp-authz/mcp-authz" }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! tracing-subscriber = "0.3" # to read why a request was refused
//!
//! [dev-dependencies]
//! mcp-authz = { path = "../mcp-authz/mcp-authz", features = ["testing"] }
//! serde_json = "1" # for the arguments of a call in a test
//! ```
//!
//! In `main.rs`:
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
//! On your own machine its resource is `http://127.0.0.1:3001/mcp`: who calls another host than the resource's is refused.
//! To try it without a provider of yours, [`dev`](dev/index.html#your-own-server-by-hand) is one on your machine, with
//! the line that calls your tool.
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
//! - A tool, [prompt](macro@prompt) or [resource](macro@resource) says who may use it, or it does not compile. An item of
//!   an existing rmcp handler has a [rule](Rules), or the server does not start.
//! - A function runs only for a token with its scopes, whatever the method, the transport mode and the
//!   revision of the protocol. The decision is made on the message that rmcp parsed and is about to run.
//! - A token counts only if an issuer that you named signed it, for this server (`aud`), as an access token,
//!   with an asymmetric key that is published now, and it has not ended.
//! - The token of a call reaches no function: for another API it gets one of that API, in
//!   [exchange](AuthInfo::exchange) (RFC 8693).
//! - What a client carries for the server (session ids, cursors, the state of exchanges) works for the
//!   person *and* client that got it.
//! - `Host` and `Origin` must be those of the resource. A token in two places, or in the query, is refused.
//! - Requests to the issuer are bounded: https, no redirects, 5 s, 256 KiB, no private addresses.
//!
//! What it does **not** do: sign people in, keep users or roles, limit rates, end TLS, or decide what a function
//! does with what it may do. A JWT works until it ends, revoked or not (introspection knows sooner). A consent
//! to a scope says nothing about *which* mailbox: write a [policy](macro@tool#what-else-is-asked) for that. Everything
//! that weakens a guarantee is in [`danger`], under a name that says what it costs.
//!
//! # `#[tool]`
//!
//! | above the function | what it says |
//! |---|---|
//! | `scopes = ["mail:read", "mail:send"]` | callers whose token carries both |
//! | `scopes = all("mail:read", any("mail:send", ADMIN))` | the same as an expression; a `const` [`Scope`] has a name |
//! | `authenticated` | every caller with a valid token |
//! | `anonymous` | everybody, once the server says [`allow_anonymous`](ServerBuilder::allow_anonymous) as well |
//! | `scopes_for = by_amount` | more scopes, by the arguments of the call |
//! | `policy = own_account` | what scopes cannot say: tenant, role, owner; [`first_party`] is one |
//! | `max_age = 300`, `acr_values = ["phr"]` | a recent, or strong, sign-in (RFC 9470) |
//! | `conceal` | for those who may not, there is no such tool |
//! | `name`, `title`, `description`, `read_only`, `destructive`, `idempotent`, `open_world`, `toolset` | what clients are told of it |
//!
//! | parameter | what it is |
//! |---|---|
//! | `/// Whom to write to.`<br>`to: String` | an argument of the call; `#[arg] to: String` without a comment |
//! | `Parameters<T>` | all arguments as a struct of yours, [with two derives](guide/writing_tools/index.html#types-of-your-own) |
//! | [`AuthInfo`], `Option<AuthInfo>` | the verified caller |
//! | [`State<T>`] | a value of the server |
//! | rmcp's extractors, [`FromCall`] | the rest of the call; your own |
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
//! | has no credentials | 401 with `scope` (the [initial scopes](ServerBuilder::initial_scopes), those of all items where none are named) and `resource_metadata`, no `error` (RFC 6750 §3.1) |
//! | has two, or a token in the query as well | 400 `invalid_request` |
//! | has a token that is not good here | 401 `invalid_token` |
//! | has a token that cannot be verified right now | 503 with `Retry-After`, no challenge |
//! | lacks scopes | 403 `insufficient_scope` with **all** scopes of the operation |
//! | is refused by a policy | 403 without a challenge, or 503 where it cannot tell |
//! | needs a more recent or stronger sign-in | 401 `insufficient_user_authentication` (RFC 9470) |
//! | names what does not exist, or is concealed | the protocol's own answer, without a challenge |
//! | names another host, or comes from another page | 403 without a challenge |
//! | asks for another path than the endpoint's | 404 that names the URL for clients, where [`serve`](Server::serve) answers |
//! | meets a panic | 500, for that request alone |
//!
//! At the start [`serve`](Server::serve) prints what is guarded, where clients connect, and which issuer cannot be
//! reached. A client is not told what is wrong with its token. The log is, through [`tracing`], once the program has a
//! subscriber:
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
//! It shows at `info` why a token or a request was refused, at `warn` which issuer cannot be reached, and at
//! `error` what panicked. `RUST_LOG=warn,mcp_authz=debug,rmcp=error` shows at `debug` which calls were refused, of whom,
//! and for which scopes. (rmcp says something of every request at `info`, and of refused ones at `warn`: hence its
//! `error`.) Where the feature `env-filter` of tracing-subscriber is on, `RUST_LOG` is needed for
//! anything below `error`.
//!
//! [`tracing`]: https://docs.rs/tracing
//!
//! # Testing your server
//!
//! The feature `testing` starts what your program serves inside the test: no socket, no account, and the
//! very configuration that you deploy. People with any token, a clock to move, keys to replace, outages,
//! `assert_challenge!`, and `assert_matrix!`, which tries every tool with every set of scopes:
//! [`testing`](testing/index.html), and [a chapter](guide/testing/index.html) of the guide. A snapshot of
//! [`Server::manifest`] makes every change of access a line in a review.
//!
//! # Features
//!
//! | feature | what it adds | default |
//! |---|---|---|
//! | `dev-server` | `dev`: an embedded OpenID provider for development and tests, loopback only | no |
//! | `dpop` | `Dpop`: tokens bound to a key of the client (RFC 9449) | no |
//! | `testing` | `testing`: for the tests of your server, without a socket; turns on `dev-server` | no |
//! | `logto` | `logto`: Logto's Management API, setting a tenant up for a server, its user records as identity, registering agents there | no |
//!
//! Turning a feature on never changes what is enforced. What needs one says so on its page.
//!
//! # Stability
//!
//! MCP 2026-07-28 and, through rmcp, 2025-11-25, 2025-06-18 and 2025-03-26. Rust 1.88, the version that rmcp
//! needs; a newer one is a minor release. Before 1.0 a minor release may break, and the changelog says what to
//! write instead. `rmcp`, `reqwest`, `serde` and `schemars` are part of the interface and re-exported (the macros of rmcp need
//! it as a dependency of your own): a new major version of one is a breaking release here. `mcp_authz::__private` is no interface.
//!
//! # Guide
//!
//! 1. [Writing tools](guide/writing_tools/index.html)
//! 2. [Security model](guide/security_model/index.html)
//! 3. [Third-party agents](guide/third_party_agents/index.html): consent from registration to revocation
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
