//! What was agreed: the content of a code, a refresh token and an access token.

use std::fmt;

use crate::scope::ScopeSet;

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Grant {
    /// `None` where a client acts for itself.
    pub(super) user: Option<String>,
    pub(super) client_id: String,
    pub(super) scopes: ScopeSet,
    /// The API that the tokens are for (RFC 8707).
    pub(super) resource: Option<String>,
    /// The id of the consent that it stands on; `None` where nobody was asked.
    pub(super) consent: Option<String>,
    /// When the person signed in.
    pub(super) auth_time: Option<u64>,
    /// What that sign-in counts as (OpenID Connect Core §2).
    pub(super) acr: Option<String>,
    /// Goes into the ID token as it came (OpenID Connect Core §3.1.2.1).
    pub(super) nonce: Option<String>,
}

impl Grant {
    /// `sub`: the person, or the client that acts for itself (RFC 9068 §2.2).
    pub(super) fn subject(&self) -> &str {
        self.user.as_deref().unwrap_or(&self.client_id)
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("user", &self.user)
            .field("client_id", &self.client_id)
            .field("scopes", &self.scopes)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}
