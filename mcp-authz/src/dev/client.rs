//! The applications that may ask for access.

use jsonwebtoken::jwk::Jwk;
use serde_json::Value;

use super::assertion;
use super::exchange::OwnTokens;
use super::redirect;
use super::secret::Secret;
use crate::scope::ScopeSet;

/// An application that the development provider knows from the start.
///
/// Needs the feature `dev-server`.
///
/// ```
/// use mcp_authz::dev::Client;
///
/// // Somebody else's agent: the person is asked.
/// let agent = Client::third_party("smartmail", "SmartMail AI")
///     .redirect_uri("http://127.0.0.1/callback"); // at any port (RFC 8252 §7.3)
/// // Your own application: the person is not asked.
/// let own = Client::first_party("my-app", "My App").redirect_uri("https://app.example.com/cb");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Client {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) origin: Origin,
    pub(super) secret: Option<Secret>,
    /// What proves its assertions, or why it cannot.
    pub(super) key: Option<Result<Jwk, &'static str>>,
    pub(super) redirect_uris: Vec<String>,
    /// What is asked for when a request names no scope.
    pub(super) default_scopes: ScopeSet,
    /// What it may be allowed at most; `None` is anything.
    pub(super) consent_scopes: Option<Vec<String>>,
    /// Whether it gets refresh tokens without `offline_access`.
    pub(super) refreshes: bool,
    /// Whose tokens it may exchange: those that it is called with.
    pub(super) exchanges: Option<OwnTokens>,
}

/// Who says what the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The developer, about an application of their own.
    FirstParty,
    /// The developer, about somebody else's application.
    ThirdParty,
    /// The client itself (RFC 7591): its name proves nothing.
    Registered,
    /// The host of its client ID metadata document.
    Document,
}

impl Client {
    /// An application of the provider's own operator: it skips the consent page.
    pub fn first_party(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new(id, Some(name.into()), Origin::FirstParty)
    }

    /// Somebody else's application: the person always decides.
    pub fn third_party(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new(id, Some(name.into()), Origin::ThirdParty)
    }

    pub(super) fn new(id: impl Into<String>, name: Option<String>, origin: Origin) -> Self {
        Self {
            id: id.into(),
            name,
            origin,
            secret: None,
            key: None,
            redirect_uris: Vec::new(),
            default_scopes: ScopeSet::new(),
            consent_scopes: None,
            refreshes: true,
            exchanges: None,
        }
    }

    /// Adds a place where the answer may go: https, http on a loopback address (at any port), or a
    /// scheme of your own.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// Makes it a confidential client. It authenticates by `client_secret_basic` or
    /// `client_secret_post`, and may use `client_credentials` and the introspection endpoint.
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(Secret::new(secret));
        self
    }

    /// Makes it a confidential client that holds the private half of this key (a JWK) and
    /// authenticates by `private_key_jwt`; see
    /// [`ClientAuth::private_key_jwt`](crate::ClientAuth::private_key_jwt).
    ///
    /// ```
    /// use mcp_authz::dev::Client;
    /// use serde_json::json;
    ///
    /// let server = Client::first_party("mcp-server", "The server").public_key(json!({
    ///     "kty": "EC", "crv": "P-256",
    ///     "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    ///     "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    /// }));
    /// ```
    pub fn public_key(mut self, jwk: impl Into<Value>) -> Self {
        self.key = Some(assertion::read_key(jwk.into()));
        self
    }

    /// Limits what this third-party application may be allowed, as Logto does. Asking for another
    /// scope of OpenID Connect is refused (`invalid_scope`); another scope of an API is left out, and
    /// only the token says so. `openid` and `offline_access` are always within the limit.
    ///
    /// ```
    /// use mcp_authz::dev::Client;
    ///
    /// let agent = Client::third_party("smartmail", "SmartMail AI")
    ///     .redirect_uri("http://127.0.0.1/callback")
    ///     .consent_scopes(["profile", "mail:read"]);
    /// ```
    pub fn consent_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.consent_scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Lets it exchange the tokens that are for `resource`, the API that this client is, for tokens of
    /// other APIs (RFC 8693): for the same person, with no other scopes and no longer a life, and saying
    /// who acts (`act`). It has to be a confidential client.
    ///
    /// ```
    /// use mcp_authz::dev::Client;
    ///
    /// let server = Client::first_party("mcp-server", "The server")
    ///     .secret("s3cret")
    ///     .may_exchange("http://127.0.0.1:3001/mcp");
    /// ```
    pub fn may_exchange(mut self, resource: impl Into<String>) -> Self {
        self.exchanges = Some(OwnTokens::For(resource.into()));
        self
    }

    /// Lets it exchange any token, for whatever API by whatever name.
    #[cfg(feature = "testing")]
    pub(super) fn may_exchange_all(mut self) -> Self {
        self.exchanges = Some(OwnTokens::All);
        self
    }

    /// What a person reads. A client that has no name is called by its id.
    pub(super) fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    pub(super) fn is_confidential(&self) -> bool {
        self.secret.is_some() || self.key.is_some()
    }

    /// Whether the developer wrote it down, so that it may act for itself.
    pub(super) fn is_configured(&self) -> bool {
        matches!(self.origin, Origin::FirstParty | Origin::ThirdParty)
    }

    pub(super) fn may_redirect_to(&self, uri: &str) -> bool {
        self.redirect_uris
            .iter()
            .any(|own| redirect::matches(own, uri))
    }

    /// What the developer has to change, one sentence each.
    pub(super) fn problems(&self) -> Vec<String> {
        let uris = self.redirect_uris.iter();
        let mut problems: Vec<String> = uris
            .filter_map(|uri| redirect::parse(uri).err())
            .map(|problem| format!("client {}: redirect URI {problem}", self.id))
            .collect();
        if self.id.is_empty() {
            problems.push("a client has an empty id: give it one".into());
        }
        let id = &self.id;
        if self.redirect_uris.is_empty() && !self.is_confidential() {
            problems.push(format!(
                "client {id} can do nothing: add .redirect_uri(..) or .secret(..)"
            ));
        }
        if self.exchanges.is_some() && !self.is_confidential() {
            problems.push(format!(
                "client {id} cannot exchange tokens, since nothing proves that it is itself: add .secret(..)"
            ));
        }
        match &self.key {
            Some(Err(why)) => problems.push(format!("client {id}: {why}")),
            Some(Ok(_)) if self.secret.is_some() => problems.push(format!(
                "client {id} has a secret and a key: keep .secret(..) or .public_key(..)"
            )),
            _ => {}
        }
        problems.extend(self.ceiling_problems());
        problems
    }
}
