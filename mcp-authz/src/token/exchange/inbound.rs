//! What is kept of the token that a request came with, and the one thing that it is good for.

use std::fmt;
use std::panic::RefUnwindSafe;
use std::sync::Arc;

use super::{ExchangeError, ExchangedToken, Exchanger};
use crate::auth_info::AuthInfo;
use crate::scope::{InvalidScope, Scope, ScopeSet};
use crate::token::secret::Secret;

/// The token of one request, as far as it can be exchanged: it lives as long as the request and whoever
/// was called by it, and goes to the issuer that verified it.
#[derive(Clone, Debug)]
pub(crate) enum Inbound {
    Kept(Arc<Kept>),
    /// Nothing is kept, for this reason.
    Not(&'static str),
}

/// A token, and who is to see it.
pub(crate) struct Kept {
    token: Secret,
    exchanger: Arc<Exchanger>,
}

impl Inbound {
    /// The author did not ask for it, or not for tokens of whoever verified this one.
    pub(crate) const NOT_ASKED_FOR: Self = Self::Not(
        "the server keeps no token of this caller's issuer: give it `.token_exchange(..)` for that issuer",
    );

    /// RFC 9449 §5 binds a token to a key of its client. An exchange would turn it into one that is bound
    /// to none, or takes a proof of that key.
    #[cfg(feature = "dpop")]
    pub(crate) const BOUND: Self = Self::Not(
        "the caller's token is bound to a key of its client (DPoP), which this server does not have",
    );

    pub(crate) const STDIO: Self =
        Self::Not("on standard input and output no request brings a token");

    pub(crate) fn keep(token: Secret, exchanger: Arc<Exchanger>) -> Self {
        Self::Kept(Arc::new(Kept { token, exchanger }))
    }
}

/// Nothing in it is half done after a panic: it asks others, and keeps whole answers alone.
impl RefUnwindSafe for Kept {}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl AuthInfo {
    /// A token for another API, with which the function that is running acts there for its caller: the
    /// authorization server issues it in exchange for the token that this server was called with (RFC
    /// 8693), and to nobody else. The caller's own token is for this server and never passed on.
    ///
    /// `resource` is the URI of the other API (or its name; see
    /// [`TokenExchange::by_audience`](crate::TokenExchange::by_audience)); write it down, and never take it
    /// from an argument. `scopes` is what the function is about to do there; with none, the authorization
    /// server chooses. The token has all of them and no other.
    ///
    /// The server is built with
    /// [`.token_exchange(..)`](crate::ServerBuilder::token_exchange); without it no token is kept. The
    /// authorization server is asked every time, unless
    /// [`TokenExchange::reuse`](crate::TokenExchange::reuse) says otherwise: hold the token for as long as
    /// the call needs it. It is asked from a running function alone, not from a policy.
    ///
    /// ```
    /// use mcp_authz::{AuthInfo, ExchangeError, tool};
    ///
    /// /// Look into the person's calendar.
    /// #[tool(scopes = ["calendar:read"])]
    /// async fn agenda(auth: AuthInfo) -> Result<String, ExchangeError> {
    ///     let token = auth.exchange("https://calendar.example.com", ["calendar:read"]).await?;
    ///     Ok(today(token.expose()).await)
    /// }
    /// # async fn today(_: &str) -> String { String::new() }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ExchangeError`]: refused, unavailable, or not possible, which it is for a token that is bound to a
    /// key of its client (DPoP), for one that a [verifier](crate::TokenVerifier) of your own knows, and on
    /// standard input and output.
    pub async fn exchange<S: Into<String>>(
        &self,
        resource: impl AsRef<str>,
        scopes: impl IntoIterator<Item = S>,
    ) -> Result<ExchangedToken, ExchangeError> {
        let Some(call) = self.call() else {
            let why = "outside of a call there is no token";
            return Err(ExchangeError::not_possible(why));
        };
        let kept = match &call.inbound {
            Inbound::Kept(kept) => Arc::clone(kept),
            Inbound::Not(why) => return Err(ExchangeError::not_possible(why)),
        };
        let scopes = scopes
            .into_iter()
            .map(|scope| scope.into().parse::<Scope>());
        let scopes = scopes
            .collect::<Result<ScopeSet, _>>()
            .map_err(|InvalidScope| {
                ExchangeError::not_possible(
                    "a scope that is asked for is none (RFC 6749 section 3.3)",
                )
            })?;
        kept.exchanger
            .exchange(&kept.token, self, resource.as_ref(), scopes)
            .await
    }
}
