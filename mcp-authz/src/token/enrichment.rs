//! What others know of a verified token's person, added to what the token says.

#[cfg(feature = "logto")]
use std::fmt;
use std::sync::Arc;
#[cfg(feature = "logto")]
use std::time::Duration;

#[cfg(feature = "logto")]
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
#[cfg(feature = "logto")]
use url::Url;

#[cfg(feature = "logto")]
use super::VerifyError;
use super::asking::Answer;
use super::claims::ClaimRules;
#[cfg(feature = "logto")]
pub(crate) use super::discovery::Failure;
use super::userinfo::Enricher;
#[cfg(all(feature = "logto", feature = "testing"))]
use crate::World;
use crate::auth_info::AuthInfo;

/// Who knows the persons of an issuer, where neither its tokens nor its userinfo tell of them.
#[cfg(feature = "logto")]
pub(crate) trait Directory: fmt::Debug + Send + Sync {
    /// What is known of the caller's person, as claims and whoever may see them; none where the caller
    /// is no person.
    ///
    /// # Errors
    ///
    /// Rejected where there is no such person, or none who may come in.
    fn look_up<'a>(&'a self, caller: &'a AuthInfo) -> BoxFuture<'a, Found>;

    /// How long what it says is believed.
    fn cached_for(&self) -> Duration;

    /// What is wrong with it for this issuer, in sentences that say what to write instead.
    fn problems(&self, issuer: &Url) -> Vec<String>;

    /// Whether it can be asked, at start-up.
    fn check(&self) -> BoxFuture<'_, Result<(), Failure>>;

    /// The same for `testing`.
    #[cfg(feature = "testing")]
    fn played(&self) -> &dyn Played;
}

/// What `testing` has to know of a directory, to answer in its place.
#[cfg(all(feature = "logto", feature = "testing"))]
pub(crate) trait Played {
    /// The directory with another clock and network.
    fn in_world(&self, world: &World) -> Arc<dyn Directory>;

    /// Whether a token to ask with is fetched there.
    fn fetches_token_at(&self, url: &Url) -> bool;

    /// Whose record is at this address, if one is.
    fn record_at(&self, url: &Url) -> Option<String>;
}

/// What a directory knows.
#[cfg(feature = "logto")]
pub(crate) type Found = Result<Option<Map<String, Value>>, VerifyError>;

/// Who adds to the claims of JWTs.
pub(super) enum Enrichment {
    Userinfo(Arc<Enricher>),
    #[cfg(feature = "logto")]
    Directory(Arc<dyn Directory>),
}

impl Enrichment {
    /// The caller with what is known besides.
    pub(super) async fn add_to(&self, caller: AuthInfo, token: &str, rules: &ClaimRules) -> Answer {
        match self {
            Self::Userinfo(enricher) => enricher.enrich(token, caller, rules).await,
            #[cfg(feature = "logto")]
            Self::Directory(directory) => {
                let caller = match directory.look_up(&caller).await? {
                    // It knows everything: what the scopes do not stand for stays there.
                    Some(known) => merge(&caller, caller.shared_of(&known)),
                    None => caller,
                };
                Ok((caller, directory.cached_for()))
            }
        }
    }
}

/// The caller with more claims; what the token itself says stands.
pub(super) fn merge(caller: &AuthInfo, more: Map<String, Value>) -> AuthInfo {
    let mut claims = caller.claims().clone();
    for (name, value) in more {
        if !DECIDING.contains(&name.as_str()) {
            claims.entry(name).or_insert(value);
        }
    }
    caller.with_claims(claims)
}

/// What a token says about itself (RFC 7519 §4.1, RFC 9068 §2.2, RFC 8693 §4, RFC 9470 §6.2): no other
/// document can say it.
const DECIDING: [&str; 17] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "scope",
    "scp",
    "client_id",
    "azp",
    "cnf",
    "act",
    "may_act",
    "auth_time",
    "acr",
    "amr",
];
