//! The secrets that a traditional application proves itself with.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize};

use super::call::Call;
use super::{Error, Management};
use crate::token::secret::Secret;

/// A secret of an application. Its value is never printed, and wiped when dropped.
///
/// Needs the feature `logto`.
///
/// ```
/// use std::time::SystemTime;
///
/// use mcp_authz::logto::ApplicationSecret;
///
/// fn is_over(secret: &ApplicationSecret, now: SystemTime) -> bool {
///     secret.expires_at.is_some_and(|end| end <= now)
/// }
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ApplicationSecret {
    /// Its name, one of its kind in the application.
    pub name: String,
    #[serde(deserialize_with = "secret")]
    value: Secret,
    /// When it ends; never where there is none.
    #[serde(default, deserialize_with = "date")]
    pub expires_at: Option<SystemTime>,
}

impl ApplicationSecret {
    /// The secret itself: to be handed to the application's owner, and to nobody's log.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.value.expose()
    }
}

/// What [`rotate_secret`](Management::rotate_secret) did.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::Rotation;
///
/// /// What the owner is shown, once.
/// fn told(rotation: &Rotation) -> String {
///     format!("{}: {}", rotation.secret.name, rotation.secret.expose())
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "the new secret is in it"]
pub struct Rotation {
    /// The new secret.
    pub secret: ApplicationSecret,
    /// The names of the older ones, which are good no more.
    pub deleted: Vec<String>,
    /// Why an older one is still good, if one is: delete it by its name.
    pub failed: Vec<(String, Error)>,
}

fn secret<'de, D: Deserializer<'de>>(value: D) -> Result<Secret, D::Error> {
    String::deserialize(value).map(Secret::new)
}

/// Logto's dates are milliseconds.
fn date<'de, D: Deserializer<'de>>(value: D) -> Result<Option<SystemTime>, D::Error> {
    let milliseconds = Option::<u64>::deserialize(value)?;
    Ok(milliseconds.and_then(|ms| UNIX_EPOCH.checked_add(Duration::from_millis(ms))))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewSecret<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u128>,
}

impl fmt::Display for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "secret {:?} replaces {:?}",
            self.secret.name, self.deleted
        )?;
        self.failed
            .iter()
            .try_for_each(|(name, error)| write!(f, "; {name:?} is still good: {error}"))
    }
}

/// Secrets of traditional applications.
impl Management {
    /// The secrets of an application: `GET /api/applications/{id}/secrets`. Logto makes one called
    /// `Default secret` with the application.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let app_id = "";
    /// let secrets = logto.application_secrets(app_id).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where there is no such application.
    pub async fn application_secrets(&self, app_id: &str) -> Result<Vec<ApplicationSecret>, Error> {
        let ids = [app_id];
        self.ask(Call::new("GET /api/applications/{id}/secrets", &ids))
            .await
    }

    /// Adds a secret; the others stay good: `POST /api/applications/{id}/secrets`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let app_id = "";
    /// use std::time::{Duration, SystemTime};
    ///
    /// let in_90_days = SystemTime::now() + Duration::from_secs(90 * 24 * 60 * 60);
    /// let secret = logto.create_secret(app_id, "2026-11", Some(in_90_days)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 422 `application.secret_name_exists`; 400 `request.invalid_input` for an end in the past.
    pub async fn create_secret(
        &self,
        app_id: &str,
        name: &str,
        expires_at: Option<SystemTime>,
    ) -> Result<ApplicationSecret, Error> {
        let since = expires_at.map(|at| at.duration_since(UNIX_EPOCH).unwrap_or_default());
        let expires_at = since.map(|time| time.as_millis());
        let ids = [app_id];
        let call = Call::new("POST /api/applications/{id}/secrets", &ids);
        self.ask(call.json(&NewSecret { name, expires_at })?).await
    }

    /// Deletes a secret by its name: `DELETE /api/applications/{id}/secrets/{name}`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let app_id = "";
    /// logto.delete_secret(app_id, "Default secret").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where the application has none of that name.
    pub async fn delete_secret(&self, app_id: &str, name: &str) -> Result<(), Error> {
        let ids = [app_id, name];
        self.tell(Call::new(
            "DELETE /api/applications/{id}/secrets/{name}",
            &ids,
        ))
        .await
    }

    /// Makes a secret called `name` and deletes all others, in this order, so that the application is
    /// never without one. Three calls: `GET`, `POST` and `DELETE` of
    /// `/api/applications/{id}/secrets`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let app_id = "";
    /// let rotation = logto.rotate_secret(app_id, "2026-12", None).await?;
    /// for (name, error) in &rotation.failed {
    ///     eprintln!("{name} is still good: {error}");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As of [`create_secret`](Self::create_secret); nothing was changed then. That an older secret
    /// could not be deleted is in the [`Rotation`], because the new one is there.
    pub async fn rotate_secret(
        &self,
        app_id: &str,
        name: &str,
        expires_at: Option<SystemTime>,
    ) -> Result<Rotation, Error> {
        let older = self.application_secrets(app_id).await?;
        let mut rotation = Rotation {
            secret: self.create_secret(app_id, name, expires_at).await?,
            deleted: Vec::new(),
            failed: Vec::new(),
        };
        for ApplicationSecret { name, .. } in older {
            match self.delete_secret(app_id, &name).await {
                Ok(()) => rotation.deleted.push(name),
                // Somebody else did.
                Err(error) if error.is_gone() => rotation.deleted.push(name),
                Err(error) => rotation.failed.push((name, error)),
            }
        }
        Ok(rotation)
    }
}
