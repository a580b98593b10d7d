//! Asks the issuer what a token is worth (RFC 7662, RFC 9701).

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::asking::Answer;
use super::claims::ClaimRules;
use super::endpoint::{self, Endpoint, Form};
use super::jose::Typ;
use super::{ClientAuth, Reject, VerifyError, possession};
use crate::auth_info::AuthInfo;
use crate::danger::WithoutAudience;

/// How long an answer is believed at most: so long may a revoked token work.
const MAX_CACHED: Duration = Duration::from_secs(5 * 60);

/// How this server asks an issuer about opaque tokens (RFC 7662).
///
/// The issuer's metadata says where. A token must be `active`, not over, of this issuer, and issued
/// for this resource: an answer without `aud` is refused (see
/// [`danger::without_audience`](crate::danger::without_audience) for providers that give none).
/// Trouble at the endpoint is answered with 503 and logs nobody out.
///
/// ```
/// use mcp_authz::{ClientAuth, Introspection, Issuer};
///
/// # let secret = "s3cret";
/// let issuer = Issuer::new("https://as.example.com").introspection(
///     Introspection::new(ClientAuth::secret_basic("mcp-server", secret))
///         .cache_for(std::time::Duration::from_secs(10)),
/// );
/// ```
///
/// Signed tokens (JWTs) are verified by the issuer's keys and never asked about.
#[derive(Clone, Debug)]
#[must_use]
pub struct Introspection {
    pub(crate) auth: ClientAuth,
    endpoint: Option<String>,
    cached_for: Duration,
    signed: bool,
}

impl Introspection {
    /// Asks as this client: the endpoint wants to know who does (RFC 7662 §2.1).
    pub fn new(auth: ClientAuth) -> Self {
        Self {
            auth,
            endpoint: None,
            cached_for: Duration::from_secs(60),
            signed: false,
        }
    }

    /// Asks here instead of where the issuer's metadata says. https, no redirects.
    ///
    /// ```
    /// use mcp_authz::{ClientAuth, Introspection, Issuer};
    ///
    /// # let secret = "s3cret";
    /// let introspection = Introspection::new(ClientAuth::secret_basic("mcp-server", secret))
    ///     .endpoint("https://as.example.com/oauth2/introspect");
    /// let issuer = Issuer::new("https://as.example.com").introspection(introspection);
    /// ```
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// How long an answer is believed: 60 seconds by default, 5 minutes at most, and never beyond
    /// the token's own end. So long may a revoked token go on working; zero asks every time. See
    /// [`TokenCache`](crate::TokenCache) for ending it at once.
    pub fn cache_for(mut self, time: Duration) -> Self {
        self.cached_for = time;
        self
    }

    /// Asks for signed answers (RFC 9701), and takes no others: verified by the issuer's keys,
    /// addressed to this server's client.
    ///
    /// ```
    /// use mcp_authz::{ClientAuth, Introspection};
    ///
    /// # let secret = "s3cret";
    /// let introspection =
    ///     Introspection::new(ClientAuth::secret_basic("mcp-server", secret)).signed_replies();
    /// # let _ = introspection;
    /// ```
    pub fn signed_replies(mut self) -> Self {
        self.signed = true;
        self
    }

    /// What is wrong with it, in sentences that say what to write instead.
    pub(crate) fn problems(&self, issuer: &Url) -> Vec<String> {
        let auth = self.auth.problems().into_iter();
        let mut problems: Vec<_> = auth.map(|what| format!("introspection: {what}")).collect();
        if let Err(why) = endpoint::configured(self.endpoint.as_deref(), issuer) {
            problems.push(format!("introspection: its `.endpoint(..)`: {why}"));
        }
        if self.cached_for > MAX_CACHED {
            problems.push("introspection: answers are cached for more than 5 minutes: a revoked token would work as long".to_owned());
        }
        problems
    }

    pub(super) fn has_endpoint(&self) -> bool {
        self.endpoint.is_some()
    }

    /// Whether the issuer's keys are needed for its answers.
    pub(super) fn wants_signatures(&self) -> bool {
        self.signed
    }

    /// The author's own address.
    pub(super) fn configured(&self, issuer: &Url) -> Option<Url> {
        endpoint::configured(self.endpoint.as_deref(), issuer)
            .ok()
            .flatten()
    }
}

impl From<ClientAuth> for Introspection {
    fn from(auth: ClientAuth) -> Self {
        Self::new(auth)
    }
}

/// The introspection endpoint of one issuer, asked for one resource.
pub(super) struct Introspector {
    pub(super) settings: Introspection,
    pub(super) without_audience: Option<WithoutAudience>,
    pub(super) endpoint: Endpoint,
}

impl Introspector {
    /// Asks about `token`.
    pub(super) async fn ask(&self, token: &str, rules: &ClaimRules) -> Answer {
        let request = self.request(token, rules).await?;
        let answer = self.endpoint.send(request).await?;
        let claims = match (self.endpoint.accept(&answer)?, self.settings.signed) {
            (Form::Json, false) => self.endpoint.json(answer.body())?,
            (Form::Jwt, true) => self.open(answer.body(), rules).await?,
            // Taking what comes would let whoever stands between drop the signature.
            (Form::Json, true) => return Err(self.endpoint.useless("its answer is not signed")),
            (Form::Jwt, false) => {
                return Err(self.endpoint.useless(
                    "its answer is signed: write `Introspection::new(..).signed_replies()`",
                ));
            }
        };
        let now = self.endpoint.world.clock.wall();
        let caller = check(claims, rules, self.without_audience.as_ref(), now)?;
        Ok((caller, self.settings.cached_for))
    }

    async fn request(
        &self,
        token: &str,
        rules: &ClaimRules,
    ) -> Result<Request<Bytes>, VerifyError> {
        let url = self.endpoint.url().await?;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token);
        form.append_pair("token_type_hint", "access_token");
        let now = self.endpoint.world.clock.wall();
        let proof = self.settings.auth.prove(&mut form, &rules.issuer, now);
        let proof = proof.map_err(|why| self.endpoint.useless(why))?;
        let accept = match self.settings.signed {
            true => "application/token-introspection+jwt",
            false => "application/json",
        };
        let mut request = Request::post(url.as_str())
            .header(ACCEPT, HeaderValue::from_static(accept))
            .header(
                CONTENT_TYPE,
                HeaderValue::from_static("application/x-www-form-urlencoded"),
            );
        if let Some(proof) = proof {
            request = request.header(AUTHORIZATION, proof);
        }
        request
            .body(Bytes::from(form.finish()))
            .map_err(|_| self.endpoint.useless("its address cannot be asked"))
    }

    /// A signed answer (RFC 9701 §5): by this issuer, to this server's client.
    async fn open(
        &self,
        body: &[u8],
        rules: &ClaimRules,
    ) -> Result<Map<String, Value>, VerifyError> {
        let mut claims = self.endpoint.verified(body, Typ::Introspection).await?;
        if claims.get("iss").and_then(Value::as_str) != Some(&rules.issuer) {
            return Err(self.endpoint.useless("iss: signed for another issuer"));
        }
        let client = self.settings.auth.client_id();
        if !names(claims.get("aud"), |one| one == client) {
            return Err(self.endpoint.useless("aud: addressed to another server"));
        }
        rules
            .answered(&claims, self.endpoint.world.clock.wall())
            .map_err(|why| self.endpoint.useless(why.0))?;
        match claims.remove("token_introspection") {
            Some(Value::Object(reply)) => Ok(reply),
            _ => Err(self.endpoint.useless("token_introspection: not an object")),
        }
    }
}

/// Whether one of the strings in `aud` is the one looked for.
pub(super) fn names(aud: Option<&Value>, is: impl Fn(&str) -> bool) -> bool {
    match aud {
        Some(Value::String(one)) => is(one),
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).any(is),
        _ => false,
    }
}

/// What the answer says about the token must be good in every respect (RFC 7662 §2.2, §4).
fn check(
    mut claims: Map<String, Value>,
    rules: &ClaimRules,
    without_audience: Option<&WithoutAudience>,
    now: SystemTime,
) -> Result<AuthInfo, Reject> {
    if claims.remove("active") != Some(Value::Bool(true)) {
        return Err(Reject("introspection: not active"));
    }
    let is_access_token = check_kind(&claims)?;
    if claims
        .get("iss")
        .is_some_and(|iss| iss.as_str() != Some(&rules.issuer))
    {
        return Err(Reject("introspection: iss: not the configured issuer"));
    }
    let expires_at = rules.lifetime(&claims, now)?;
    rules.options.check_required(&claims)?;
    let audience = rules.audience(&claims, without_audience)?;
    // A refresh token is active as well, has the same client, and no `token_type`.
    if audience.is_empty() && !is_access_token {
        return Err(Reject(
            "introspection: neither an audience nor a `token_type` says that this is an access token",
        ));
    }
    rules.caller(claims, audience, expires_at)
}

/// An access token, as far as the answer says what it is, and one that a bearer may use; returns
/// whether it says so.
fn check_kind(claims: &Map<String, Value>) -> Result<bool, Reject> {
    possession::check_confirmation(claims)?;
    let mut stated = false;
    // `token_type`: RFC 7662 section 2.2 (some write what RFC 7009 calls it). `token_use`: Hydra,
    // Cognito. `typ`: Keycloak.
    for (name, access) in [
        (
            "token_type",
            &["bearer", "access_token", "access token"][..],
        ),
        ("token_use", &["access", "access_token"]),
        ("typ", &["bearer", "at+jwt", "application/at+jwt"]),
    ] {
        let good = |kind: &str| {
            let kind = kind.to_ascii_lowercase();
            // RFC 9449 section 6.2: only with the key that it is bound to.
            access.contains(&kind.as_str()) || (kind == "dpop" && claims.contains_key("cnf"))
        };
        match claims.get(name) {
            None => {}
            Some(kind) if kind.as_str().is_some_and(good) => stated = true,
            Some(_) => return Err(Reject("introspection: not a bearer access token")),
        }
    }
    if ["at_hash", "c_hash", "s_hash", "events"]
        .iter()
        .any(|name| claims.contains_key(*name))
    {
        return Err(Reject("introspection: an ID or event token, by its claims"));
    }
    Ok(stated)
}
