//! The people of a tenant, and what they allowed.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::call::Call;
use super::{Error, Management};
use crate::scope::ScopeSet;

/// Somebody who can sign in.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::User;
///
/// fn called(user: &User) -> &str {
///     user.name.as_deref().or(user.username.as_deref()).unwrap_or(&user.id)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct User {
    /// Logto's id: `sub` of their tokens.
    pub id: String,
    /// The name that they sign in with.
    #[serde(default)]
    pub username: Option<String>,
    /// The name that people read.
    #[serde(default)]
    pub name: Option<String>,
    /// Their e-mail address.
    #[serde(default)]
    pub primary_email: Option<String>,
    /// Whether they were shut out.
    #[serde(default)]
    pub is_suspended: bool,
}

/// What somebody allowed an app.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::Grant;
///
/// /// Whether the person allowed this agent to send their mail.
/// fn may_send(grant: &Grant) -> bool {
///     let of_mail = grant.resource_scopes.get("https://mcp.example.com/mcp");
///     of_mail.is_some_and(|scopes| scopes.contains("mail:send"))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grant {
    /// Logto's id.
    pub id: String,
    /// The app; an https URL for one that brought a client ID metadata document.
    pub client_id: String,
    /// When they allowed it.
    pub issued_at: SystemTime,
    /// When it ends by itself.
    pub expires_at: SystemTime,
    /// The OpenID scopes among it, such as `profile`; none where Logto does not say.
    pub openid_scopes: ScopeSet,
    /// The scopes of API resources among it, by indicator.
    pub resource_scopes: BTreeMap<String, ScopeSet>,
}

/// Whose grants are asked for.
///
/// Needs the feature `logto`.
///
/// ```no_run
/// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
/// use mcp_authz::logto::GrantsOf;
///
/// let to_agents = logto.grants("4xkqs2oehfpw", GrantsOf::ThirdParty).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantsOf {
    /// Every app.
    #[default]
    All,
    /// The operator's own apps.
    FirstParty,
    /// Apps of others, those with a client ID metadata document among them.
    ThirdParty,
}

#[derive(Deserialize)]
struct Grants {
    grants: Vec<Wire>,
}

/// A grant as Logto, and the OpenID provider inside it, say it.
#[derive(Deserialize)]
struct Wire {
    id: String,
    payload: Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    client_id: String,
    iat: u64,
    exp: u64,
    #[serde(default)]
    openid: Granted,
    #[serde(default)]
    resources: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
struct Granted {
    #[serde(default)]
    scope: String,
}

impl From<Wire> for Grant {
    fn from(wire: Wire) -> Self {
        let at = |seconds| {
            let date = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
            date.unwrap_or(SystemTime::UNIX_EPOCH)
        };
        let resources = wire.payload.resources.into_iter();
        Self {
            id: wire.id,
            client_id: wire.payload.client_id,
            issued_at: at(wire.payload.iat),
            expires_at: at(wire.payload.exp),
            openid_scopes: ScopeSet::parse(&wire.payload.openid.scope),
            resource_scopes: resources
                .map(|(indicator, scope)| (indicator, ScopeSet::parse(&scope)))
                .collect(),
        }
    }
}

/// People, and what they allowed.
impl Management {
    /// Everybody: `GET /api/users`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// println!("{} people", logto.users().await?.len());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`], as for every call.
    pub async fn users(&self) -> Result<Vec<User>, Error> {
        self.list("GET /api/users", &[], None).await
    }

    /// Somebody by their id, which is `sub` of their tokens: `GET /api/users/{userId}`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// let alice = logto.user("4xkqs2oehfpw").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where there is nobody.
    pub async fn user(&self, user_id: &str) -> Result<User, Error> {
        self.ask(Call::new("GET /api/users/{userId}", &[user_id]))
            .await
    }

    /// What somebody allowed and has not taken back: `GET /api/users/{userId}/grants`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// use mcp_authz::logto::GrantsOf;
    ///
    /// for grant in logto.grants("4xkqs2oehfpw", GrantsOf::ThirdParty).await? {
    ///     println!("{} may {:?}", grant.client_id, grant.resource_scopes);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`], as for every call; a version of Logto that does not have it answers 404.
    pub async fn grants(&self, user_id: &str, of: GrantsOf) -> Result<Vec<Grant>, Error> {
        let ids = [user_id];
        let call = Call::new("GET /api/users/{userId}/grants", &ids);
        let call = match of {
            GrantsOf::All => call,
            GrantsOf::FirstParty => call.query("appType", "firstParty"),
            GrantsOf::ThirdParty => call.query("appType", "thirdParty"),
        };
        let Grants { grants } = self.ask(call).await?;
        Ok(grants.into_iter().map(Grant::from).collect())
    }

    /// Takes back what somebody allowed: `DELETE /api/users/{userId}/grants/{grantId}`.
    ///
    /// Refresh and opaque tokens of the grant end at once; a JWT is good until it ends by itself, which
    /// is why access tokens should live minutes.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let (user_id, grant_id) = ("", "");
    /// logto.revoke_grant(user_id, grant_id).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where it is none of theirs.
    pub async fn revoke_grant(&self, user_id: &str, grant_id: &str) -> Result<(), Error> {
        let ids = [user_id, grant_id];
        self.tell(Call::new(
            "DELETE /api/users/{userId}/grants/{grantId}",
            &ids,
        ))
        .await
    }
}
