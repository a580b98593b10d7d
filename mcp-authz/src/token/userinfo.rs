//! Asks the issuer what a token's person is called (OpenID Connect Core 1.0 §5.3).

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Request, StatusCode};
use serde_json::{Map, Value};
use url::Url;

use super::asking::{Answer, REFUSED_FOR};
use super::claims::ClaimRules;
use super::endpoint::{self, Endpoint, Form};
use super::enrichment;
use super::introspection::names;
use super::jose::Typ;
use super::{Reject, VerifyError};
use crate::auth_info::AuthInfo;

/// How long an answer is believed at most.
const MAX_CACHED: Duration = Duration::from_secs(5 * 60);

/// What an issuer's userinfo adds to the claims of a token that was verified already.
///
/// Many providers leave the person's name and address out of access tokens; with this they are there
/// for [`AuthInfo::claims`](crate::AuthInfo::claims) and
/// [`consented_claims`](crate::AuthInfo::consented_claims). It decides nothing: scopes, audience and
/// identity are those of the token, and a claim that the token has is never replaced. The answer
/// must name the token's own `sub`.
///
/// ```
/// use mcp_authz::{Issuer, Userinfo};
///
/// let issuer = Issuer::new("https://as.example.com").userinfo(Userinfo::new());
/// ```
///
/// While userinfo cannot be had, the call is answered with 503 (see [`optional`](Self::optional)); a
/// token that userinfo calls invalid is refused with 401. Some providers take only tokens of their
/// own there, and refuse those for an API: then there is nothing to be had this way. Where a preset knows
/// that ([`Issuer::logto`](crate::Issuer::logto)), only the others are asked about.
#[derive(Clone, Debug)]
#[must_use]
pub struct Userinfo {
    endpoint: Option<String>,
    cached_for: Duration,
    optional: bool,
}

impl Default for Userinfo {
    fn default() -> Self {
        Self::new()
    }
}

impl Userinfo {
    /// Asks where the issuer's metadata says.
    pub fn new() -> Self {
        Self {
            endpoint: None,
            cached_for: Duration::from_secs(60),
            optional: false,
        }
    }

    /// Asks here instead. https, no redirects; the token is sent there.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// How long an answer is believed: 60 seconds by default, 5 minutes at most, and never beyond
    /// the token's own end. For an opaque token
    /// [introspection](crate::Introspection::cache_for) and userinfo are asked again together, when
    /// the first of the two answers is too old.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use mcp_authz::Userinfo;
    ///
    /// let userinfo = Userinfo::new().cache_for(Duration::from_secs(300));
    /// # let _ = userinfo;
    /// ```
    pub fn cache_for(mut self, time: Duration) -> Self {
        self.cached_for = time;
        self
    }

    /// Goes on without the additional claims when they cannot be had, whatever the reason. An answer
    /// about somebody else is refused all the same.
    ///
    /// ```
    /// use mcp_authz::{Issuer, Userinfo};
    ///
    /// // A name is nice to have.
    /// let issuer = Issuer::new("https://as.example.com").userinfo(Userinfo::new().optional());
    /// ```
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// What is wrong with it, in sentences that say what to write instead.
    pub(crate) fn problems(&self, issuer: &Url) -> Vec<String> {
        let mut problems = Vec::new();
        if let Err(why) = self.configured(issuer) {
            problems.push(format!("userinfo: its `.endpoint(..)`: {why}"));
        }
        if self.cached_for > MAX_CACHED {
            problems.push("userinfo: answers are cached for more than 5 minutes".to_owned());
        }
        problems
    }

    pub(super) fn has_endpoint(&self) -> bool {
        self.endpoint.is_some()
    }

    pub(crate) fn is_optional(&self) -> bool {
        self.optional
    }

    /// The author's own address.
    pub(super) fn configured(&self, issuer: &Url) -> Result<Option<Url>, &'static str> {
        endpoint::configured(self.endpoint.as_deref(), issuer)
    }
}

/// The userinfo endpoint of one issuer.
pub(super) struct UserinfoEndpoint(pub(super) Endpoint);

impl UserinfoEndpoint {
    /// What it says to `token`. A signed answer must be addressed to a client that `is_client` knows.
    ///
    /// # Errors
    ///
    /// Rejected by 401 alone; everything else says nothing about the token.
    pub(super) async fn ask(
        &self,
        token: &str,
        rules: &ClaimRules,
        must_be_signed: bool,
        is_client: impl Fn(&str) -> bool,
    ) -> Result<Map<String, Value>, VerifyError> {
        let Self(endpoint) = self;
        let answer = endpoint.send(self.request(token).await?).await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            return Err(Reject(
                "userinfo: the issuer does not know the token (401), or shows userinfo to none that is for an API (see `Userinfo`)",
            )
            .into());
        }
        if endpoint.accept(&answer)? == Form::Json {
            return match must_be_signed {
                false => endpoint.json(answer.body()),
                true => Err(endpoint.useless("its answer is not signed")),
            };
        }
        // Section 5.3.2: iss and aud, of which the standard says SHOULD.
        let claims = endpoint.verified(answer.body(), Typ::Plain).await?;
        if claims.get("iss").and_then(Value::as_str) != Some(&rules.issuer) {
            return Err(endpoint.useless("iss: signed for another issuer"));
        }
        // RFC 7519, section 4.1.4: none of them is required, and each means what it says.
        rules
            .dates(&claims, endpoint.world.clock.wall())
            .map_err(|why| endpoint.useless(why.0))?;
        match names(claims.get("aud"), is_client) {
            true => Ok(claims),
            // Then this is what the author asked for: a token of another application.
            false if must_be_signed => {
                Err(Reject("userinfo: aud: a token of a client that is not listed").into())
            }
            false => Err(endpoint.useless("aud: not the token's client")),
        }
    }

    async fn request(&self, token: &str) -> Result<Request<Bytes>, VerifyError> {
        let Self(endpoint) = self;
        let url = endpoint.url().await?;
        let unusable = || endpoint.useless("its address cannot be asked");
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| unusable())?;
        // Shown by no HTTP library's log.
        bearer.set_sensitive(true);
        Request::get(url.as_str())
            .header(AUTHORIZATION, bearer)
            .header(
                ACCEPT,
                HeaderValue::from_static("application/json, application/jwt"),
            )
            .body(Bytes::new())
            .map_err(|_| unusable())
    }
}

/// Adds userinfo to verified callers.
pub(super) struct Enricher {
    pub(super) settings: Userinfo,
    pub(super) endpoint: UserinfoEndpoint,
    /// Whether the endpoint answers nobody without the scope `openid`.
    pub(super) wants_openid: bool,
}

impl Enricher {
    /// Whether there is anything to be had for a caller's token.
    pub(super) fn answers(&self, caller: &AuthInfo) -> bool {
        !self.wants_openid || caller.has("openid")
    }

    /// The caller with what userinfo says besides.
    pub(super) async fn enrich(&self, token: &str, caller: AuthInfo, rules: &ClaimRules) -> Answer {
        let is_client = |one: &str| caller.client_id() == Some(one);
        let asked = self.endpoint.ask(token, rules, false, is_client);
        match asked.await {
            Ok(more) => {
                let sub = more.get("sub").and_then(Value::as_str);
                // Section 5.3.2: else the answer must not be used.
                if sub.is_none() || sub != caller.subject() {
                    return Err(
                        Reject("userinfo: sub: missing, or another than the token's").into(),
                    );
                }
                Ok((enrichment::merge(&caller, more), self.settings.cached_for))
            }
            Err(why) if self.settings.optional => {
                tracing::info!(%why, "going on without userinfo");
                Ok((caller, REFUSED_FOR.min(self.settings.cached_for)))
            }
            Err(why) => Err(why),
        }
    }
}
