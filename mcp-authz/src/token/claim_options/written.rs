//! The other direction, for `testing`: what tokens of an issuer say of a scope and a client.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{ClaimOptions, ScopeSource};
use crate::scope::ScopeSet;

impl ClaimOptions {
    /// The claims from which these scopes and this client are read.
    pub(crate) fn written(&self, scopes: &ScopeSet, client: &str) -> Map<String, Value> {
        let mut claims = Map::new();
        for (claim, value) in &self.required {
            claim.put(&mut claims, value.clone());
        }
        if let Some(name) = self.client_id.first() {
            claims.insert(name.clone(), client.into());
        }
        let without_prefix = scopes.iter().map(|scope| {
            let scope = scope.as_str();
            scope.strip_prefix(&self.scope_prefix).unwrap_or(scope)
        });
        let scopes: Vec<&str> = without_prefix.collect();
        match self.scopes.first() {
            Some(ScopeSource::Claim(claim)) => claim.put(&mut claims, scopes.into()),
            _ => drop(claims.insert("scope".to_owned(), scopes.join(" ").into())),
        }
        claims
    }

    /// The longest life of a token.
    pub(crate) fn max_lifetime(&self) -> Option<Duration> {
        self.max_lifetime
    }
}
