//! The gate around a handler that was written without it.

use rmcp::ServerHandler;

use super::settings::{Settings, with_settings};
use crate::gate::Rules;

/// Protects an rmcp server that exists already: the same checks, decisions and answers as for
/// annotated functions, with the rules written beside it.
///
/// ```no_run
/// use mcp_authz::{Authz, Error, Rule, Rules, rmcp::ServerHandler, scopes};
///
/// # async fn example(mail: impl ServerHandler) -> Result<(), Error> {
/// let authz = Authz::new()
///     .resource("https://mcp.example.com/mcp")
///     .issuer("https://tenant.logto.app/oidc");
/// let rules = Rules::new()
///     .tool("send", scopes!["mail:send"])
///     .tool("whoami", Rule::authenticated());
/// authz.protect(mail, rules).build().await?.serve("0.0.0.0:3001").await
/// # }
/// ```
///
/// The handler is written against rmcp itself, which stays a dependency of its crate, in the version that mcp-authz
/// has ([3.11](https://docs.rs/rmcp/3.11)): rmcp's macros are a feature that mcp-authz does not turn on.
///
/// One handler serves everybody, sessions of older revisions included: what it keeps in itself is shared,
/// unlike behind rmcp's own service, which makes one for each session.
///
/// Inside the handler, [`AuthInfo::find`](crate::AuthInfo::find) says who calls, and `AuthInfo` is an
/// extractor of rmcp's tool router.
#[derive(Clone, Default)]
#[must_use]
pub struct Authz {
    settings: Settings,
}

impl Authz {
    /// Nothing is set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts the gate around `handler`; [`build`](Protect::build) checks that `rules` and the handler
    /// speak of the same things.
    pub fn protect<H: ServerHandler>(self, handler: H, rules: Rules) -> Protect<H> {
        Protect {
            settings: self.settings,
            handler,
            rules,
        }
    }
}

with_settings!(Authz);

/// A handler and its rules, not checked yet.
///
/// ```
/// use mcp_authz::{Authz, Protect, Rules, rmcp::ServerHandler, scopes};
///
/// /// What `main` serves, and a test starts.
/// fn guarded<H: ServerHandler>(mail: H) -> Protect<H> {
///     Authz::new()
///         .resource("https://mcp.example.com/mcp")
///         .issuer("https://tenant.logto.app/oidc")
///         .protect(mail, Rules::new().tool("send", scopes!["mail:send"]))
/// }
///
/// # async fn example(mail: impl ServerHandler) -> Result<(), mcp_authz::Error> {
/// guarded(mail).serve("0.0.0.0:3001").await
/// # }
/// ```
#[must_use = "nothing is served before it is built"]
pub struct Protect<H> {
    pub(super) settings: Settings,
    pub(super) handler: H,
    pub(super) rules: Rules,
}

impl std::fmt::Debug for Authz {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authz").finish_non_exhaustive()
    }
}

impl<H> std::fmt::Debug for Protect<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Protect").finish_non_exhaustive()
    }
}
