//! What an issuer is asked about a token, by the author's choice.

#[cfg(feature = "logto")]
use std::sync::Arc;

use url::Url;

#[cfg(feature = "logto")]
use super::enrichment::Directory;
use super::{Introspection, Issuer, Userinfo};
use crate::danger::{Opaque, OpaqueTokens, WithoutAudience};

/// What is asked, and where it is settled what the answer must say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remote {
    pub(super) introspection: Option<Introspection>,
    pub(super) opaque: Option<Opaque>,
    pub(super) userinfo: Option<Userinfo>,
    /// Its userinfo answers opaque tokens with the scope `openid`, and refuses all others.
    pub(super) strict_userinfo: bool,
    /// Who knows the persons of its JWTs.
    #[cfg(feature = "logto")]
    pub(super) directory: Option<Arc<dyn Directory>>,
}

/// Tokens that are not signed, and claims that are not in the token.
impl Issuer {
    /// Accepts opaque tokens of this issuer, and asks its introspection endpoint about each
    /// (RFC 7662). Its JWTs are verified by its keys as before.
    ///
    /// One issuer of a server at most can accept opaque tokens: nobody can tell from such a token
    /// whose it is, and two would be shown each other's.
    ///
    /// ```
    /// use mcp_authz::{ClientAuth, Issuer};
    ///
    /// # let secret = "s3cret";
    /// let issuer = Issuer::new("https://as.example.com")
    ///     .introspection(ClientAuth::secret_basic("mcp-server", secret));
    /// ```
    pub fn introspection(mut self, introspection: impl Into<Introspection>) -> Self {
        self.remote.introspection = Some(introspection.into());
        self
    }

    /// Accepts opaque tokens with less certainty than an audience gives; see [`danger`](crate::danger)
    /// for what each way costs.
    ///
    /// ```
    /// use mcp_authz::{ClientAuth, Issuer, danger};
    ///
    /// # let secret = "s3cret";
    /// // A provider whose introspection names the client, but no audience.
    /// let issuer = Issuer::new("https://tenant.logto.app/oidc")
    ///     .introspection(ClientAuth::secret_basic("mcp-server", secret))
    ///     .opaque_tokens(danger::without_audience(["smartmail"]));
    /// ```
    pub fn opaque_tokens(mut self, how: impl Into<OpaqueTokens>) -> Self {
        self.remote.opaque = Some(how.into().0);
        self
    }

    /// Adds what the issuer's userinfo says to the claims of verified tokens; see [`Userinfo`].
    ///
    /// ```
    /// use mcp_authz::{Issuer, Userinfo};
    ///
    /// let issuer = Issuer::new("https://as.example.com").userinfo(Userinfo::new());
    /// ```
    pub fn userinfo(mut self, userinfo: Userinfo) -> Self {
        self.remote.userinfo = Some(userinfo);
        self
    }

    /// Asks this one who the persons of its JWTs are.
    #[cfg(feature = "logto")]
    pub(crate) fn directory(mut self, directory: Arc<dyn Directory>) -> Self {
        self.remote.directory = Some(directory);
        self
    }
}

impl Remote {
    /// Whether opaque tokens of this issuer are accepted.
    pub(super) fn takes_opaque(&self) -> bool {
        self.introspection.is_some() || self.opaque.is_some()
    }

    /// What userinfo adds: where it tells of opaque tokens alone it is all that does, and needs no word.
    pub(super) fn userinfo(&self) -> Option<Userinfo> {
        let own = self.userinfo.clone();
        let implied = self.strict_userinfo && self.introspection.is_some();
        own.or_else(|| implied.then(Userinfo::new))
    }

    /// The clients that stand in for an audience.
    pub(super) fn without_audience(&self) -> Option<&WithoutAudience> {
        match &self.opaque {
            Some(Opaque::WithoutAudience(clients)) => Some(clients),
            _ => None,
        }
    }

    /// What is wrong with it, in sentences that say what to write instead.
    pub(super) fn problems(&self, issuer: &Url) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(introspection) = &self.introspection {
            problems.extend(introspection.problems(issuer));
        }
        if let Some(userinfo) = &self.userinfo {
            problems.extend(userinfo.problems(issuer));
            if self.strict_userinfo && self.introspection.is_none() {
                problems.push("its userinfo refuses every JWT: accept opaque tokens as well (`.introspection(..)`, `.opaque_tokens(..)`), or leave `.userinfo(..)` out and take what the token says, or what the tenant knows (`.identity_from(..)`, behind the feature `logto`)".to_owned());
            }
        }
        #[cfg(feature = "logto")]
        if let Some(directory) = &self.directory {
            problems.extend(directory.problems(issuer));
            if self.userinfo.is_some() && !self.strict_userinfo {
                problems.push(
                    "two tell who the person is: take `.userinfo(..)` or `.identity_from(..)` out"
                        .to_owned(),
                );
            }
        }
        match &self.opaque {
            None => {}
            Some(Opaque::WithoutAudience(clients)) => {
                if clients.is_empty() {
                    problems.push("without an audience somebody must stand in for it: name clients in `danger::without_audience([..])`".to_owned());
                }
                if self.introspection.is_none() {
                    problems.push("nobody says which client an opaque token was issued to: add `.introspection(..)`".to_owned());
                }
            }
            Some(Opaque::UserinfoAlone(userinfo)) => {
                problems.extend(userinfo.problems(issuer));
                if self.introspection.is_some() {
                    problems.push("introspection says more than userinfo: remove `.opaque_tokens(danger::userinfo_alone())`".to_owned());
                }
            }
        }
        problems
    }
}
