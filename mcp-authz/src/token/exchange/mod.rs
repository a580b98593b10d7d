//! The token of a call, exchanged for one of another API (RFC 8693).
//!
//! Here is what an author sets; `exchanger` asks, `answer` reads what is said, `error` is what a function
//! is told, `inbound` what is kept of the token that a request came with, `reuse` which tokens are used again.

mod answer;
mod error;
mod exchanger;
mod inbound;
mod reuse;

use std::time::Duration;

use url::Url;

use super::{ClientAuth, endpoint};

pub use answer::ExchangedToken;
pub use error::ExchangeError;
pub(crate) use exchanger::Exchanger;
pub(crate) use inbound::Inbound;
pub(crate) use reuse::Reuse;

/// RFC 8693 §2.1.
pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// RFC 8693 §3.
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// How this server exchanges the tokens that it is called with for tokens of other APIs (RFC 8693).
///
/// The server is a client of its own at the authorization server, which decides what it may have: at the
/// [token endpoint](Self::endpoint) that the issuer's metadata names, with the caller's token as
/// `subject_token`. A function then asks by [`AuthInfo::exchange`](crate::AuthInfo::exchange).
///
/// A `ClientAuth` converts where the server has one issuer:
///
/// ```
/// use mcp_authz::{ClientAuth, Server};
///
/// # let secret = "s3cret";
/// let builder = Server::builder("assistant")
///     .resource("https://mcp.example.com/mcp")
///     .issuer("https://as.example.com")
///     .token_exchange(ClientAuth::secret_basic("mcp-server", secret));
/// ```
///
/// With several, each is named, so that no credentials and no token go to another one:
///
/// ```
/// use mcp_authz::{ClientAuth, Server, TokenExchange};
///
/// # let secret = "s3cret";
/// let ours = ClientAuth::secret_basic("mcp-server", secret);
/// let builder = Server::builder("assistant")
///     .issuer("https://as.example.com")
///     .issuer("https://login.example.org")
///     .token_exchange(TokenExchange::new(ours).issuer("https://as.example.com"));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct TokenExchange {
    auth: ClientAuth,
    issuer: Option<String>,
    endpoint: Option<String>,
    by_audience: bool,
    reuse: Option<Duration>,
}

impl TokenExchange {
    /// Asks as this client.
    pub fn new(auth: ClientAuth) -> Self {
        Self {
            auth,
            issuer: None,
            endpoint: None,
            by_audience: false,
            reuse: None,
        }
    }

    /// Whose tokens are exchanged, by the identifier of an [`Issuer`](crate::Issuer) of this server. It
    /// is asked and sees these credentials, and no other. Needed where there are several.
    pub fn issuer(mut self, identifier: impl Into<String>) -> Self {
        self.issuer = Some(identifier.into());
        self
    }

    /// Asks here instead of where the issuer's metadata says. https, no redirects.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Names the other API by `audience` instead of `resource`, for providers that know it by a name of
    /// their own and not by its URL (RFC 8693 §2.1), such as Keycloak.
    ///
    /// ```
    /// use mcp_authz::{ClientAuth, TokenExchange};
    ///
    /// # let secret = "s3cret";
    /// // Then it is `auth.exchange("calendar-api", ..)`, by the client id that the API has at Keycloak.
    /// let exchange = TokenExchange::new(ClientAuth::secret_basic("mcp-server", secret)).by_audience();
    /// # let _ = exchange;
    /// ```
    pub fn by_audience(mut self) -> Self {
        self.by_audience = true;
        self
    }

    /// Uses a token again, for `most` at the longest, whenever the same token of a caller is exchanged for the
    /// same API and scopes; without it the authorization server is asked every time.
    ///
    /// Never into the last 30 seconds of a token, nor beyond the end of the caller's; one without `expires_in`
    /// is not used again. What the authorization server takes back is noticed that much later:
    /// [`TokenCache`](crate::TokenCache) forgets it at once. In memory alone, 16 MiB at most for an issuer; a
    /// day at most.
    ///
    /// ```
    /// use std::time::Duration;
    /// use mcp_authz::{ClientAuth, TokenExchange};
    ///
    /// # let secret = "s3cret";
    /// let ours = ClientAuth::secret_basic("mcp-server", secret);
    /// let exchange = TokenExchange::new(ours).reuse(Duration::from_secs(300));
    /// # let _ = exchange;
    /// ```
    pub fn reuse(mut self, most: Duration) -> Self {
        self.reuse = Some(most);
        self
    }

    /// Whose tokens are exchanged, where the author says so.
    pub(crate) fn for_issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// What is wrong with it, in sentences that say what to write instead.
    pub(super) fn problems(&self, issuer: &Url) -> Vec<String> {
        let mut problems = self.auth.problems();
        let endpoint = endpoint::configured(self.endpoint.as_deref(), issuer).err();
        let endpoint = endpoint.map(|why| format!("its `.endpoint(..)`: {why}"));
        let is_odd = |most: Duration| most.is_zero() || most > reuse::LONGEST;
        let reuse = self.reuse.filter(|most| is_odd(*most));
        let reuse = reuse.map(|most| {
            format!("its `.reuse({most:?})`: write some time, up to a day, or leave it out")
        });
        let problems = problems.drain(..).map(str::to_owned);
        let problems = problems.chain(endpoint).chain(reuse);
        problems
            .map(|what| format!("token exchange: {what}"))
            .collect()
    }

    pub(super) fn auth(&self) -> &ClientAuth {
        &self.auth
    }

    pub(super) fn has_endpoint(&self) -> bool {
        self.endpoint.is_some()
    }

    /// The author's own address.
    pub(super) fn configured(&self, issuer: &Url) -> Option<Url> {
        endpoint::configured(self.endpoint.as_deref(), issuer)
            .ok()
            .flatten()
    }
}

impl From<ClientAuth> for TokenExchange {
    fn from(auth: ClientAuth) -> Self {
        Self::new(auth)
    }
}
