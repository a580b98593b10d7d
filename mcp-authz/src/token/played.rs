//! What `testing` has to know of an issuer that it plays.

use url::Url;

use super::{Algorithm, Issuer};
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
