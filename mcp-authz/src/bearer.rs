//! Stage 1: the `Authorization` header, read strictly.

use std::fmt;

/// A bearer token as it came in (RFC 6750 §2.1): never printed, never kept.
#[derive(Clone)]
pub struct BearerToken(String);

impl BearerToken {
    pub(crate) fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token itself. It belongs into a verifier and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken([redacted])")
    }
}
