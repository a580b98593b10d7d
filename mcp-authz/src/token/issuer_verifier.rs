//! One issuer at one resource: its JWTs, its opaque tokens, and what it says of their persons.

use std::sync::Arc;

use futures_util::FutureExt as _;
use url::Url;

use super::asking::{Answer, Asking};
use super::cache::TokenHash;
use super::claims::ClaimRules;
use super::discovery::Failure;
use super::documents::Documents;
use super::endpoint::Endpoint;
use super::enrichment::Enrichment;
use super::exchange::{Exchanger, Reuse};
use super::introspection::Introspector;
use super::jose::Jws;
use super::jwt::JwtVerifier;
use super::userinfo::{Enricher, UserinfoEndpoint};
use super::verifiers::Unverified;
use super::wants::Keys;
use super::{Issuer, Reject, UserinfoAlone, Verified, VerifyError};
use crate::World;
use crate::auth_info::AuthInfo;
use crate::bearer::BearerToken;
use crate::clock::Moment;
use crate::danger::Opaque;

/// Verifies the tokens of one issuer. Rules, keys and memory are its own, shared with no other.
pub(crate) struct IssuerVerifier {
    rules: Arc<ClaimRules>,
    documents: Arc<Documents>,
    jwt: JwtVerifier,
    opaque: Option<Question<Judge>>,
    enrichment: Option<Question<Enrichment>>,
    exchanger: Option<Arc<Exchanger>>,
}

/// Something to ask, and what was answered.
struct Question<T> {
    what: Arc<T>,
    asking: Arc<Asking>,
}

/// Who says what an opaque token is worth.
///
/// Introspection and what userinfo adds to it are one answer: what the one takes back must not live on
/// in what is remembered of the other.
enum Judge {
    Introspection(Introspector, Option<Arc<Enricher>>),
    Userinfo(UserinfoAlone, UserinfoEndpoint),
}

impl IssuerVerifier {
    /// `url` is the issuer's identifier, `audiences` what names the resource itself.
    pub(crate) fn new(issuer: Issuer, url: Url, mut audiences: Vec<String>, world: &World) -> Self {
        audiences.extend(issuer.audiences.iter().cloned());
        let rules = Arc::new(ClaimRules {
            issuer: issuer.identifier.clone(),
            audiences,
            accept_typ_jwt: issuer.accept_typ_jwt,
            options: issuer.claims.clone(),
            leeway: issuer.leeway,
        });
        let documents = Documents::new(&issuer, url, world.clone());
        let (remote, algorithms) = (issuer.remote.clone(), issuer.algorithms.clone());
        let exchange = issuer.exchange.clone();
        let jwt = JwtVerifier::new(
            issuer,
            Arc::clone(&rules),
            Arc::clone(&documents),
            world.clone(),
        );
        let endpoint = |name, member, configured| Endpoint {
            name,
            member,
            configured,
            documents: Arc::clone(&documents),
            keys: Arc::clone(jwt.provider()),
            algorithms: algorithms.clone(),
            world: world.clone(),
        };
        let userinfo = |configured: Result<Option<Url>, _>| {
            let configured = configured.ok().flatten();
            UserinfoEndpoint(endpoint("userinfo", "userinfo_endpoint", configured))
        };
        let enricher = remote.userinfo().map(|settings| Enricher {
            endpoint: userinfo(settings.configured(documents.url())),
            settings,
            wants_openid: remote.strict_userinfo,
        });
        let enricher = enricher.map(Arc::new);
        let for_jwts = enricher.clone().filter(|_| !remote.strict_userinfo);
        let for_jwts = for_jwts.map(Enrichment::Userinfo);
        #[cfg(feature = "logto")]
        let for_jwts = for_jwts.or(remote.directory.clone().map(Enrichment::Directory));
        let judge = match (&remote.introspection, &remote.opaque) {
            (Some(settings), _) => {
                let configured = settings.configured(documents.url());
                let introspector = Introspector {
                    settings: settings.clone(),
                    without_audience: remote.without_audience().cloned(),
                    endpoint: endpoint("introspection", "introspection_endpoint", configured),
                };
                Some(Judge::Introspection(introspector, enricher.clone()))
            }
            (None, Some(Opaque::UserinfoAlone(settings))) => {
                let endpoint = userinfo(settings.configured(documents.url()));
                Some(Judge::Userinfo(settings.clone(), endpoint))
            }
            (None, _) => None,
        };
        let exchanger = exchange.map(|settings| {
            let configured = settings.configured(documents.url());
            let endpoint = endpoint("token endpoint", "token_endpoint", configured);
            Exchanger::new(settings, rules.issuer.clone(), endpoint)
        });
        Self {
            exchanger: exchanger.map(Arc::new),
            opaque: judge.map(|judge| Question::new(Arc::new(judge), &rules, world)),
            enrichment: for_jwts.map(|more| Question::new(Arc::new(more), &rules, world)),
            documents,
            jwt,
            rules,
        }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.rules.issuer
    }

    /// What it said of a token, under its name.
    pub(super) fn judged(
        &self,
        outcome: Result<AuthInfo, VerifyError>,
    ) -> Result<Verified, Unverified<'_>> {
        let verified = outcome.map(|caller| Verified::by(self, caller));
        verified.map_err(|error| Unverified {
            issuer: Some(self.issuer()),
            error,
        })
    }

    /// Whether it judges tokens that are no JWTs.
    pub(crate) fn takes_opaque(&self) -> bool {
        self.opaque.is_some()
    }

    /// Who exchanges its tokens, where the author asked for that.
    pub(super) fn exchanger(&self) -> Option<Arc<Exchanger>> {
        self.exchanger.clone()
    }

    /// The caller of a token seen before: no waiting, no parsing.
    pub(crate) fn cached(&self, token: TokenHash, now: Moment) -> Option<AuthInfo> {
        let Some(caller) = self.jwt.cached(token, now) else {
            return self.opaque.as_ref()?.asking.known(token, now);
        };
        match &self.enrichment {
            Some(enrichment) => enrichment.asking.known(token, now),
            None => Some(caller),
        }
    }

    /// The caller of a JWT that names this issuer.
    pub(crate) async fn verify_jwt(
        &self,
        token: &BearerToken,
        jws: Jws<'_>,
    ) -> Result<AuthInfo, VerifyError> {
        let hash = TokenHash::of(token.as_bytes());
        let caller = self.jwt.verify(hash, jws).await?;
        let Some(Question { what, asking }) = &self.enrichment else {
            return Ok(caller);
        };
        let ask = || {
            let (more, rules, token) = (Arc::clone(what), Arc::clone(&self.rules), token.clone());
            async move { more.add_to(caller, token.expose(), &rules).await }.boxed()
        };
        asking.ask(hash, ask).await
    }

    /// The caller of an opaque token.
    pub(crate) async fn verify_opaque(&self, token: &BearerToken) -> Result<AuthInfo, VerifyError> {
        let Some(Question { what, asking }) = &self.opaque else {
            return Err(Reject("token: opaque, and the issuer's are not").into());
        };
        let ask = || {
            let (judge, rules, token) = (Arc::clone(what), Arc::clone(&self.rules), token.clone());
            async move { judge.ask(token.expose(), &rules).await }.boxed()
        };
        asking.ask(TokenHash::of(token.as_bytes()), ask).await
    }

    /// Asks the issuer for its documents, at start-up: those that are needed.
    pub(crate) async fn check(&self) -> Vec<Failure> {
        let (wants, mut found) = (self.documents.wants(), Vec::new());
        let mut names_keys = false;
        if wants.needs_endpoints() {
            match self.documents.read().await {
                Ok(known) => {
                    let (metadata, _) = &*known;
                    found = wants.missing(metadata, self.documents.url());
                    names_keys = metadata.document().contains_key("jwks_uri");
                }
                Err(failure) => return vec![failure],
            }
        }
        let needs_keys = match wants.keys {
            Keys::Always => true,
            // Otherwise whether it has keys shows with its first JWT.
            Keys::IfNamed => names_keys,
            // Its metadata, which clients need, where nothing else reads that.
            Keys::Never => self.opaque.is_none(),
        };
        if needs_keys {
            found.extend(self.jwt.check().await.err());
        }
        #[cfg(feature = "logto")]
        if let Some(Enrichment::Directory(directory)) = self.enrichment() {
            found.extend(directory.check().await.err());
        }
        found
    }

    /// Forgets what was found out about one token.
    pub(super) fn forget(&self, token: TokenHash) {
        self.jwt.memory().forget(token);
        self.asking().for_each(|asking| asking.forget(token));
        if let Some(reuse) = self.reuse() {
            reuse.forget(token);
        }
    }

    /// Forgets what was found out about all tokens of one person.
    pub(super) fn forget_subject(&self, subject: &str) {
        let issuer = self.issuer();
        self.jwt.memory().forget_subject(issuer, subject);
        self.asking()
            .for_each(|asking| asking.forget_subject(issuer, subject));
        if let Some(reuse) = self.reuse() {
            reuse.forget_subject(subject);
        }
    }

    fn reuse(&self) -> Option<&Reuse> {
        self.exchanger.as_ref()?.reuse()
    }

    #[cfg(feature = "logto")]
    fn enrichment(&self) -> Option<&Enrichment> {
        self.enrichment.as_ref().map(|question| &*question.what)
    }

    fn asking(&self) -> impl Iterator<Item = &Asking> {
        let opaque = self.opaque.as_ref().map(|question| &*question.asking);
        let enrichment = self.enrichment.as_ref().map(|question| &*question.asking);
        opaque.into_iter().chain(enrichment)
    }
}

impl<T> Question<T> {
    fn new(what: Arc<T>, rules: &Arc<ClaimRules>, world: &World) -> Self {
        Self {
            what,
            asking: Asking::new(Arc::clone(rules), world.clone()),
        }
    }
}

impl Judge {
    async fn ask(&self, token: &str, rules: &ClaimRules) -> Answer {
        let (introspector, enricher) = match self {
            Self::Introspection(introspector, enricher) => (introspector, enricher),
            Self::Userinfo(alone, endpoint) => return alone.ask(endpoint, token, rules).await,
        };
        let (caller, lifetime) = introspector.ask(token, rules).await?;
        let Some(enricher) = enricher.as_ref().filter(|one| one.answers(&caller)) else {
            return Ok((caller, lifetime));
        };
        let (caller, added_for) = enricher.enrich(token, caller, rules).await?;
        Ok((caller, lifetime.min(added_for)))
    }
}
