//! Trouble on request, for tests and demonstrations: how a server behaves while its authorization
//! server does not.

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tokio::sync::watch;
use tokio::time::timeout;

/// An endpoint that an MCP server asks, and that can be made to fail; see
/// [`AuthorizationServer::fail`](super::AuthorizationServer::fail).
///
/// Needs the feature `dev-server`.
///
/// ```
/// # use mcp_authz::dev::{AuthorizationServer, Endpoint, Error, Fault};
/// # #[tokio::main] async fn main() -> Result<(), Error> {
/// # let provider = AuthorizationServer::builder().start().await?;
/// // JWTs can be verified still, and nobody can be asked about other tokens.
/// provider.fail([Endpoint::Introspection, Endpoint::Userinfo], Fault::Error);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// The metadata document, wherever it is published.
    Discovery,
    /// The keys that verify tokens.
    Jwks,
    /// Whether an opaque token is good (RFC 7662).
    Introspection,
    /// What a token may see of its person; in `testing`, also the records of a Logto tenant.
    Userinfo,
    /// Where tokens are issued, and [exchanged](crate::TokenExchange).
    Token,
}

impl Endpoint {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Discovery,
        Self::Jwks,
        Self::Introspection,
        Self::Userinfo,
        Self::Token,
    ];
}

/// How an [`Endpoint`] fails.
///
/// Needs the feature `dev-server`.
///
/// ```
/// # use mcp_authz::dev::{AuthorizationServer, Endpoint, Error, Fault};
/// # use std::time::Duration;
/// # #[tokio::main] async fn main() -> Result<(), Error> {
/// # let provider = AuthorizationServer::builder().start().await?;
/// provider.fail([Endpoint::Introspection], Fault::Slow(Duration::from_secs(3)));
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It answers 500.
    Error,
    /// It answers as it should, after this time.
    Slow(Duration),
    /// It accepts the request and does not answer, as long as this lasts.
    Silent,
}

/// Which endpoints are in which trouble.
type Faults = HashMap<Endpoint, Fault>;

/// Turns trouble on and off. When it is dropped, nobody is kept waiting any more.
pub(super) struct Switch(watch::Sender<Faults>);

impl Switch {
    pub(super) fn new() -> Self {
        Self(watch::Sender::default())
    }

    pub(super) fn fail(&self, endpoints: impl IntoIterator<Item = Endpoint>, fault: Fault) {
        self.0.send_modify(|faults| {
            faults.extend(endpoints.into_iter().map(|endpoint| (endpoint, fault)));
        });
    }

    pub(super) fn recover(&self) {
        self.0.send_modify(HashMap::clear);
    }

    /// What an endpoint asks before it answers.
    pub(super) fn at(&self, endpoint: Endpoint) -> Watch {
        Watch {
            faults: self.0.subscribe(),
            endpoint,
        }
    }
}

/// Sees the trouble of one endpoint.
#[derive(Clone)]
pub(super) struct Watch {
    faults: watch::Receiver<Faults>,
    endpoint: Endpoint,
}

impl Watch {
    fn fault(&self) -> Option<Fault> {
        self.faults.borrow().get(&self.endpoint).copied()
    }

    /// Until the endpoint is in another trouble, or in none, or the provider is stopped.
    async fn change_from(&mut self, fault: Fault) {
        let endpoint = self.endpoint;
        let changed = |faults: &Faults| faults.get(&endpoint) != Some(&fault);
        // An error says that the switch is gone.
        let _ = self.faults.wait_for(changed).await;
    }
}

/// Stands before an endpoint.
pub(super) async fn stand(
    State(mut watch): State<Watch>,
    request: Request,
    next: Next,
) -> Response {
    match watch.fault() {
        Some(Fault::Error) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(fault @ Fault::Slow(delay)) => {
            // An early change makes it no slower.
            let _ = timeout(delay, watch.change_from(fault)).await;
        }
        Some(Fault::Silent) => watch.change_from(Fault::Silent).await,
        None => {}
    }
    next.run(request).await
}
