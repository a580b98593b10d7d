//! Stage 2: a bearer token becomes an [`AuthInfo`](crate::AuthInfo).
//!
//! `jose` and `json` read the token, `claims` decides what it may say; `discovery`, `documents`,
//! `jwks` and `provider` know the issuer's addresses and keys, and `jwt` puts these together. What is
//! not signed is asked about: `introspection` and `userinfo` know how, through `endpoint`, and `asking`
//! asks once for everyone; `enrichment` is what is added to a verified token; `wants` is what the metadata
//! must say for that. `issuer_verifier` is one issuer, `verifiers` one server. `exchange` gets tokens of
//! other APIs in return. `possession` decides whether to hold a token is enough, `dpop` checks
//! proofs where it is not.
//! What is special about a provider lies in `presets`.

mod algorithm;
mod asking;
mod assertion;
mod cache;
mod claim_options;
mod claim_path;
mod claims;
mod client_auth;
mod discovery;
mod documents;
#[cfg(feature = "dpop")]
mod dpop;
mod endpoint;
pub(crate) mod enrichment;
mod exchange;
mod introspection;
mod issuer;
mod issuer_verifier;
mod jose;
pub(crate) mod json;
mod jwks;
mod jwt;
mod possession;
#[cfg(feature = "testing")]
mod played;
mod presets;
mod provider;
mod remote;
mod report;
pub(crate) mod secret;
mod token_cache;
mod userinfo;
mod userinfo_alone;
mod verifiers;
mod wants;

#[cfg(test)]
mod tests;

pub use algorithm::Algorithm;
pub use client_auth::ClientAuth;
#[cfg(feature = "dpop")]
pub use dpop::Dpop;
#[cfg(feature = "dpop")]
pub(crate) use dpop::{DpopVerifier, Fault, Proven};
pub(crate) use exchange::Inbound;
pub use exchange::{ExchangeError, ExchangedToken, TokenExchange};
pub use introspection::Introspection;
pub use issuer::Issuer;
pub(crate) use possession::Verified;
pub use report::Report;
pub use token_cache::TokenCache;
pub use userinfo::Userinfo;
pub use userinfo_alone::UserinfoAlone;
pub(crate) use verifiers::{DynVerifier, Unverified, Verifiers, WarmUp};

use std::borrow::Cow;
use std::time::Duration;

use crate::auth_info::AuthInfo;
use crate::bearer::BearerToken;

/// Why a token did not become a caller: it is not good, or nobody can say right now.
///
/// The texts go to the operator's log, never to the caller: a class of reason, without anything that
/// the token held.
///
/// ```
/// use mcp_authz::VerifyError;
///
/// let error = VerifyError::rejected("api key: unknown");
/// assert_eq!(error.to_string(), "token rejected: api key: unknown");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The token is not good here: 401 `invalid_token`.
    #[error("token rejected: {0}")]
    Rejected(Cow<'static, str>),
    /// Nobody can say right now: 503 with `Retry-After`, so that an outage logs nobody out.
    #[error("verification unavailable: {reason}")]
    #[non_exhaustive]
    Unavailable {
        /// What is out of order.
        reason: Cow<'static, str>,
        /// When to come back.
        retry_after: Duration,
    },
}

impl VerifyError {
    /// The token is not good.
    #[must_use]
    pub fn rejected(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Rejected(reason.into())
    }

    /// It could not be found out; ask again after `retry_after`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use mcp_authz::VerifyError;
    ///
    /// let down = VerifyError::unavailable("api keys: no connection", Duration::from_secs(5));
    /// assert!(matches!(down, VerifyError::Unavailable { .. }));
    /// ```
    #[must_use]
    pub fn unavailable(reason: impl Into<Cow<'static, str>>, retry_after: Duration) -> Self {
        Self::Unavailable {
            reason: reason.into(),
            retry_after,
        }
    }
}

/// Why a check of ours refused a token: a fixed text that names the class and holds no value. (Two are told
/// with one: `Dates::explain`, and the key that an issuer does not have.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reject(pub(crate) &'static str);

impl From<Reject> for VerifyError {
    fn from(reject: Reject) -> Self {
        Self::Rejected(Cow::Borrowed(reject.0))
    }
}

/// Verifies bearer tokens: the seam for token formats of your own.
///
/// It judges what no configured [`Issuer`] has issued. A token that an issuer has refused never
/// comes here. It is asked at every request: what it may remember, only its author knows.
///
/// A whole server that keeps hashes of API keys in a table and compares them in constant time is
/// `examples/custom_verifier.rs` in the repository.
///
/// ```
/// use mcp_authz::{AuthInfo, BearerToken, TokenVerifier, VerifyError};
///
/// struct ApiKeys;
///
/// impl TokenVerifier for ApiKeys {
///     async fn verify(&self, token: &BearerToken) -> Result<AuthInfo, VerifyError> {
///         match look_up(token.expose()).await {
///             Some(user) => Ok(AuthInfo::builder("https://mcp.example.com/keys").subject(user).build()),
///             None => Err(VerifyError::rejected("api key: unknown")),
///         }
///     }
/// }
/// # async fn look_up(_: &str) -> Option<String> { None }
/// ```
pub trait TokenVerifier: Send + Sync + 'static {
    /// Turns `token` into the caller that it stands for.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Rejected`] when the token is not good, [`VerifyError::Unavailable`] when that
    /// could not be found out.
    fn verify(
        &self,
        token: &BearerToken,
    ) -> impl Future<Output = Result<AuthInfo, VerifyError>> + Send;
}
