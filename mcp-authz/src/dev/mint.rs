//! Tokens without a browser, for tests and benchmarks.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use super::error::Error;
use super::grant::Grant;
use super::issue::{Draft, Form};
use super::provider::Provider;
use crate::scope::ScopeSet;

/// An access token in the making; see
/// [`AuthorizationServer::mint`](super::AuthorizationServer::mint).
///
/// Needs the feature `dev-server`.
///
/// ```
/// # use mcp_authz::dev::{AuthorizationServer, Error};
/// # #[tokio::main] async fn main() -> Result<(), Error> {
/// # let provider = AuthorizationServer::builder().start().await?;
/// let odd = provider
///     .mint("alice")
///     .resource("http://127.0.0.1:3001/mcp")
///     .scopes("mail:read")
///     .claim("iss", "https://elsewhere.example.com") // signed, and wrong
///     .sign()?;
/// # Ok(()) }
/// ```
#[must_use = "a token is made by `sign` or `opaque`"]
pub struct Mint<'a> {
    provider: &'a Provider,
    grant: Grant,
    lifetime: Duration,
    tells: bool,
    claims: Map<String, Value>,
}

impl<'a> Mint<'a> {
    pub(super) fn new(provider: &'a Provider, subject: String) -> Self {
        Self {
            provider,
            grant: Grant {
                user: Some(subject),
                client_id: "minted".into(),
                scopes: ScopeSet::new(),
                resource: None,
                consent: None,
                auth_time: Some(provider.now()),
                acr: None,
                nonce: None,
            },
            lifetime: provider.settings.access_token_lifetime,
            tells: true,
            claims: Map::new(),
        }
    }

    /// Sets `client_id`; `minted` otherwise.
    pub fn client(mut self, client_id: impl Into<String>) -> Self {
        self.grant.client_id = client_id.into();
        self
    }

    /// Sets `aud` to the API that the token is for; of a JWT it is the issuer itself otherwise.
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.grant.resource = Some(resource.into());
        self
    }

    /// Sets the granted scopes, separated by spaces. The claims that they stand for are those of
    /// the configured user of this name.
    pub fn scopes(mut self, scopes: impl AsRef<str>) -> Self {
        self.grant.scopes = ScopeSet::parse(scopes.as_ref());
        self
    }

    /// Sets how long the token is good; the provider's lifetime otherwise.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Adds a claim, or replaces one: what a test wants wrong is wrong.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Leaves it to others to say who the person is.
    #[cfg(feature = "testing")]
    pub(crate) fn without_person(mut self) -> Self {
        self.tells = false;
        self
    }

    /// Signs the token with the current key: a JWT of type `at+jwt` (RFC 9068).
    ///
    /// # Errors
    ///
    /// [`Error::Signing`] when the cryptographic library fails.
    pub fn sign(self) -> Result<String, Error> {
        self.issue(Form::Jwt)
    }

    /// Makes the token opaque, whatever the [builder](super::Builder::opaque_tokens_for) says: random
    /// text, about which the provider has to be asked. Its claims are what introspection answers, and
    /// those for a person are left to userinfo; without a [`resource`](Self::resource) it names no
    /// audience.
    ///
    /// ```
    /// # use mcp_authz::dev::{AuthorizationServer, Error};
    /// # #[tokio::main] async fn main() -> Result<(), Error> {
    /// # let provider = AuthorizationServer::builder().start().await?;
    /// let token = provider
    ///     .mint("alice")
    ///     .resource("http://127.0.0.1:3001/mcp")
    ///     .scopes("mail:read")
    ///     .opaque()?;
    /// assert!(!token.contains('.'));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Signing`] when the cryptographic library fails.
    pub fn opaque(self) -> Result<String, Error> {
        self.issue(Form::Opaque)
    }

    fn issue(self, form: Form) -> Result<String, Error> {
        let draft = Draft {
            form,
            grant: &self.grant,
            scopes: &self.grant.scopes,
            lifetime: self.lifetime.as_secs(),
            tells: self.tells,
            changes: self.claims,
        };
        Ok(self.provider.issue(draft, self.provider.now())?.token)
    }
}

impl fmt::Debug for Mint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mint")
            .field("grant", &self.grant)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
