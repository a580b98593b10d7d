//! Who registers an agent, and whose it is afterwards.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whose an application is: recorded with it at Logto, and compared as a whole.
///
/// Needs the feature `logto`.
///
/// For the [pages](super::ClientRegistration::pages) the operator's own program says who is signed in,
/// by an extension of the request that no client can send:
///
/// ```
/// use mcp_authz::logto::Registrant;
///
/// let alice = Registrant::person("https://tenant.logto.app/oidc", "zq8f1k4w7n2p");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Registrant(Owner);

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Owner {
    Person { issuer: String, subject: String },
    InitialAccessToken(String),
    Nobody,
}

impl Registrant {
    /// A person: the issuer that knows them, and their id there (`sub`). With the issuer's own values
    /// somebody has the same applications on the pages as with an access token.
    pub fn person(issuer: impl Into<String>, subject: impl Into<String>) -> Self {
        Self(Owner::Person {
            issuer: issuer.into(),
            subject: subject.into(),
        })
    }

    /// Whoever holds the initial access token of this name.
    pub(super) fn holder(name: impl Into<String>) -> Self {
        Self(Owner::InitialAccessToken(name.into()))
    }

    /// Somebody who did not say who they are.
    pub(super) const fn nobody() -> Self {
        Self(Owner::Nobody)
    }

    pub(super) fn is_nobody(&self) -> bool {
        self.0 == Owner::Nobody
    }
}

/// As the audit log names it.
impl fmt::Display for Registrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Owner::Person { issuer, subject } => write!(f, "{subject:?} of {issuer:?}"),
            Owner::InitialAccessToken(name) => write!(f, "initial access token {name:?}"),
            Owner::Nobody => f.write_str("nobody"),
        }
    }
}
