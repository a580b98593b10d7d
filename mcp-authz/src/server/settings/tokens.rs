//! Whose tokens count, and how they are verified.

macro_rules! settings_of_tokens {
    () => {
        /// The canonical URI of the server: advertised to clients, mounted (its path), and expected as
        /// the audience of every token (RFC 8707 §2, RFC 9728 §1.2). It comes from here and never from a request.
        ///
        /// It is the URL that is given to clients, to the byte: `https://mcp.example.com/mcp`, usually. One
        /// without a path is served at `/` and nowhere else, and a slash at the end is a part of it.
        ///
        /// ```
        /// use mcp_authz::Server;
        ///
        /// let builder = Server::builder("mail").resource("https://mcp.example.com/mcp");
        /// ```
        pub fn resource(mut self, uri: impl Into<String>) -> Self {
            self.settings.resource = Some(uri.into());
            self
        }

        /// An authorization server whose tokens are accepted. Its URL is enough: keys are discovered
        /// (RFC 8414, OpenID Connect Discovery), cached and rotated. Call it again for another one; keys are never
        /// shared between them.
        ///
        /// ```
        /// use mcp_authz::{Algorithm, Issuer, Server};
        ///
        /// let builder = Server::builder("mail")
        ///     .issuer("https://tenant.logto.app/oidc")
        ///     .issuer(Issuer::new("https://as.example.com").algorithms([Algorithm::Es256]));
        /// ```
        pub fn issuer(mut self, issuer: impl Into<crate::token::Issuer>) -> Self {
            self.settings.issuers.push(issuer.into());
            self
        }

        /// A verifier of your own for tokens that no configured issuer claims, such as API keys; see
        /// [`TokenVerifier`](crate::TokenVerifier).
        ///
        /// ```
        /// use mcp_authz::{AuthInfo, BearerToken, Server, TokenVerifier, VerifyError};
        ///
        /// struct ApiKeys;
        ///
        /// impl TokenVerifier for ApiKeys {
        ///     async fn verify(&self, _key: &BearerToken) -> Result<AuthInfo, VerifyError> {
        ///         Err(VerifyError::rejected("api key: unknown"))
        ///     }
        /// }
        ///
        /// // JWTs of the issuer, and keys of this server's own beside them.
        /// let builder = Server::builder("mail")
        ///     .issuer("https://tenant.logto.app/oidc")
        ///     .verifier(ApiKeys);
        /// ```
        ///
        /// # Errors
        ///
        /// Building fails with more than one: put them into one that says which of them judges a token.
        pub fn verifier(mut self, verifier: impl crate::token::TokenVerifier) -> Self {
            let verifier = ::std::sync::Arc::new(verifier);
            if self.settings.verifier.replace(verifier).is_some() {
                self.settings.said_again.push("verifier");
            }
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

        /// Treats an authorization server that cannot be reached at the start as an error. Without it the
        /// server starts, says so in what it prints and in the log, and answers 503 until it can reach it.
        ///
        /// ```
        /// use mcp_authz::{Server, ServerBuilder};
        ///
        /// /// A new version that cannot reach the issuer does not take the place of the old one.
        /// fn server() -> ServerBuilder {
        ///     Server::builder("mail").issuer("https://tenant.logto.app/oidc").eager()
        /// }
        /// ```
        pub fn eager(mut self) -> Self {
            self.settings.eager = true;
            self
        }

        /// Adds to the HTTP client that talks to authorization servers: a proxy, root certificates.
        ///
        /// What bounds it (no redirects, 5 s, 256 KiB, private addresses refused, nothing that is
        /// sent in the log) is set afterwards and stays.
        ///
        /// Proxies of the environment (`HTTPS_PROXY`) are not used: write them here. A proxy resolves names
        /// itself, so behind one only the addresses that stand in URLs are checked. A proxy that is itself at a
        /// private address is reached by its number, or by its name for issuers with
        /// [`allow_private_addresses`](crate::Issuer::allow_private_addresses).
        /// Each call adds to those before.
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
            self.settings.customize(::std::sync::Arc::new(customize));
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
        /// Building fails without an algorithm, without room for a single proof, and where it is called
        /// twice.
        #[cfg(feature = "dpop")]
        #[cfg_attr(docsrs, doc(cfg(feature = "dpop")))]
        pub fn dpop(mut self, dpop: crate::token::Dpop) -> Self {
            if self.settings.dpop.replace(dpop).is_some() {
                self.settings.said_again.push("dpop");
            }
            self
        }
    };
}

pub(in crate::server) use settings_of_tokens;
