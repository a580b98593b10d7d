//! Self-service registration: developers bring their agents to an operator's tenant by themselves,
//! within the operator's guard rails.

// One core, `desk` and `register`, with what it knows and keeps; two faces over it.
mod audit;
mod body;
mod builder;
mod census;
mod desk;
mod discovery;
mod doors;
mod listing;
mod metadata;
mod pages;
mod places;
mod policy;
mod protocol;
mod record;
mod redirect;
mod refusal;
mod register;
mod registrant;
mod right;
mod rotate;
mod secrecy;

pub use builder::ClientRegistrationBuilder;
pub use policy::RegistrationPolicy;
pub use registrant::Registrant;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use http::Method;
use tower_http::cors::{Any, CorsLayer};

use desk::Desk;
use discovery::Discovery;
use doors::Doors;

use crate::layer::Origins;

/// Registers third-party agents at Logto for the developers who wrote them, beside a gated server.
///
/// Needs the feature `logto`.
///
/// ```no_run
/// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), Box<dyn std::error::Error>> {
/// use mcp_authz::logto::{ClientRegistration, RegistrationPolicy};
/// use mcp_authz::{Issuer, Server};
///
/// let portal = "vd2kxvwp5lkmpyrhcgwlt"; // where developers sign in
/// let server = Server::builder("mail")
///     .resource("https://mcp.example.com/mcp")
///     .issuer(Issuer::logto("https://tenant.logto.app").first_party([portal]))
///     .build()
///     .await?;
/// let policy = RegistrationPolicy::new(["profile", "email"]).apps_per_owner(3);
/// let registration = ClientRegistration::builder("https://mcp.example.com/agents", policy)
///     .first_party() // the people of the portal
///     .build(&server, logto)?;
/// let app = server.router().merge(registration.router());
/// # let _ = app;
/// # Ok(()) }
/// ```
///
/// An application is made with exactly the scopes that were submitted and are within the policy's
/// ceiling, or it is not there: what could not be completed is deleted again, also when the developer
/// hangs up meanwhile. Its secret is told once. Whose it is is kept with it at Logto (in its custom
/// data) and nowhere else. One process counts them one after the other, so a quota holds however many come
/// at once; several processes may each give away the last place.
///
/// Sixteen requests of owners are carried out at a time, and four of any one owner; whoever comes beyond that is
/// told to come back (429). So is whoever has made their share of a minute's applications
/// ([`apps_per_owner_per_minute`](RegistrationPolicy::apps_per_owner_per_minute)). Rotations of one secret wait for
/// each other, within a process.
///
/// # For programs
///
/// [`router`](Self::router) serves JSON, below the URL that the registration was built with:
///
/// | request | what it does | by |
/// |---|---|---|
/// | `POST /register` | registers (RFC 7591) | whoever may register |
/// | `GET /register` | lists | the owner |
/// | `GET /register/{id}` | shows (RFC 7592 §2.1) | the registration access token, the owner |
/// | `DELETE /register/{id}` | deletes (RFC 7592 §2.3) | the same |
/// | `POST /register/{id}/secret` | makes a new secret; the older ones end | the same |
///
/// Of those who come with a registration access token, 600 a minute are looked up; others are told to come
/// back (429).
///
/// Who may register, and is the owner afterwards, is one of three; without any, nobody:
///
/// - a person with an access token **for the server**, of one of the operator's own applications
///   ([`first_party`](ClientRegistrationBuilder::first_party)). It is verified by the server itself. A
///   token that is bound to a key is not taken, since a proof is made for the server's URL alone;
/// - the holder of an [initial access token](ClientRegistrationBuilder::initial_access_token);
/// - anybody, [at a price](crate::danger::open_registration).
///
/// Metadata is honoured or refused with the codes of RFC 7591 §3.2.2; what is not known is ignored.
/// `token_endpoint_auth_method` is `none`, or one of the two with a secret for web applications with a
/// server. Software statements and `PUT` are refused.
///
/// # For people
///
/// [`pages`](Self::pages) serves HTML, for a developer portal that signs people in already.
///
/// # For clients that know only dynamic registration
///
/// They look for `registration_endpoint` in the issuer's metadata, and compare its `issuer` with where
/// it came from and, later, with `iss` of the answer (RFC 8414 §3.3, RFC 9207 §2.4): nobody can put
/// another issuer before Logto. So [`metadata_router`](Self::metadata_router) serves Logto's own document
/// with this one member more, for **the issuer's host**.
///
/// Such clients register with the scopes of the first challenge, and Logto lets them ask for no others
/// later. Name in [`initial_scopes`](crate::ServerBuilder::initial_scopes) all that they may ever need.
///
/// # The audit log
///
/// Every step is a [`tracing`](https://docs.rs/tracing) event with the target `mcp_authz::registration`
/// and fields: `step`, `owner`, `client_id`, `error`, … Steps that leave something for the operator to
/// delete are at `error`. No secret or token is in it.
#[derive(Clone)]
pub struct ClientRegistration {
    service: Arc<Service>,
    discovery: Arc<Discovery>,
}

/// What both faces work with.
struct Service {
    desk: Arc<Desk>,
    doors: Doors,
    /// Where the service is, without a slash at its end.
    url: String,
    path: String,
    /// Where its pages may be called from.
    origins: Origins,
    /// What people are told of a scope.
    words: BTreeMap<String, String>,
}

impl ClientRegistration {
    /// Starts with the public URL below which the registration is served, and what may be registered.
    pub fn builder(
        url: impl Into<String>,
        policy: RegistrationPolicy,
    ) -> ClientRegistrationBuilder {
        ClientRegistrationBuilder::new(url.into(), policy)
    }

    /// The endpoints for programs, to merge at the root of an application beside
    /// [`Server::router`](crate::Server::router).
    pub fn router(&self) -> Router {
        protocol::router(Arc::clone(&self.service))
    }

    /// The page on which a signed-in developer registers agents, and lists, rotates and deletes their
    /// own; to merge at the root. It needs no script.
    ///
    /// **Who is signed in** the program around it says, by a [`Registrant`] in the extensions of the
    /// request, from its own session:
    ///
    /// ```no_run
    /// # fn example(registration: mcp_authz::logto::ClientRegistration) -> axum::Router {
    /// # fn session(_: &axum::extract::Request) -> Option<String> { None }
    /// use axum::{extract::Request, middleware::{Next, from_fn}};
    /// use mcp_authz::logto::Registrant;
    ///
    /// registration.pages().layer(from_fn(async |mut request: Request, next: Next| {
    ///     if let Some(subject) = session(&request) {
    ///         let alice = Registrant::person("https://tenant.logto.app/oidc", subject);
    ///         request.extensions_mut().insert(alice);
    ///     }
    ///     next.run(request).await
    /// }))
    /// # }
    /// ```
    ///
    /// Without it the page says 401 and does nothing. Forms of other sites are refused, whatever
    /// cookies the session uses; so are requests for another host than the registration's URL.
    pub fn pages(&self) -> Router {
        pages::router(Arc::clone(&self.service))
    }

    /// Logto's authorization-server metadata with `registration_endpoint`, at the path where clients
    /// look first (RFC 8414 §3.1) and Logto answers 404:
    /// `/.well-known/oauth-authorization-server/oidc`.
    ///
    /// It speaks for the issuer, so it has to be reached at the **issuer's host**: have the proxy in
    /// front of your Logto lead this one path here ([`Issuer::logto`](crate::Issuer::logto) asks Logto
    /// elsewhere, so a server is not in its own way). Where the issuer's host is not yours
    /// (`tenant.logto.app`), no metadata can name another endpoint; use the pages, or client ID
    /// metadata documents
    /// ([`Management::enable_metadata_documents`](super::Management::enable_metadata_documents)).
    ///
    /// ```no_run
    /// # fn example(server: mcp_authz::Server, registration: mcp_authz::logto::ClientRegistration) {
    /// // One process for both hosts; the proxy leads that one path of the issuer's host here as well.
    /// let app = server
    ///     .router()
    ///     .merge(registration.router())
    ///     .merge(registration.metadata_router());
    /// # let _: axum::Router = app; }
    /// ```
    pub fn metadata_router(&self) -> Router {
        let discovery = Arc::clone(&self.discovery);
        let path = discovery.path();
        let answer = move || {
            let discovery = Arc::clone(&discovery);
            async move { discovery.answer().await }
        };
        let cors = CorsLayer::new()
            .allow_origin(Any)
            .allow_methods([Method::GET])
            .allow_headers(Any);
        Router::new().route(&path, get(answer)).layer(cors)
    }

    /// Where agents register, as metadata names it.
    #[must_use]
    pub fn registration_endpoint(&self) -> String {
        format!("{}/register", self.service.url)
    }
}

impl fmt::Debug for ClientRegistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientRegistration")
            .field("url", &self.service.url)
            .field("policy", &self.service.desk.policy)
            .finish_non_exhaustive()
    }
}
