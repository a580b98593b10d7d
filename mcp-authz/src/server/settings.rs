//! The settings that every protected server has, whoever wrote its tools.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rmcp::transport::streamable_http_server::session::SessionStore;

use crate::World;
use crate::audit::Audit;
use crate::bind::SessionLimits;
use crate::fetch::Customize;
use crate::gate::{ChallengeForm, Visibility};
use crate::scope::{ChallengeScopes, Hierarchy};
#[cfg(feature = "dpop")]
use crate::token::Dpop;
use crate::token::{DynVerifier, Issuer, TokenExchange};

/// What is set before a server is built.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) resource: Option<String>,
    pub(super) mount: Option<String>,
    pub(super) issuers: Vec<Issuer>,
    pub(super) verifier: Option<Arc<dyn DynVerifier>>,
    pub(super) exchanges: Vec<TokenExchange>,
    #[cfg(feature = "dpop")]
    pub(super) dpop: Option<Dpop>,
    pub(super) eager: bool,
    pub(super) http: Option<Customize>,
    pub(super) initial_scopes: Option<Vec<String>>,
    pub(super) advertise_all_scopes: bool,
    pub(super) hierarchy: Hierarchy,
    pub(super) challenge_scopes: ChallengeScopes,
    pub(super) visibility: Visibility,
    pub(super) challenge_form: ChallengeForm,
    pub(super) challenge_forms: HashMap<String, ChallengeForm>,
    pub(super) audit: Audit,
    pub(super) allow_anonymous: bool,
    pub(super) allowed_hosts: Option<Vec<String>>,
    pub(super) allowed_origins: Option<Vec<String>>,
    pub(super) json_replies: bool,
    pub(super) sessions: Option<SessionLimits>,
    pub(super) session_store: Option<Arc<dyn SessionStore>>,
    pub(super) sealing_keys: Vec<(String, Vec<u8>)>,
    pub(super) max_body_bytes: usize,
    pub(super) shutdown_grace: Duration,
    /// The caller is named by the author, on standard input and output.
    pub(super) principal: bool,
    /// Set by `testing` alone, for a server that a test starts.
    #[cfg(feature = "testing")]
    pub(super) world: Option<World>,
}

impl Settings {
    /// Time and outgoing HTTP.
    pub(super) fn world(&self) -> World {
        #[cfg(feature = "testing")]
        if let Some(world) = &self.world {
            return world.clone();
        }
        World::with_http(self.http.as_ref())
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            resource: None,
            mount: None,
            issuers: Vec::new(),
            verifier: None,
            exchanges: Vec::new(),
            #[cfg(feature = "dpop")]
            dpop: None,
            eager: false,
            http: None,
            initial_scopes: None,
            advertise_all_scopes: false,
            hierarchy: Hierarchy::new(),
            challenge_scopes: ChallengeScopes::default(),
            visibility: Visibility::default(),
            challenge_form: ChallengeForm::default(),
            challenge_forms: HashMap::new(),
            audit: Audit::default(),
            allow_anonymous: false,
            allowed_hosts: None,
            allowed_origins: None,
            json_replies: true,
            sessions: None,
            session_store: None,
            sealing_keys: Vec::new(),
            max_body_bytes: 1024 * 1024,
            shutdown_grace: Duration::from_secs(10),
            principal: false,
            #[cfg(feature = "testing")]
            world: None,
        }
    }
}

/// The same methods for everything that has `settings`.
macro_rules! with_settings {
    ($builder:ty) => {
        impl $builder {
            /// The canonical URI of the server: advertised to clients, mounted (its path), and expected as
            /// the audience of every token. It comes from here and never from a request.
            ///
            /// It is the URL that is given to clients, to the byte: `https://mcp.example.com/mcp`, usually. One
            /// without a path is served at `/` and nowhere else, and a slash at the end is a part of it.
            pub fn resource(mut self, uri: impl Into<String>) -> Self {
                self.settings.resource = Some(uri.into());
                self
            }

            /// An authorization server whose tokens are accepted. Its URL is enough: keys are discovered,
            /// cached and rotated. Call it again for another one; keys are never shared between them.
            pub fn issuer(mut self, issuer: impl Into<crate::token::Issuer>) -> Self {
                self.settings.issuers.push(issuer.into());
                self
            }

            /// A verifier of your own for tokens that no configured issuer claims, such as API keys.
            pub fn verifier(mut self, verifier: impl crate::token::TokenVerifier) -> Self {
                self.settings.verifier = Some(::std::sync::Arc::new(verifier));
                self
            }

            /// Keeps the token of a call for as long as the call, so that its function can
            /// [exchange](crate::AuthInfo::exchange) it for one of another API (RFC 8693). Without this no
            /// token is kept, and a caller's own token is passed on in neither case.
            ///
            /// Call it again for another issuer; see [`TokenExchange`](crate::TokenExchange).
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
            /// # Errors
            ///
            /// Building fails without the issuer that it is for, for an issuer whose metadata names no token
            /// endpoint, and for credentials that cannot be used.
            pub fn token_exchange(
                mut self,
                exchange: impl Into<crate::token::TokenExchange>,
            ) -> Self {
                self.settings.exchanges.push(exchange.into());
                self
            }

            /// Treats an authorization server that cannot be reached at start as an error. Without it the
            /// server starts, says so in the start print and the log, and answers 503 until it can.
            pub fn eager(mut self) -> Self {
                self.settings.eager = true;
                self
            }

            /// Adds to the HTTP client that talks to authorization servers: a proxy, root certificates.
            ///
            /// What bounds it (no redirects, 5 s, 256 KiB, private addresses refused, nothing that is
            /// sent in the log) is set afterwards and stays. Proxies of the environment are not used:
            /// write them here. A proxy resolves names
            /// itself, so behind one the check of addresses covers those written in URLs alone; a proxy
            /// whose own name leads to a private address is reached for issuers with
            /// [`allow_private_addresses`](crate::Issuer::allow_private_addresses), or by its number.
            ///
            /// ```
            /// # use mcp_authz::{Server, reqwest};
            /// # fn example(root: reqwest::Certificate) {
            /// let builder = Server::builder("mail").http_client(move |client| {
            ///     client.tls_certs_merge([root.clone()])
            /// });
            /// # }
            /// ```
            pub fn http_client(
                mut self,
                customize: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder
                + Send
                + Sync
                + 'static,
            ) -> Self {
                self.settings.http = Some(::std::sync::Arc::new(customize));
                self
            }

            /// Understands tokens that are bound to a key of the client (DPoP, RFC 9449), or requires
            /// them; see [`Dpop`](crate::Dpop). Without it such tokens are refused.
            ///
            /// Needs the feature `dpop`.
            ///
            /// ```
            /// use mcp_authz::{Dpop, Server};
            ///
            /// let builder = Server::builder("mail").dpop(Dpop::required().nonce());
            /// ```
            ///
            /// # Errors
            ///
            /// Building fails without an algorithm, and without room for a single proof.
            #[cfg(feature = "dpop")]
            #[cfg_attr(docsrs, doc(cfg(feature = "dpop")))]
            pub fn dpop(mut self, dpop: crate::token::Dpop) -> Self {
                self.settings.dpop = Some(dpop);
                self
            }

            /// What clients are told to ask for when they first come, in the 401 and the metadata. The
            /// default is everything that any tool requires; with less, a client comes back for more when
            /// it needs it (step-up).
            ///
            /// ```
            /// use mcp_authz::Server;
            ///
            /// // The consent page asks for one thing; whoever wants to send is asked again.
            /// let builder = Server::builder("mail").initial_scopes(["mail:read"]);
            /// ```
            pub fn initial_scopes<S: Into<String>>(
                mut self,
                scopes: impl IntoIterator<Item = S>,
            ) -> Self {
                self.settings.initial_scopes = Some(scopes.into_iter().map(Into::into).collect());
                self
            }

            /// Lists every scope in the metadata's `scopes_supported`, though clients are told to start
            /// with the [initial scopes](Self::initial_scopes).
            pub fn advertise_all_scopes(mut self) -> Self {
                self.settings.advertise_all_scopes = true;
                self
            }

            /// Which scopes include others; decisions, lists and challenges all follow it.
            ///
            /// ```
            /// use mcp_authz::{Hierarchy, Server};
            ///
            /// let includes = Hierarchy::new().includes("mail:write", ["mail:read"]);
            /// let builder = Server::builder("mail").hierarchy(includes);
            /// ```
            pub fn hierarchy(mut self, hierarchy: crate::scope::Hierarchy) -> Self {
                self.settings.hierarchy = hierarchy;
                self
            }

            /// Which scopes a refusal asks for; change it for clients that forget what they had.
            pub fn challenge_scopes(mut self, scopes: crate::scope::ChallengeScopes) -> Self {
                self.settings.challenge_scopes = scopes;
                self
            }

            /// Where decisions are recorded; see [`AuditSink`](crate::AuditSink). The log has the same
            /// reasons without it.
            pub fn audit(mut self, sink: impl crate::AuditSink) -> Self {
                self.settings.audit = crate::audit::Audit::new(sink);
                self
            }

            /// How refused tool calls are answered; see [`ChallengeForm`](crate::ChallengeForm).
            pub fn challenge_form(mut self, form: crate::gate::ChallengeForm) -> Self {
                self.settings.challenge_form = form;
                self
            }

            /// The same for these clients alone, by their client ids.
            ///
            /// ```
            /// use mcp_authz::{ChallengeForm, Server};
            ///
            /// let builder = Server::builder("mail")
            ///     .challenge_form_for(["chat-app"], ChallengeForm::ToolResult);
            /// ```
            pub fn challenge_form_for<C: Into<String>>(
                mut self,
                clients: impl IntoIterator<Item = C>,
                form: crate::gate::ChallengeForm,
            ) -> Self {
                let clients = clients.into_iter().map(|client| (client.into(), form));
                self.settings.challenge_forms.extend(clients);
                self
            }

            /// Which tools a caller is shown. Hiding is not what protects them: a call is decided alike.
            pub fn visibility(mut self, visibility: crate::gate::Visibility) -> Self {
                self.settings.visibility = visibility;
                self
            }

            /// Lets callers without a token in: to the protocol's opening, the lists, and tools declared
            /// `anonymous`. A bad token is still refused, never taken for none.
            pub fn allow_anonymous(mut self) -> Self {
                self.settings.allow_anonymous = true;
                self
            }

            /// The `Host` values that requests may name, `host` or `host:port`. Default: the resource's
            /// host, and the loopback names for a loopback resource.
            pub fn allowed_hosts<S: Into<String>>(
                mut self,
                hosts: impl IntoIterator<Item = S>,
            ) -> Self {
                self.settings.allowed_hosts = Some(hosts.into_iter().map(Into::into).collect());
                self
            }

            /// The web pages that may talk to the server, `https://app.example.com` or
            /// `http://localhost:*`. Default: the resource's own origin, and any local page for a loopback
            /// resource.
            ///
            /// ```
            /// use mcp_authz::Server;
            ///
            /// let builder = Server::builder("mail")
            ///     .resource("https://mcp.example.com/mcp")
            ///     .allowed_origins(["https://mcp.example.com", "https://app.example.com"]);
            /// ```
            pub fn allowed_origins<S: Into<String>>(
                mut self,
                origins: impl IntoIterator<Item = S>,
            ) -> Self {
                self.settings.allowed_origins = Some(origins.into_iter().map(Into::into).collect());
                self
            }

            /// The path to listen on, where a proxy rewrites the one that clients see.
            ///
            /// ```
            /// use mcp_authz::Server;
            ///
            /// // The proxy takes `/tools/mail` away: https://example.com/tools/mail/mcp comes here as /mcp.
            /// let builder = Server::builder("mail")
            ///     .resource("https://example.com/tools/mail/mcp")
            ///     .mount("/mcp");
            /// ```
            pub fn mount(mut self, path: impl Into<String>) -> Self {
                self.settings.mount = Some(path.into());
                self
            }

            /// Whether a plain reply is one JSON document (the default) rather than an event stream,
            /// in which a client sees progress before the reply is complete.
            pub fn json_replies(mut self, json: bool) -> Self {
                self.settings.json_replies = json;
                self
            }

            /// Holds sessions for clients of revisions before 2026-07-28, each bound to the principal that
            /// opened it. Without it, such clients are served without sessions.
            pub fn sessions(mut self, limits: crate::bind::SessionLimits) -> Self {
                self.settings.sessions = Some(limits);
                self
            }

            /// Keeps what is needed to restore a session on another machine or after a restart; the
            /// [sealing keys](Self::sealing_keys) must be shared as well.
            pub fn session_store(
                mut self,
                store: impl ::rmcp::transport::streamable_http_server::session::SessionStore,
            ) -> Self {
                self.settings.session_store = Some(::std::sync::Arc::new(store));
                self
            }

            /// The keys that seal what clients carry for the server (session ids, cursors, the state of
            /// exchanges), as (id, at least 32 random bytes). What a handler writes into a cursor or a state
            /// is encrypted: nobody reads it, whoever carries it included.
            ///
            /// The first one seals, all of them open: rotate by putting a new one in front. Without keys a
            /// random one is made, which other replicas and the next start do not know.
            ///
            /// ```
            /// use mcp_authz::Server;
            ///
            /// # let (new, old) = ([1u8; 32], [0u8; 32]); // read from where secrets are kept
            /// let builder = Server::builder("mail").sealing_keys([("2026-12", new), ("2026-06", old)]);
            /// ```
            pub fn sealing_keys<I, K>(mut self, keys: impl IntoIterator<Item = (I, K)>) -> Self
            where
                I: Into<String>,
                K: Into<Vec<u8>>,
            {
                self.settings.sealing_keys = keys
                    .into_iter()
                    .map(|(id, key)| (id.into(), key.into()))
                    .collect();
                self
            }

            /// The largest request body, in bytes (default: 1 MiB); beyond it the answer is 413.
            pub fn max_body_bytes(mut self, bytes: usize) -> Self {
                self.settings.max_body_bytes = bytes;
                self
            }

            /// How long running calls may take after a shutdown was asked for (default: 10 s).
            pub fn shutdown_grace(mut self, grace: ::std::time::Duration) -> Self {
                self.settings.shutdown_grace = grace;
                self
            }
        }
    };
}

pub(super) use with_settings;
