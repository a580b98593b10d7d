//! Why a function has no token for another API: three answers that must not be taken for each other.

use std::time::Duration;

use rmcp::ErrorData;
use rmcp::handler::server::tool::IntoCallToolResult;
use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock};

use crate::reply::Fault;

/// Why there is no token for another API: return it from the function, or go on without.
///
/// As the error of a tool it becomes a result that says that something failed, as the error of a prompt or
/// resource an error of the protocol. The texts are fixed: they hold nothing of a token, nor of what the
/// authorization server wrote.
///
/// ```
/// use mcp_authz::{AuthInfo, ExchangeError, tool};
///
/// /// Look into the person's calendar.
/// #[tool(scopes = ["calendar:read"])]
/// async fn agenda(auth: AuthInfo) -> Result<String, ExchangeError> {
///     match auth.exchange("https://calendar.example.com", ["calendar:read"]).await {
///         Ok(token) => Ok(format!("a token for {}", token.scopes())),
///         // The person has no calendar there, as far as this server is concerned.
///         Err(ExchangeError::Refused { code: "invalid_target", .. }) => Ok("no calendar".into()),
///         Err(error) => Err(error),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// The authorization server said no: asking again will not help.
    #[error("the authorization server does not let this server act there ({code})")]
    #[non_exhaustive]
    Refused {
        /// Its `error` code (RFC 8693 §2.2.2, RFC 6749 §5.2), as a standard names it: `invalid_target`
        /// where it issues no token for the API, `invalid_request` or `invalid_grant` where the caller's
        /// token is not good any more, `invalid_scope`, `unauthorized_client` and others.
        /// `insufficient_scope` where it gave a token with less than was asked for.
        code: &'static str,
    },
    /// Nobody can say right now, and nothing was refused. The reason is in the log.
    #[error(
        "the authorization server cannot be asked right now: try again in {} s",
        retry_after.as_secs()
    )]
    #[non_exhaustive]
    Unavailable {
        /// When to come back.
        retry_after: Duration,
    },
    /// Nobody was asked: there is no token that this server could exchange, or nothing to ask for.
    #[error("no token can be exchanged: {why}")]
    #[non_exhaustive]
    NotPossible {
        /// A fixed text for the author.
        why: &'static str,
    },
}

impl ExchangeError {
    pub(crate) const fn not_possible(why: &'static str) -> Self {
        Self::NotPossible { why }
    }
}

impl IntoCallToolResult for ExchangeError {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        Ok(CallToolResult::error(vec![ContentBlock::text(self.to_string())]).into())
    }
}

impl Fault for ExchangeError {
    fn fault(self) -> ErrorData {
        let told = self.to_string();
        match self {
            Self::Refused { .. } => ErrorData::invalid_request(told, None),
            Self::Unavailable { .. } | Self::NotPossible { .. } => {
                ErrorData::internal_error(told, None)
            }
        }
    }
}
