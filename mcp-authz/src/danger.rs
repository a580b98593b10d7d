//! What some providers and clients need although it weakens a guarantee: each under a name that says so, with
//! what it costs.

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
///
/// ```
/// use mcp_authz::{Issuer, danger};
///
/// // Every GitHub token opens the tools that are `authenticated`, and no other tool.
/// let issuer = Issuer::github().opaque_tokens(
///     danger::userinfo_alone()
///         .endpoint("https://api.github.com/user")
///         .subject_claim("id"),
/// );
/// ```
pub fn userinfo_alone() -> UserinfoAlone {
    UserinfoAlone::new()
}

pub use crate::token::UserinfoAlone;

/// Lets anybody register agents, without saying who they are; `most` such agents at a time.
///
/// Needs the feature `logto`.
///
/// **What it costs.** Everybody on the internet makes applications in your tenant, under any name that
/// they like, also one that looks like somebody else's: people on the consent page see that name, and
/// decide by it. Nobody owns such an agent, so nobody can be asked about it, and whoever lost its
/// registration access token cannot delete it. A stranger can take all `most` places within seconds;
/// then nobody registers in this way until you delete some in the console. Those who say who they are
/// have places of their own, which this leaves alone.
///
/// It is what MCP clients need that know nothing but dynamic registration. Clients with a client ID
/// metadata document need no registration, and show a domain that is theirs.
///
/// ```
/// use mcp_authz::danger;
/// use mcp_authz::logto::{ClientRegistration, RegistrationPolicy};
///
/// let policy = RegistrationPolicy::new(["profile"]); // what a stranger may ask people for
/// let registration = ClientRegistration::builder("https://mcp.example.com/agents", policy)
///     .open(danger::open_registration(100));
/// ```
#[cfg(feature = "logto")]
#[cfg_attr(docsrs, doc(cfg(feature = "logto")))]
pub fn open_registration(most: usize) -> OpenRegistration {
    OpenRegistration { most }
}

/// Anybody may register agents; see [`open_registration`].
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::danger::{OpenRegistration, open_registration};
///
/// let at_most_a_hundred: OpenRegistration = open_registration(100);
/// ```
#[cfg(feature = "logto")]
#[cfg_attr(docsrs, doc(cfg(feature = "logto")))]
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct OpenRegistration {
    pub(crate) most: usize,
}

/// How opaque tokens are judged with less than introspection and an audience: what
/// [`Issuer::opaque_tokens`](crate::Issuer::opaque_tokens) takes.
///
/// Both of these convert:
///
/// ```
/// use mcp_authz::danger::{OpaqueTokens, userinfo_alone, without_audience};
///
/// let by_client: OpaqueTokens = without_audience(["smartmail"]).into();
/// let by_userinfo: OpaqueTokens = userinfo_alone().into();
/// ```
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
///
/// ```
/// use mcp_authz::danger::{WithoutAudience, without_audience};
///
/// let agents: WithoutAudience = without_audience(["smartmail", "calendar-sync"]);
/// ```
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
