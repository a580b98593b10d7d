//! Stage 2: a bearer token becomes an [`AuthInfo`](crate::AuthInfo).

use std::time::Duration;

use crate::auth_info::AuthInfo;
use crate::bearer::BearerToken;

/// Why a token did not become a caller: never a yes or no, always one of two.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The token is not good here: 401 `invalid_token`. The text goes to the operator's log only.
    #[error("token rejected: {0}")]
    Rejected(String),
    /// Nobody can say right now: 503 with `Retry-After`, so that an outage logs nobody out.
    #[error("verification unavailable: {reason}")]
    Unavailable {
        /// For the operator's log.
        reason: String,
        /// When to come back.
        retry_after: Duration,
    },
}

/// Verifies a bearer token: the seam for token formats of your own.
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
