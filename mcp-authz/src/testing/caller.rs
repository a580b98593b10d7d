//! Who calls a server under test, and with what token.

use std::fmt;
#[cfg(feature = "dpop")]
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::issuer::TestIssuer;
#[cfg(feature = "dpop")]
use super::proof::ProofKey;
use super::server::TestServer;
use super::stdio::OverStdio;
use crate::scope::{Scope, ScopeSet};

/// How long tokens are good.
const HOUR: Duration = Duration::from_secs(3600);

/// Somebody who calls a [`TestServer`].
///
/// Needs the feature `testing`.
///
/// A [`User`] gets a new token for every call; whoever is to be met again with the same one
/// [keeps it](Self::keep_token).
///
/// What comes back is a [`Reply`](super::Reply), or a [`Refused`](super::Refused) for whatever is no
/// result: a 401, 403 or 503, a name that is unknown, arguments that cannot be read.
///
/// ```standalone_crate
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
/// let alice = server.as_user("alice").client("smartmail").scopes(["mail:read"]);
/// assert!(alice.call("count").await.is_ok());
/// assert_eq!(alice.tools().await.unwrap(), ["count"]);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before something is called"]
pub struct Caller<'a, By = User> {
    pub(super) server: &'a TestServer,
    by: By,
}

/// A person at the test's authorization server, by an agent: what [`TestServer::as_user`] begins with.
///
/// Needs the feature `testing`.
///
/// ```
/// use mcp_authz::testing::{Caller, User};
///
/// /// What all agents of this test have in common.
/// fn as_reader(person: Caller<'_, User>) -> Caller<'_, User> {
///     person.client("smartmail").scopes(["mail:read"])
/// }
/// ```
#[derive(Clone, Debug)]
pub struct User {
    issuer: Option<String>,
    subject: String,
    client: String,
    scopes: ScopeSet,
    audience: Option<String>,
    lifetime: Option<Duration>,
    signed_in: Duration,
    claims: Map<String, Value>,
    opaque: bool,
    #[cfg(feature = "dpop")]
    key: Option<Arc<ProofKey>>,
}

/// One token, or none: what [`Caller::keep_token`], [`TestServer::with_token`] and
/// [`TestServer::anonymous`] begin with.
///
/// Needs the feature `testing`.
///
/// ```
/// use mcp_authz::testing::{Caller, Held, TestServer};
///
/// /// Tokens that must not get in.
/// fn strangers(server: &TestServer) -> [Caller<'_, Held>; 2] {
///     [server.anonymous(), server.with_token("not-a-token")]
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Held(Presented);

/// What goes with a request.
#[derive(Clone, Default)]
pub(super) struct Presented {
    pub(super) token: Option<String>,
    /// What it is bound to.
    #[cfg(feature = "dpop")]
    pub(super) key: Option<Arc<ProofKey>>,
}

impl Presented {
    pub(super) fn bearer(token: String) -> Self {
        Self {
            token: Some(token),
            #[cfg(feature = "dpop")]
            key: None,
        }
    }
}

/// Never printed: a test's output is a log like any other.
impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token.as_ref().map(|_| "…");
        f.debug_struct("Presented")
            .field("token", &token)
            .finish_non_exhaustive()
    }
}

impl<'a> Caller<'a, User> {
    pub(super) fn user(server: &'a TestServer, subject: String) -> Self {
        let by = User {
            issuer: None,
            subject,
            client: "test-agent".to_owned(),
            scopes: ScopeSet::new(),
            audience: None,
            lifetime: None,
            signed_in: Duration::ZERO,
            claims: Map::new(),
            opaque: false,
            #[cfg(feature = "dpop")]
            key: None,
        };
        Self { server, by }
    }

    /// Consented to these scopes, and to no others.
    ///
    /// # Panics
    ///
    /// For a text that is no scope.
    #[track_caller]
    pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        let mut all = Vec::new();
        for text in scopes {
            let text = text.as_ref();
            match text.parse::<Scope>() {
                Ok(scope) => all.push(scope),
                Err(error) => panic!("{text:?}: {error}"),
            }
        }
        self.by.scopes = all.into_iter().collect();
        self
    }

    /// Comes by this agent: `client_id`.
    pub fn client(mut self, client_id: impl Into<String>) -> Self {
        self.by.client = client_id.into();
        self
    }

    /// Signed in this long ago (`auth_time`).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use mcp_authz::testing::{TestServer, assert_challenge};
    /// use mcp_authz::tool;
    ///
    /// /// Deletes all mails.
    /// #[tool(scopes = ["mail:delete"], max_age = 300)]
    /// fn delete_all() {}
    ///
    /// # fn server() -> mcp_authz::ServerBuilder { mcp_authz::Server::builder("mail").tools([delete_all::tool()]).prompts([]).mcp_resources([]) }
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = TestServer::start(server()).await?;
    /// let alice = server.as_user("alice").scopes(["mail:delete"]);
    /// assert!(alice.call("delete_all").await.is_ok());
    /// let this_morning = alice.signed_in(Duration::from_secs(3 * 60 * 60));
    /// let refused = this_morning.call("delete_all").await;
    /// assert_challenge!(refused, 401, "insufficient_user_authentication");
    /// # Ok(()) }
    /// ```
    pub fn signed_in(mut self, ago: Duration) -> Self {
        self.by.signed_in = ago;
        self
    }

    /// Signed in at this issuer, one of several that the server accepts.
    ///
    /// ```
    /// use mcp_authz::testing::TestServer;
    /// use mcp_authz::{AuthInfo, tool};
    ///
    /// /// Says where the caller is at home.
    /// #[tool(authenticated)]
    /// fn home(auth: AuthInfo) -> String {
    ///     auth.issuer().to_owned()
    /// }
    ///
    /// # fn server() -> mcp_authz::ServerBuilder { mcp_authz::Server::builder("mail").tools([home::tool()]).prompts([]).mcp_resources([]) }
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let two = server().issuer("https://as.example.com").issuer("https://login.example.org");
    /// let server = TestServer::start(two).await?;
    /// let guest = server.as_user("alice").issuer("https://login.example.org");
    /// assert_eq!(guest.call("home").await.unwrap().text(), "https://login.example.org");
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    ///
    /// When a token is made, if the server does not know it.
    pub fn issuer(mut self, identifier: impl Into<String>) -> Self {
        self.by.issuer = Some(identifier.into());
        self
    }

    /// Got a token for another server (`aud`). An example is at [`Refused::reason`](super::Refused::reason).
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.by.audience = Some(audience.into());
        self
    }

    /// Got a token that is good for so long. Otherwise it is an hour, or less where the issuer's tokens
    /// may not live that long.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.by.lifetime = Some(lifetime);
        self
    }

    /// Adds a claim to the token, or replaces one: what a test wants wrong is wrong.
    ///
    /// ```
    /// use mcp_authz::testing::{TestServer, assert_challenge};
    /// use mcp_authz::{AuthInfo, tool};
    ///
    /// /// Says for whom the caller works.
    /// #[tool(authenticated)]
    /// fn tenant(auth: AuthInfo) -> String {
    ///     auth.claims().get("tenant").map(ToString::to_string).unwrap_or_default()
    /// }
    ///
    /// # fn server() -> mcp_authz::ServerBuilder { mcp_authz::Server::builder("mail").tools([tenant::tool()]).prompts([]).mcp_resources([]) }
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = TestServer::start(server()).await?;
    /// let alice = server.as_user("alice").claim("tenant", "acme");
    /// assert_eq!(alice.call("tenant").await.unwrap().text(), "\"acme\"");
    /// let forged = alice.claim("iss", "https://elsewhere.example"); // signed all the same
    /// assert_challenge!(forged.call("tenant").await, 401, "invalid_token");
    /// # Ok(()) }
    /// ```
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.by.claims.insert(name.into(), value.into());
        self
    }

    /// Gets an opaque token, about which the server has to ask. An example is at
    /// [`TestIssuer::revoke`](super::TestIssuer::revoke).
    pub fn opaque(mut self) -> Self {
        self.by.opaque = true;
        self
    }

    /// Gets tokens that are bound to a key of the agent's (`cnf.jkt`, RFC 9449), and proves with every
    /// request that it holds the key, with the nonce that the server wants.
    ///
    /// Needs the feature `dpop`.
    ///
    /// ```standalone_crate
    /// use mcp_authz::testing::{TestServer, assert_challenge};
    /// use mcp_authz::{Dpop, Server, tool};
    ///
    /// /// Counts the mails.
    /// #[tool(scopes = ["mail:read"])]
    /// fn count() -> String {
    ///     "3 mails".to_owned()
    /// }
    ///
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let server = Server::builder("mail").dpop(Dpop::required().nonce());
    /// let server = TestServer::start(server).await?;
    /// let alice = server.as_user("alice").scopes(["mail:read"]).dpop();
    /// assert!(alice.call("count").await.is_ok());
    /// let thief = server.with_token(alice.token());
    /// assert_challenge!(thief.call("count").await, 401, "invalid_token");
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    ///
    /// If the cryptographic library makes no key.
    #[cfg(feature = "dpop")]
    #[cfg_attr(docsrs, doc(cfg(feature = "dpop")))]
    pub fn dpop(mut self) -> Self {
        let key = ProofKey::generate().unwrap_or_else(|error| panic!("{error}"));
        let binding = serde_json::json!({ "jkt": key.thumbprint() });
        self.by.key = Some(Arc::new(key));
        self.claim("cnf", binding)
    }

    /// A token as it would be sent now.
    ///
    /// # Panics
    ///
    /// If the server has no issuer, or not the one that was named.
    #[must_use]
    #[track_caller]
    pub fn token(&self) -> String {
        let issuer = match &self.by.issuer {
            Some(name) => self.server.issuer_named(name),
            None => self.server.issuer(),
        };
        self.by.token_of(issuer, self.server)
    }

    /// The same person with one token for all that follows: to let it expire, or its key be replaced. An
    /// example is at [`TestClock`](super::TestClock).
    ///
    /// # Panics
    ///
    /// As for [`token`](Self::token).
    #[track_caller]
    pub fn keep_token(&self) -> Caller<'a, Held> {
        Caller::held(self.server, self.presented())
    }

    #[track_caller]
    fn presented(&self) -> Presented {
        Presented {
            token: Some(self.token()),
            #[cfg(feature = "dpop")]
            key: self.by.key.clone(),
        }
    }
}

impl User {
    #[track_caller]
    fn token_of(&self, issuer: &TestIssuer, server: &TestServer) -> String {
        let now = server.clock().unix();
        let settings = &issuer.settings;
        let longest = settings.longest_token().unwrap_or(HOUR);
        let lifetime = self.lifetime.unwrap_or(longest.min(HOUR));
        let audience = self.audience.as_deref().unwrap_or(server.audience());
        let mut mint = issuer
            .provider
            .mint(&self.subject)
            .client(&self.client)
            .scopes(self.scopes.to_string())
            .resource(audience)
            .lifetime(lifetime)
            .claim("auth_time", now.saturating_sub(self.signed_in.as_secs()));
        let written = settings.written(&self.scopes, &self.client);
        for (name, value) in written.into_iter().chain(self.claims.clone()) {
            mint = mint.claim(name, value);
        }
        if settings.asks_who() {
            mint = mint.without_person();
        }
        let opaque = self.opaque || settings.is_opaque_only();
        let token = if opaque { mint.opaque() } else { mint.sign() };
        token.unwrap_or_else(|error| panic!("{error}"))
    }
}

impl<'a> Caller<'a, Held> {
    pub(super) fn held(server: &'a TestServer, presented: Presented) -> Self {
        Self::over(server, Held(presented))
    }
}

impl<'a, By> Caller<'a, By> {
    pub(super) fn over(server: &'a TestServer, by: By) -> Self {
        Self { server, by }
    }
}

/// How a caller gets in. Nobody else can make a caller.
///
/// Needs the feature `testing`.
///
/// ```
/// use mcp_authz::testing::{Caller, Credentials};
///
/// /// Whoever it is, and whichever way they come.
/// async fn sees_nothing<By: Credentials>(caller: &Caller<'_, By>) -> bool {
///     caller.tools().await.map_or(true, |tools| tools.is_empty())
/// }
/// ```
pub trait Credentials: sealed::Sealed {}

impl Credentials for User {}
impl Credentials for Held {}
impl Credentials for OverStdio {}

pub(super) mod sealed {
    use serde_json::Value;

    use super::{Caller, Held, OverStdio, User};
    use crate::testing::{Refused, Reply};

    type Outcome = Result<Reply, Refused>;

    pub trait Sealed: Sized {
        /// Sends a request, and waits for what comes back.
        fn ask(
            caller: &Caller<'_, Self>,
            method: &str,
            params: Value,
        ) -> impl Future<Output = Outcome> + Send;
    }

    impl Sealed for User {
        async fn ask(caller: &Caller<'_, Self>, method: &str, params: Value) -> Outcome {
            let presented = caller.presented();
            caller.post(presented, method, params).await.read()
        }
    }

    impl Sealed for Held {
        async fn ask(caller: &Caller<'_, Self>, method: &str, params: Value) -> Outcome {
            let presented = caller.by.0.clone();
            caller.post(presented, method, params).await.read()
        }
    }

    impl Sealed for OverStdio {
        async fn ask(caller: &Caller<'_, Self>, method: &str, params: Value) -> Outcome {
            caller.by.ask(method, params).await.read()
        }
    }
}
