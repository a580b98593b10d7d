//! What `testing` has to know of an issuer that it plays.

use url::Url;

use super::{Algorithm, ClientAuth, Issuer, TokenExchange};
#[cfg(feature = "logto")]
use crate::World;
use crate::dev::Asking;
use crate::scope::ScopeSet;

/// The endpoints of an issuer that were written down, each with its name at the development provider.
type Endpoints = Vec<(Url, &'static str)>;

impl Issuer {
    /// Those that are not found by the metadata.
    pub(crate) fn own_endpoints(&self) -> Endpoints {
        let Ok(issuer) = self.url() else {
            return Endpoints::new();
        };
        let introspection = self.remote.introspection.as_ref();
        let userinfo = self.remote.userinfo.as_ref();
        let exchange = self.exchange.as_ref();
        let written = [
            (self.static_jwks_uri(&issuer), "/jwks"),
            (
                introspection.and_then(|own| own.configured(&issuer)),
                "/introspect",
            ),
            (
                userinfo.and_then(|own| own.configured(&issuer).ok()?),
                "/userinfo",
            ),
            (exchange.and_then(|own| own.configured(&issuer)), "/token"),
        ];
        let written = written.into_iter();
        written
            .filter_map(|(url, name)| Some((url?, name)))
            .collect()
    }

    /// Who the server is there, when it asks about tokens and exchanges them.
    pub(crate) fn asking(&self) -> Asking {
        let introspection = self.remote.introspection.as_ref().map(|own| &own.auth);
        let exchange = self.exchange.as_ref().map(TokenExchange::auth);
        let id = |auth: Option<&ClientAuth>| auth.map_or("test", ClientAuth::client_id).to_owned();
        Asking {
            introspection: id(introspection),
            exchange: id(exchange),
        }
    }

    /// Whether others say who the person of a JWT is.
    pub(crate) fn asks_who(&self) -> bool {
        let remote = &self.remote;
        let by_userinfo = remote.userinfo.is_some() && !remote.strict_userinfo;
        #[cfg(feature = "logto")]
        let by_record = self.reads_records();
        #[cfg(not(feature = "logto"))]
        let by_record = false;
        by_userinfo || by_record
    }

    /// Whether a tenant's records say it.
    #[cfg(feature = "logto")]
    pub(crate) fn reads_records(&self) -> bool {
        self.remote.directory.is_some()
    }

    /// Has the records of its persons asked for in this world.
    #[cfg(feature = "logto")]
    pub(crate) fn move_directory(&mut self, world: &World) {
        let directory = &mut self.remote.directory;
        *directory = directory.as_ref().map(|own| own.played().in_world(world));
    }

    /// The same address at the development provider, of what is asked of the tenant whose records are read.
    #[cfg(feature = "logto")]
    pub(crate) fn of_records(&self, url: &Url) -> Option<String> {
        let directory = self.remote.directory.as_ref()?.played();
        if directory.fetches_token_at(url) {
            return Some("/token".to_owned());
        }
        let id = directory.record_at(url)?;
        Some(format!("/api/users/{id}"))
    }

    /// Accepts what the development provider signs with.
    pub(crate) fn accept_development_keys(&mut self) {
        if !self.algorithms.contains(&Algorithm::Es256) {
            self.algorithms.push(Algorithm::Es256);
        }
    }

    /// What its tokens say of these scopes and this client.
    pub(crate) fn written(
        &self,
        scopes: &ScopeSet,
        client: &str,
    ) -> serde_json::Map<String, serde_json::Value> {
        self.claims.written(scopes, client)
    }

    /// The longest life that a token of it may have.
    pub(crate) fn longest_token(&self) -> Option<std::time::Duration> {
        self.claims.max_lifetime()
    }

    /// Whether it has no tokens that are signed.
    pub(crate) fn is_opaque_only(&self) -> bool {
        self.opaque_only
    }
}
