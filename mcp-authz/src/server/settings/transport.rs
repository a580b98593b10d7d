//! How requests come in: addresses, replies, sessions, limits.

macro_rules! settings_of_transport {
    () => {
        /// The `Host` values that requests may name, `host` or `host:port`: a page elsewhere cannot reach the server
        /// under a name of its own (DNS rebinding; MCP Streamable HTTP §Security). Default: the resource's host, and
        /// the loopback names for a loopback resource.
        ///
        /// ```
        /// use mcp_authz::Server;
        ///
        /// // Behind a proxy that sends a name of its own.
        /// let builder = Server::builder("mail")
        ///     .resource("https://mcp.example.com/mcp")
        ///     .allowed_hosts(["mcp.example.com", "mail.internal:3001"]);
        /// ```
        pub fn allowed_hosts<S: Into<String>>(
            mut self,
            hosts: impl IntoIterator<Item = S>,
        ) -> Self {
            self.settings.allowed_hosts = Some(hosts.into_iter().map(Into::into).collect());
            self
        }

        /// The web pages that may talk to the server, `https://app.example.com` or
        /// `http://localhost:*` (MCP Streamable HTTP §Security). Default: the resource's own origin, and any local
        /// page for a loopback resource.
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
        ///
        /// ```
        /// use mcp_authz::Server;
        ///
        /// let builder = Server::builder("export").json_replies(false); // for tools that report progress
        /// ```
        pub fn json_replies(mut self, json: bool) -> Self {
            self.settings.json_replies = json;
            self
        }

        /// Holds sessions for clients of revisions before 2026-07-28, each bound to the principal that
        /// opened it. Without it, such clients are served without sessions.
        ///
        /// ```
        /// use mcp_authz::{Server, SessionLimits};
        ///
        /// let builder = Server::builder("mail").sessions(SessionLimits::new().total(200));
        /// ```
        pub fn sessions(mut self, limits: crate::bind::SessionLimits) -> Self {
            self.settings.sessions = Some(limits);
            self
        }

        /// Keeps what is needed to restore a session on another machine or after a restart; the
        /// [sealing keys](Self::sealing_keys) must be shared as well.
        ///
        /// ```
        /// use mcp_authz::rmcp::transport::streamable_http_server::session::SessionStore;
        /// use mcp_authz::{Server, ServerBuilder, SessionLimits};
        ///
        /// /// `database` is yours: three methods, to load, store and delete.
        /// fn server(database: impl SessionStore, key: [u8; 32]) -> ServerBuilder {
        ///     Server::builder("mail")
        ///         .sessions(SessionLimits::new())
        ///         .session_store(database)
        ///         .sealing_keys([("2026-12", key)])
        /// }
        /// ```
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
        /// The first one seals, all of them open: rotate by putting a new one in front (on several machines,
        /// first behind the old one everywhere). Without keys a random one is made, which other machines and
        /// the next start do not know.
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
        ///
        /// What is read takes more than its bytes: a list of digits a hundred times as many, objects that
        /// are nearly empty three hundred times. So a message may hold one value for every two of these
        /// bytes, where an object counts as ten more and a list as four; one that holds more gets 400.
        ///
        /// ```
        /// use mcp_authz::Server;
        ///
        /// let builder = Server::builder("scans").max_body_bytes(8 * 1024 * 1024);
        /// ```
        pub fn max_body_bytes(mut self, bytes: usize) -> Self {
            self.settings.max_body_bytes = bytes;
            self
        }

        /// How long running calls may take after a shutdown was asked for (default: 10 s).
        ///
        /// ```
        /// use std::time::Duration;
        ///
        /// use mcp_authz::Server;
        ///
        /// let builder = Server::builder("export").shutdown_grace(Duration::from_secs(60));
        /// ```
        pub fn shutdown_grace(mut self, grace: ::std::time::Duration) -> Self {
            self.settings.shutdown_grace = grace;
            self
        }
    };
}

pub(in crate::server) use settings_of_transport;
