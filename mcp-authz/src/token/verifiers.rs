//! All verifiers of one server: which of them judges a token, and that no other does.

use std::fmt;
use std::sync::Arc;

use futures_util::future::{BoxFuture, join_all};
use serde_json::Value;
use url::Url;

use super::cache::TokenHash;
use super::discovery::Failure;
use super::issuer_verifier::IssuerVerifier;
use super::{Issuer, Reject, TokenCache, TokenVerifier, Verified, VerifyError, jose};
use crate::World;
use crate::auth_info::AuthInfo;
use crate::bearer::BearerToken;

/// A [`TokenVerifier`] behind a pointer.
pub(crate) trait DynVerifier: Send + Sync + 'static {
    fn verify_boxed<'a>(
        &'a self,
        token: &'a BearerToken,
    ) -> BoxFuture<'a, Result<AuthInfo, VerifyError>>;
}

impl<V: TokenVerifier> DynVerifier for V {
    fn verify_boxed<'a>(
        &'a self,
        token: &'a BearerToken,
    ) -> BoxFuture<'a, Result<AuthInfo, VerifyError>> {
        Box::pin(self.verify(token))
    }
}

/// Everyone who can vouch for a caller at one resource. Clones share what they remember.
#[derive(Clone)]
pub(crate) struct Verifiers {
    issuers: Arc<[IssuerVerifier]>,
    custom: Option<Arc<dyn DynVerifier>>,
    world: World,
}

/// What start-up found out about the issuers, in sentences for the operator.
#[derive(Debug, Default)]
pub(crate) struct WarmUp {
    /// May work later: a warning, or fatal where the author asked for it.
    pub(crate) unreachable: Vec<String>,
    /// Will not work as configured: fatal.
    pub(crate) wrong: Vec<String>,
}

/// Why a token did not become a caller, and by whose rules it was judged: for the operator's log.
#[derive(Debug)]
pub(crate) struct Unverified<'a> {
    /// None where no configured issuer was asked to judge it.
    pub(crate) issuer: Option<&'a str>,
    pub(crate) error: VerifyError,
}

/// For the operator's record.
impl fmt::Display for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.issuer {
            Some(issuer) => write!(f, "{issuer}: {}", self.error),
            None => self.error.fmt(f),
        }
    }
}

impl<E: Into<VerifyError>> From<E> for Unverified<'_> {
    fn from(error: E) -> Self {
        Self {
            issuer: None,
            error: error.into(),
        }
    }
}

impl Verifiers {
    /// Everything that is wrong with these issuers, each sentence saying what to write instead.
    pub(crate) fn problems(issuers: &[Issuer]) -> Vec<String> {
        let mut problems: Vec<_> = issuers.iter().flat_map(Issuer::problems).collect();
        for (index, issuer) in issuers.iter().enumerate() {
            if issuers
                .iter()
                .take(index)
                .any(|other| other.identifier == issuer.identifier)
            {
                problems.push(format!(
                    "issuer {:?} is configured twice: keep one",
                    issuer.identifier
                ));
            }
        }
        problems
    }

    /// Puts the verifiers together for `resource`, the audience that tokens must name.
    ///
    /// # Errors
    ///
    /// What [`problems`](Self::problems) says.
    pub(crate) fn new(
        issuers: Vec<Issuer>,
        custom: Option<Arc<dyn DynVerifier>>,
        resource: &str,
        world: World,
    ) -> Result<Self, Vec<String>> {
        let mut problems = Self::problems(&issuers);
        problems.extend(opaque_problems(&issuers, custom.is_some()));
        if !problems.is_empty() {
            return Err(problems);
        }
        let audiences = own_audiences(resource);
        let issuers = issuers.into_iter().filter_map(|issuer| {
            let (url, world) = (issuer.url().ok()?, issuer.world(&world));
            Some(IssuerVerifier::new(issuer, url, audiences.clone(), &world))
        });
        Ok(Self {
            issuers: issuers.collect(),
            custom,
            world,
        })
    }

    /// The handle on what is remembered.
    pub(crate) fn token_cache(&self) -> TokenCache {
        TokenCache::new(Arc::clone(&self.issuers))
    }

    /// Whether nobody can vouch for a caller.
    pub(crate) fn is_empty(&self) -> bool {
        self.issuers.is_empty() && self.custom.is_none()
    }

    /// The identifiers of the issuers, for metadata and the start print.
    pub(crate) fn issuers(&self) -> impl Iterator<Item = &str> {
        self.issuers.iter().map(IssuerVerifier::issuer)
    }

    /// The caller behind a token that was verified before: synchronous, below a microsecond.
    ///
    /// `None` says nothing about the token; ask [`identify`](Self::identify).
    pub(super) fn cached(&self, token: &BearerToken) -> Option<Verified> {
        let token = token.as_bytes();
        if self.issuers.is_empty() || token.len() > jose::MAX_TOKEN {
            return None;
        }
        let (hash, now) = (TokenHash::of(token), self.world.clock.now());
        self.issuers.iter().find_map(|issuer| {
            let caller = issuer.cached(hash, now)?;
            Some(Verified::by(issuer, caller))
        })
    }

    /// The caller behind `token`.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Rejected`] → 401, [`VerifyError::Unavailable`] → 503.
    pub(super) async fn identify<'a>(
        &'a self,
        token: &BearerToken,
    ) -> Result<Verified, Unverified<'a>> {
        let text = token.expose();
        if text.len() > jose::MAX_TOKEN {
            return Err(Reject("token: longer than 16 KiB").into());
        }
        if !self.issuers.is_empty() && jose::looks_like_jwt(text) {
            let jws = jose::parse(text)?;
            // Compared with the configuration before anything is fetched; never a URL to go to.
            let iss = jws.claims.get("iss").and_then(Value::as_str);
            if let Some(issuer) = self
                .issuers
                .iter()
                .find(|issuer| Some(issuer.issuer()) == iss)
            {
                let verified = issuer.verify_jwt(token, jws).await;
                return issuer.judged(verified);
            }
            if self.custom.is_none() {
                return Err(Reject(
                    "iss: not a configured issuer (compared byte for byte: a trailing slash counts)",
                )
                .into());
            }
        } else if let Some(issuer) = self.issuers.iter().find(|issuer| issuer.takes_opaque()) {
            let verified = issuer.verify_opaque(token).await;
            return issuer.judged(verified);
        }
        Ok(Verified::by_custom(self.verify_custom(token).await?))
    }

    async fn verify_custom(&self, token: &BearerToken) -> Result<AuthInfo, VerifyError> {
        let Some(custom) = &self.custom else {
            return Err(Reject(
                "token: opaque (or a JWT that was damaged on its way), and nobody is configured to judge opaque ones (an issuer's `.introspection(..)`, or `.verifier(..)`)",
            )
            .into());
        };
        let caller = custom.verify_boxed(token).await?;
        let now = self.world.clock.wall();
        if caller.expires_at().is_some_and(|exp| exp <= now) {
            return Err(Reject("exp: expired, by what the custom verifier says").into());
        }
        // What has an owner would belong to everybody whom the verifier calls nobody.
        if caller.subject().is_none() && caller.client_id().is_none() {
            return Err(
                Reject("sub, client_id: both missing, by what the custom verifier says").into(),
            );
        }
        Ok(caller)
    }

    /// Asks every issuer for its documents, at start-up.
    pub(crate) async fn warm_up(&self) -> WarmUp {
        let checks = self
            .issuers
            .iter()
            .map(|issuer| async move { (issuer.issuer(), issuer.check().await) });
        let mut found = WarmUp::default();
        for (issuer, failures) in join_all(checks).await {
            for failure in failures {
                match failure {
                    Failure::Unreachable(why) => found
                        .unreachable
                        .push(format!("issuer {issuer:?} cannot be reached: {why}")),
                    Failure::Wrong(why) => found.wrong.push(format!("issuer {issuer:?}: {why}")),
                }
            }
        }
        found
    }
}

/// Who judges opaque tokens must be one, and be known: nothing in such a token says whose it is.
fn opaque_problems(issuers: &[Issuer], custom: bool) -> Vec<String> {
    let mut problems = Vec::new();
    let judged = issuers.iter().filter(|issuer| issuer.remote.takes_opaque());
    let judged: Vec<_> = judged.map(|issuer| issuer.identifier.as_str()).collect();
    if judged.len() > 1 {
        problems.push(format!(
            "issuers {judged:?} all accept opaque tokens and would be shown each other's: let one of them, and JWTs for the others"
        ));
    }
    if let (true, [first, ..]) = (custom, &judged[..]) {
        problems.push(format!(
            "issuer {first:?} accepts opaque tokens and would be shown those of `.verifier(..)`: remove one of them"
        ));
    }
    if !custom {
        // Nobody could judge its tokens: every call would be refused.
        let nobody = |issuer: &&Issuer| issuer.opaque_only && !issuer.remote.takes_opaque();
        problems.extend(issuers.iter().filter(nobody).map(|issuer| {
            format!(
                "issuer {:?}: its access tokens are opaque: say who judges them with `.verifier(..)`, or with `.opaque_tokens(danger::userinfo_alone())` and what that costs",
                issuer.identifier
            )
        }));
    }
    problems
}

/// The resource as an audience: itself, and for a bare origin both of its spellings, which are one
/// URL (RFC 3986 §6.2.3). Nothing else is normalised.
fn own_audiences(resource: &str) -> Vec<String> {
    let bare = Url::parse(resource)
        .is_ok_and(|url| url.path() == "/" && url.query().is_none() && url.fragment().is_none());
    match resource.strip_suffix('/') {
        Some(without) if bare => vec![resource.to_owned(), without.to_owned()],
        None if bare => vec![resource.to_owned(), format!("{resource}/")],
        _ => vec![resource.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bare_origin_has_two_spellings() {
        assert_eq!(own_audiences("https://h"), ["https://h", "https://h/"]);
        assert_eq!(own_audiences("https://h/"), ["https://h/", "https://h"]);
        assert_eq!(own_audiences("https://h/mcp"), ["https://h/mcp"]);
        assert_eq!(own_audiences("https://h/mcp/"), ["https://h/mcp/"]);
        assert_eq!(own_audiences("https://h/?x"), ["https://h/?x"]);
        assert_eq!(own_audiences("https://h//"), ["https://h//"]);
    }

    #[test]
    fn an_issuer_is_configured_once() {
        let problems =
            Verifiers::problems(&["https://h".into(), "https://h".into(), "https://h/".into()]);
        assert_eq!(problems.len(), 1, "{problems:?}");
    }
}
