//! The authorization servers of a test: nothing leaves the process.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use url::Url;

use super::clock::TestClock;
use crate::dev::{Endpoint, Fault, InProcess};
use crate::error::Error;
use crate::fetch::{DEADLINE, Fetch, FetchError};
use crate::token::Issuer;

/// One authorization server of a [`TestServer`](super::TestServer): it answers in the name of an issuer
/// that the server is configured with, with keys of its own.
///
/// Needs the feature `testing`.
///
/// ```standalone_crate
/// use std::time::Duration;
///
/// use mcp_authz::dev::{Endpoint, Fault};
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
/// // A new key is found without a restart.
/// server.issuer().rotate_keys();
/// assert!(alice.call("count").await.is_ok());
/// // Known keys serve on through an outage, for an hour: then it is 503, and nobody is logged out.
/// server.issuer().fail(Endpoint::ALL, Fault::Error);
/// server.clock().advance(Duration::from_secs(30 * 60));
/// assert!(alice.call("count").await.is_ok());
/// server.clock().advance(Duration::from_secs(3600));
/// let refused = alice.call("count").await.unwrap_err();
/// assert_eq!((refused.status(), refused.challenge()), (503, None));
/// # Ok(()) }
/// ```
pub struct TestIssuer {
    pub(super) settings: Issuer,
    pub(super) provider: InProcess,
    url: Option<Url>,
}

impl TestIssuer {
    pub(super) fn new(settings: &Issuer, clock: &TestClock) -> Result<Self, Error> {
        let clock = Arc::new(clock.clone());
        let provider = InProcess::new(&settings.identifier, settings.asking(), clock);
        Ok(Self {
            provider: provider.map_err(std::io::Error::other)?,
            url: settings.url().ok(),
            settings: settings.clone(),
        })
    }

    /// Its identifier, as it was configured.
    #[must_use]
    pub fn identifier(&self) -> &str {
        &self.settings.identifier
    }

    /// Signs with a new key from now on. The old one stays published, so that its tokens are good until
    /// [`forget_old_keys`](Self::forget_old_keys).
    ///
    /// # Panics
    ///
    /// If the cryptographic library makes no key.
    pub fn rotate_keys(&self) {
        if let Err(error) = self.provider.rotate_keys() {
            panic!("{error}");
        }
    }

    /// Publishes the current key alone: tokens of earlier ones are refused once the server has noticed,
    /// within ten minutes of its [clock](super::TestServer::clock).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use mcp_authz::testing::{TestServer, assert_challenge};
    /// use mcp_authz::tool;
    ///
    /// /// Counts the mails.
    /// #[tool(scopes = ["mail:read"])]
    /// fn count() -> String {
    ///     "3 mails".to_owned()
    /// }
    ///
    /// # fn server() -> mcp_authz::ServerBuilder { mcp_authz::Server::builder("mail").tools([count::tool()]).prompts([]).mcp_resources([]) }
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = TestServer::start(server()).await?;
    /// let alice = server.as_user("alice").scopes(["mail:read"]);
    /// let kept = alice.keep_token();
    /// server.issuer().rotate_keys();
    /// server.issuer().forget_old_keys();
    /// server.clock().advance(Duration::from_secs(10 * 60));
    /// assert!(alice.call("count").await.is_ok()); // by the new key
    /// assert_challenge!(kept.call("count").await, 401, "invalid_token"); // by the old one
    /// # Ok(()) }
    /// ```
    pub fn forget_old_keys(&self) {
        self.provider.forget_old_keys();
    }

    /// Ends a token before its time. A server that asks about its tokens finds out when it asks again; one
    /// that verifies them by itself, when they end.
    ///
    /// ```standalone_crate
    /// use std::time::Duration;
    ///
    /// use mcp_authz::testing::{TestServer, assert_challenge};
    /// use mcp_authz::{ClientAuth, Issuer, Server, tool};
    ///
    /// /// Counts the mails.
    /// #[tool(scopes = ["mail:read"])]
    /// fn count() -> String {
    ///     "3 mails".to_owned()
    /// }
    ///
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let issuer = Issuer::new("https://as.example.com")
    ///     .introspection(ClientAuth::secret_basic("mcp-server", "s3cret"));
    /// let server = TestServer::start(Server::builder("mail").issuer(issuer)).await?;
    /// let token = server.as_user("alice").scopes(["mail:read"]).opaque().token();
    /// let alice = server.with_token(&token);
    /// assert!(alice.call("count").await.is_ok());
    /// server.issuer().revoke(&token);
    /// server.clock().advance(Duration::from_secs(60)); // so long is an answer believed
    /// assert_challenge!(alice.call("count").await, 401, "invalid_token");
    /// # Ok(()) }
    /// ```
    pub fn revoke(&self, token: &str) {
        self.provider.revoke(token);
    }

    /// Has these endpoints fail from now on, until [`recover`](Self::recover). Tokens are minted all the
    /// same. [`Fault::Silent`] takes five seconds, as it would; none where tokio's time is paused.
    pub fn fail(&self, endpoints: impl IntoIterator<Item = Endpoint>, fault: Fault) {
        self.provider.fail(endpoints, fault);
    }

    /// Ends all trouble. The server finds out when it asks again, as it would: a refusal says when that is
    /// ([`Refused::retry_after`](super::Refused::retry_after)).
    pub fn recover(&self) {
        self.provider.recover();
    }

    /// The name of the endpoint at `url`, and how much of the path says that it is this issuer's.
    fn endpoint(&self, url: &Url) -> Option<(usize, String)> {
        let written = self.settings.own_endpoints();
        if let Some((_, name)) = written.into_iter().find(|(own, _)| own == url) {
            return Some((usize::MAX, name.to_owned()));
        }
        #[cfg(feature = "logto")]
        if let Some(name) = self.settings.of_records(url) {
            return Some((usize::MAX, name));
        }
        let own = self.url.as_ref()?;
        if own.origin() != url.origin() {
            return None;
        }
        let path = own.path().trim_end_matches('/');
        let asked = url.path();
        // RFC 8414 §3.1: the path of the issuer comes last there.
        if asked.starts_with("/.well-known/") {
            let name = asked.strip_suffix(path)?;
            return (name.matches('/').count() == 2).then(|| (path.len(), name.to_owned()));
        }
        let name = asked.strip_prefix(path)?.trim_start_matches('/');
        (asked.len() > path.len()).then(|| (path.len(), format!("/{name}")))
    }
}

impl fmt::Debug for TestIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestIssuer")
            .field(&self.identifier())
            .finish()
    }
}

/// All that a server under test can reach.
pub(super) struct Network(pub(super) Arc<[TestIssuer]>);

impl Network {
    async fn answer(&self, request: Request<Bytes>) -> Result<Response<Bytes>, FetchError> {
        let url = Url::parse(&request.uri().to_string());
        let url = url.map_err(|error| FetchError::Failed(error.to_string()))?;
        let found = self.0.iter().filter_map(|issuer| {
            let (known, name) = issuer.endpoint(&url)?;
            Some((known, name, issuer))
        });
        let Some((_, name, issuer)) = found.max_by_key(|(known, ..)| *known) else {
            let why = format!("a test reaches its issuers alone, and {url} is none of theirs");
            return Err(FetchError::Failed(why));
        };
        let answer = issuer.provider.answer(&name, request.map(Body::from)).await;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await;
        let body = body.map_err(|error| FetchError::Failed(error.to_string()))?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }
}

impl Fetch for Network {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        let deadline: Duration = DEADLINE;
        async move {
            let answer = tokio::time::timeout(deadline, self.answer(request));
            answer.await.unwrap_or(Err(FetchError::Timeout))
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(issuer: &str, url: &str) -> Option<String> {
        let issuer = TestIssuer::new(&Issuer::new(issuer), &TestClock::new()).unwrap();
        issuer.endpoint(&url.parse().unwrap()).map(|(_, name)| name)
    }

    #[test]
    fn an_endpoint_is_found_wherever_metadata_puts_it() {
        for (issuer, url, name) in [
            ("https://h", "https://h/jwks", Some("/jwks")),
            ("https://h/", "https://h//jwks", Some("/jwks")),
            ("https://h/oidc", "https://h/oidc/jwks", Some("/jwks")),
            ("https://h/oidc", "https://h/jwks", None),
            ("https://h/oidc", "https://other/oidc/jwks", None),
            (
                "https://h/oidc",
                "https://h/.well-known/oauth-authorization-server/oidc",
                Some("/.well-known/oauth-authorization-server"),
            ),
            (
                "https://h/oidc",
                "https://h/oidc/.well-known/openid-configuration",
                Some("/.well-known/openid-configuration"),
            ),
            (
                "https://h",
                "https://h/.well-known/openid-configuration/oidc",
                None,
            ),
        ] {
            assert_eq!(endpoint(issuer, url).as_deref(), name, "{issuer} {url}");
        }
    }
}
