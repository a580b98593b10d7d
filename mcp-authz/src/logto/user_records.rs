//! Who the person of a JWT is, by the tenant's own record.

mod claims;
#[cfg(feature = "testing")]
mod played;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use url::Url;

#[cfg(feature = "testing")]
pub(crate) use claims::record_of;

use super::call::Call;
use super::{Error, Management};
use crate::auth_info::AuthInfo;
#[cfg(feature = "testing")]
use crate::token::enrichment::Played;
use crate::token::enrichment::{Directory, Failure, Found};
use crate::token::{Issuer, VerifyError, json};

/// How long a record is believed at most: so long may somebody who is suspended go on.
const MAX_CACHED: Duration = Duration::from_secs(5 * 60);

/// When to come back, where Logto does not say.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The longest pause that a caller is told.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Longer ids are no person's: Logto makes twelve letters and digits.
const MAX_ID: usize = 64;

/// The records of a tenant's users, as a source of identity for its JWTs.
///
/// Needs the feature `logto`.
///
/// A JWT of Logto's says who the person is by an id alone, and Logto's userinfo refuses it. Either the
/// tenant's token customizer puts the claims in ([`Provisioning`](super::Provisioning) installs one), or
/// the server asks for the record: `GET /api/users/{userId}`.
///
/// ```no_run
/// # fn example(app_secret: String) -> Result<(), mcp_authz::logto::Error> {
/// use mcp_authz::Issuer;
/// use mcp_authz::logto::Management;
///
/// let management = Management::builder("https://tenant.logto.app")
///     .app("vd2kxvwp5lkmpyrhcgwlt", app_secret)
///     .build()?;
/// let issuer = Issuer::logto("https://tenant.logto.app").identity_from(management);
/// # Ok(()) }
/// ```
///
/// **What it costs.** The app's secret, which opens the whole tenant, then lies where the server runs. With
/// the customizer nothing of the kind does: prefer that where your plan of Logto has it.
///
/// **What is taken from a record** is what the token's scopes stand for, as for
/// [`consented_claims`](crate::AuthInfo::consented_claims), and nothing else gets into
/// [`claims`](crate::AuthInfo::claims):
///
/// | scope | claims |
/// |---|---|
/// | `profile` | `name`, `username`, `preferred_username`, `picture`, and the rest of Logto's profile |
/// | `email` | `email`, `email_verified` |
/// | `phone` | `phone_number`, `phone_number_verified` |
/// | `address` | `address` |
/// | `custom_data` | `custom_data`, where [asked for](Self::custom_data) |
///
/// A record does not hold the person's roles: for the scope `roles` it takes the token customizer.
///
/// It decides nothing: scopes, audience and identity are those of the token, and a claim that the token
/// has is never replaced.
///
/// **When.** Once for each token and minute (see [`cache_for`](Self::cache_for)), however many wait for it;
/// [`TokenCache`](crate::TokenCache) forgets what was found as it does everything else. While Logto does
/// not answer the call is answered with 503; somebody whom the tenant does not know, or has suspended,
/// with 401. A token that a machine-to-machine app got for itself (`sub` is its own id) has no person, and
/// nobody is asked about it. Opaque tokens are asked about at userinfo instead.
#[derive(Clone)]
#[must_use]
pub struct UserRecords {
    management: Management,
    issuer: Option<String>,
    cached_for: Duration,
    custom_data: bool,
}

impl UserRecords {
    /// Asks this tenant, which must be the issuer's own.
    pub fn new(management: Management) -> Self {
        Self {
            management,
            issuer: None,
            cached_for: Duration::from_secs(60),
            custom_data: false,
        }
    }

    /// Says that the tenant is that of this issuer, where their addresses differ: in Logto Cloud, the
    /// issuer has your domain and the Management API Logto's.
    ///
    /// An id is one person in one tenant, and somebody else or nobody in the next. So without this the
    /// endpoint must be the issuer's own, and what is written here its identifier.
    ///
    /// ```no_run
    /// # fn example(management: mcp_authz::logto::Management) {
    /// use mcp_authz::Issuer;
    /// use mcp_authz::logto::UserRecords;
    ///
    /// let records = UserRecords::new(management).of_issuer("https://login.example.com/oidc");
    /// let issuer = Issuer::logto("https://login.example.com").identity_from(records);
    /// # }
    /// ```
    pub fn of_issuer(mut self, identifier: impl Into<String>) -> Self {
        self.issuer = Some(identifier.into());
        self
    }

    /// How long a record is believed: 60 seconds by default, 5 minutes at most, and never beyond the
    /// token's own end. So long may somebody who was suspended go on; zero asks every time.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use mcp_authz::Issuer;
    /// use mcp_authz::logto::{Management, UserRecords};
    ///
    /// # fn example(management: Management) {
    /// // Whoever is suspended at Logto is out within ten seconds.
    /// let records = UserRecords::new(management).cache_for(Duration::from_secs(10));
    /// let issuer = Issuer::logto("https://tenant.logto.app").identity_from(records);
    /// # let _ = issuer; }
    /// ```
    pub fn cache_for(mut self, time: Duration) -> Self {
        self.cached_for = time;
        self
    }

    /// Takes `customData` as well, for tokens with the scope `custom_data`. It has no bound and no shape,
    /// and what an operator keeps there need not be for the agent: only where you know what is in it.
    pub fn custom_data(mut self) -> Self {
        self.custom_data = true;
        self
    }

    async fn find(&self, caller: &AuthInfo) -> Found {
        let Some(id) = caller.subject() else {
            return Ok(None);
        };
        // Of a machine: Logto names the app twice.
        if caller.client_id() == Some(id) {
            return Ok(None);
        }
        if !is_user_id(id) {
            return Err(VerifyError::rejected(
                "user record: sub: no id of a user of Logto's",
            ));
        }
        let user = self.management.user_record(id).await;
        let user = user.map_err(|error| unanswered(&error))?;
        check(&user, id)?;
        Ok(Some(claims::of(&user, self.custom_data)))
    }
}

impl From<Management> for UserRecords {
    fn from(management: Management) -> Self {
        Self::new(management)
    }
}

impl Management {
    /// All that the tenant keeps of somebody, for a caller who waits.
    async fn user_record(&self, id: &str) -> Result<Map<String, Value>, Error> {
        const ENDPOINT: &str = "GET /api/users/{userId}";
        let answer = self.send_now(&Call::new(ENDPOINT, &[id])).await?;
        let unreadable = |_| Error::unusable(ENDPOINT, "Logto's answer: no JSON object");
        json::object(answer.body()).map_err(unreadable)
    }
}

fn is_user_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.len() <= MAX_ID && !text.is_empty() && text.bytes().all(plain)
}

/// Whether a record is of this person, who may come in.
fn check(user: &Map<String, Value>, id: &str) -> Result<(), VerifyError> {
    if user.get("id").and_then(Value::as_str) != Some(id) {
        return Err(useless("user record: Logto answers with another one"));
    }
    match user.get("isSuspended") {
        Some(Value::Bool(false)) => Ok(()),
        Some(Value::Bool(true)) => Err(VerifyError::rejected("user record: suspended")),
        _ => Err(useless(
            "user record: it does not say whether the user is suspended",
        )),
    }
}

fn useless(why: &'static str) -> VerifyError {
    VerifyError::unavailable(why, RETRY_AFTER)
}

/// What an error says about the token: nothing, but where Logto knows of no such user.
fn unanswered(error: &Error) -> VerifyError {
    if error.is_gone() {
        return VerifyError::rejected("user record: the tenant knows no such user");
    }
    let Error::Refused {
        status,
        code,
        retry_after,
        ..
    } = error
    else {
        return VerifyError::unavailable(format!("user record: {error}"), RETRY_AFTER);
    };
    // Without words that may quote something: a code of Logto's is none of those.
    let plain = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_');
    let code = if code.bytes().all(plain) { code } else { "" };
    let reason = format!("user record: Logto answers {status} {code}");
    let pause = retry_after
        .unwrap_or(RETRY_AFTER)
        .clamp(RETRY_AFTER, MAX_RETRY_AFTER);
    VerifyError::unavailable(reason, pause)
}

impl Directory for UserRecords {
    fn look_up<'a>(&'a self, caller: &'a AuthInfo) -> BoxFuture<'a, Found> {
        self.find(caller).boxed()
    }

    fn cached_for(&self) -> Duration {
        self.cached_for
    }

    fn problems(&self, issuer: &Url) -> Vec<String> {
        let mut problems = Vec::new();
        let own = format!("{}/oidc", self.management.endpoint());
        let named = self.issuer.as_deref().unwrap_or(&own);
        if Url::parse(named).as_ref() != Ok(issuer) {
            problems.push(format!(
                "its users are looked up at {:?}, which is another address: ask its own tenant, or, where that is one and the same, write `UserRecords::new(..).of_issuer({:?})`",
                self.management.endpoint(),
                issuer.as_str(),
            ));
        }
        if self.cached_for > MAX_CACHED {
            problems.push("user records are cached for more than 5 minutes: somebody who is suspended could go on as long".to_owned());
        }
        problems
    }

    #[cfg(feature = "testing")]
    fn played(&self) -> &dyn Played {
        self
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Failure>> {
        async {
            let token = self.management.tokens().get().await;
            token.map(drop).map_err(|error| match &error {
                Error::Unavailable { .. } => Failure::Unreachable(error.to_string()),
                _ if super::error::passes(&error) => Failure::Unreachable(error.to_string()),
                _ => Failure::Wrong(error.to_string()),
            })
        }
        .boxed()
    }
}

impl fmt::Debug for UserRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserRecords")
            .field("management", &self.management)
            .field("issuer", &self.issuer)
            .field("cached_for", &self.cached_for)
            .field("custom_data", &self.custom_data)
            .finish()
    }
}

/// Who the person is.
#[cfg_attr(docsrs, doc(cfg(feature = "logto")))]
impl Issuer {
    /// Takes the claims of the persons of this issuer's JWTs from the records of its Logto tenant; see
    /// [`UserRecords`] for which, when, and what that costs.
    ///
    /// Needs the feature `logto`.
    ///
    /// ```no_run
    /// # fn example(management: mcp_authz::logto::Management) {
    /// use mcp_authz::Issuer;
    ///
    /// let issuer = Issuer::logto("https://tenant.logto.app").identity_from(management);
    /// # }
    /// ```
    pub fn identity_from(self, records: impl Into<UserRecords>) -> Self {
        self.directory(Arc::new(records.into()))
    }
}
