//! What is needed for some providers and weakens a guarantee: each under a name that says so, with
//! its cost in its documentation.

/// Accepts tokens that name no audience, when they were issued to one of these clients.
///
/// **What it costs.** An audience says for *which server* a token is (RFC 8707 §2, and a MUST of
/// MCP's token handling). Without one, every token that these clients hold for this authorization
/// server works here, also one that the person gave for another purpose; and any other server that
/// such a client calls with it can call yours in the person's name. List clients that call this
/// server and nothing else, and prefer any way of having the provider name an audience.
///
/// The clients are compared byte for byte with the client that the authorization server names. An
/// empty list is an error when the server is built.
///
/// ```
/// use mcp_authz::{Issuer, danger};
///
/// let pool = Issuer::cognito("eu-central-1_AbCdEfGhI")
///     .jwt_without_audience(danger::without_audience(["6kd2l8m3example"]));
/// ```
///
/// For opaque tokens whose introspection names no audience, it goes into
/// [`Issuer::opaque_tokens`](crate::Issuer::opaque_tokens). Introspection knows refresh tokens as
/// well, so its answer must then say that it is about an access token (`token_type`, RFC 7662 §2.2).
pub fn without_audience<C: Into<String>>(clients: impl IntoIterator<Item = C>) -> WithoutAudience {
    WithoutAudience {
        clients: clients.into_iter().map(Into::into).collect(),
    }
}

/// Accepts an opaque token when the issuer's userinfo knows it, and knows nothing else about it.
///
/// **What it costs.** Most of what this library is for; see [`UserinfoAlone`].
pub fn userinfo_alone() -> UserinfoAlone {
    UserinfoAlone::new()
}

pub use crate::token::UserinfoAlone;

/// How opaque tokens are judged with less than introspection and an audience: what
/// [`Issuer::opaque_tokens`](crate::Issuer::opaque_tokens) takes.
#[derive(Clone, Debug)]
#[must_use]
pub struct OpaqueTokens(pub(crate) Opaque);

#[derive(Clone, Debug)]
pub(crate) enum Opaque {
    WithoutAudience(WithoutAudience),
    UserinfoAlone(UserinfoAlone),
}

impl From<WithoutAudience> for OpaqueTokens {
    fn from(clients: WithoutAudience) -> Self {
        Self(Opaque::WithoutAudience(clients))
    }
}

impl From<UserinfoAlone> for OpaqueTokens {
    fn from(userinfo: UserinfoAlone) -> Self {
        Self(Opaque::UserinfoAlone(userinfo))
    }
}

/// Clients that stand in for an audience; see [`without_audience`].
#[derive(Clone, Debug)]
#[must_use]
pub struct WithoutAudience {
    clients: Vec<String>,
}

impl WithoutAudience {
    pub(crate) fn is_empty(&self) -> bool {
        self.clients.is_empty() || self.clients.iter().any(String::is_empty)
    }

    pub(crate) fn contains(&self, client: &str) -> bool {
        self.clients.iter().any(|listed| listed == client)
    }
}
