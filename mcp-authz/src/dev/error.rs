//! What can go wrong: at the start for the developer, and later for an OAuth client.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::error::ConfigError;

/// Why the provider did not start, or did not sign.
///
/// Needs the feature `dev-server`.
///
/// `Debug` prints what `Display` does: it is what a `main` that returns the error shows.
///
/// ```
/// use mcp_authz::dev::{AuthorizationServer, Error};
///
/// # #[tokio::main] async fn main() {
/// let refused = AuthorizationServer::builder().bind("0.0.0.0:0").start().await;
/// assert!(matches!(refused, Err(Error::NotLoopback(_))));
/// # }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It signs anybody in, so it must not be reachable from other machines.
    #[error(
        "{0} is not a loopback address: the development provider binds to 127.0.0.1 or ::1 only"
    )]
    NotLoopback(SocketAddr),
    /// The configuration is wrong; lists everything that is.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The socket could not be bound.
    #[error("cannot bind the development provider: {0}")]
    Io(#[from] std::io::Error),
    /// No key could be made, or no token signed.
    #[error("cannot make or use a signing key: {0}")]
    Signing(String),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error {
    /// Whatever the cryptographic library says: its types are no part of the interface.
    pub(crate) fn signing(error: impl fmt::Display) -> Self {
        Self::Signing(error.to_string())
    }
}

/// An OAuth error (RFC 6749 §4.1.2.1 and §5.2): a JSON body, or the query of a redirect.
#[derive(Clone, Debug)]
pub(super) struct OAuthError {
    pub(super) code: &'static str,
    pub(super) description: Cow<'static, str>,
    status: StatusCode,
    challenge: Option<&'static str>,
}

impl OAuthError {
    pub(super) fn new(code: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            description: description_text(description.into()),
            status: StatusCode::BAD_REQUEST,
            challenge: None,
        }
    }

    pub(super) fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new("invalid_request", description)
    }

    pub(super) fn invalid_grant(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new("invalid_grant", description)
    }

    pub(super) fn invalid_scope(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new("invalid_scope", description)
    }

    /// RFC 6749 §5.2: 401, and a challenge for the scheme that the client used.
    pub(super) fn invalid_client(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new("invalid_client", description)
            .with_status(StatusCode::UNAUTHORIZED)
            .with_challenge(r#"Basic realm="mcp-authz development provider""#)
    }

    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(super) fn with_challenge(mut self, challenge: &'static str) -> Self {
        self.challenge = Some(challenge);
        self
    }
}

/// RFC 6749 §5.2 allows printable ASCII without `"` and `\`; what is quoted from a request may hold
/// anything.
fn description_text(text: Cow<'static, str>) -> Cow<'static, str> {
    let allowed = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
    if text.chars().all(allowed) {
        return text;
    }
    let replaced = text.chars().map(|c| if allowed(c) { c } else { '\'' });
    Cow::Owned(replaced.collect())
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        tracing::error!(%error, "the development provider failed");
        Self::new("server_error", "the provider failed; its log says why")
            .with_status(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<aws_lc_rs::error::Unspecified> for OAuthError {
    fn from(error: aws_lc_rs::error::Unspecified) -> Self {
        Error::signing(error).into()
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.code, "error_description": self.description });
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_what_rfc_6749_allows() {
        let error = OAuthError::invalid_request("a \"b\" \\ é\n");
        assert_eq!(error.description, "a 'b' ' ''");
    }
}
