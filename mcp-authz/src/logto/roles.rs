//! Roles: through which alone a person gets scopes of an API resource.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::resources::ResourceScope;
use super::users::User;
use super::{Error, Management};

/// How many people get a role by one call.
const BATCH: usize = 100;

/// A role of the tenant: scopes that people get together.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::{Role, RoleType};
///
/// /// What everybody has who signs up.
/// fn is_for_everybody(role: &Role) -> bool {
///     role.is_default && role.role_type == RoleType::User
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Role {
    /// Logto's id.
    pub id: String,
    /// Its name, one of its kind in the tenant.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Who can have it.
    #[serde(rename = "type", default)]
    pub role_type: RoleType,
    /// Whether everybody who signs up gets it.
    #[serde(default)]
    pub is_default: bool,
}

/// Who can have a role.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::RoleType;
///
/// assert_eq!(RoleType::default(), RoleType::User);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub enum RoleType {
    /// People.
    #[default]
    User,
    /// Machine-to-machine apps.
    MachineToMachine,
    /// A type that this library does not know.
    #[serde(other, skip_serializing)]
    Other,
}

/// A role for people, to be made.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::NewRole;
///
/// let new = NewRole::new("mail user", "May use mail through agents")
///     .scopes(["m8f0d5cq1lvp"]) // ids of scopes, not their names
///     .everybody_who_signs_up();
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct NewRole {
    name: String,
    description: String,
    #[serde(rename = "type")]
    role_type: RoleType,
    is_default: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scope_ids: Vec<String>,
}

impl NewRole {
    /// Nobody has it, and it holds nothing.
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            role_type: RoleType::User,
            is_default: false,
            scope_ids: Vec::new(),
        }
    }

    /// Holds these scopes, by Logto's ids.
    pub fn scopes<I: Into<String>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        self.scope_ids.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Everybody who signs up from now on gets it.
    pub fn everybody_who_signs_up(mut self) -> Self {
        self.is_default = true;
        self
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Body<'a> {
    ScopeIds(Vec<&'a str>),
    UserIds(Vec<&'a str>),
    IsDefault(bool),
}

fn texts(ids: &[impl AsRef<str>]) -> Vec<&str> {
    ids.iter().map(AsRef::as_ref).collect()
}

/// Roles, what they hold, and who has them.
impl Management {
    /// All roles: `GET /api/roles`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// let default = logto.roles().await?.into_iter().filter(|role| role.is_default);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`], as for every call.
    pub async fn roles(&self) -> Result<Vec<Role>, Error> {
        self.list("GET /api/roles", &[], None).await
    }

    /// Makes a role: `POST /api/roles`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// use mcp_authz::logto::NewRole;
    ///
    /// let scopes = logto.resource_scopes("qzp5v3sc8zqlp5jqmc2xk").await?;
    /// let new = NewRole::new("mail user", "May use mail through agents")
    ///     .scopes(scopes.into_iter().map(|scope| scope.id));
    /// let role = logto.create_role(&new).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 422 `role.name_in_use`. A scope id that Logto does not know is 404, and the role is there
    /// nevertheless, without scopes.
    pub async fn create_role(&self, new: &NewRole) -> Result<Role, Error> {
        let call = Call::new("POST /api/roles", &[]).json(new)?;
        self.ask(call).await
    }

    /// Says whether everybody who signs up from now on gets the role: `PATCH /api/roles/{id}`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let role_id = "";
    /// logto.set_default_role(role_id, true).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where there is none.
    pub async fn set_default_role(&self, role_id: &str, is_default: bool) -> Result<Role, Error> {
        let ids = [role_id];
        let call = Call::new("PATCH /api/roles/{id}", &ids);
        self.ask(call.json(&Body::IsDefault(is_default))?).await
    }

    /// Deletes a role; whoever had it loses what it held: `DELETE /api/roles/{id}`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let role_id = "";
    /// logto.delete_role(role_id).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where there is none.
    pub async fn delete_role(&self, role_id: &str) -> Result<(), Error> {
        self.tell(Call::new("DELETE /api/roles/{id}", &[role_id]))
            .await
    }

    /// The scopes that a role holds, of any API resource: `GET /api/roles/{id}/scopes`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let role_id = "";
    /// let held = logto.role_scopes(role_id).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where there is no such role.
    pub async fn role_scopes(&self, role_id: &str) -> Result<Vec<ResourceScope>, Error> {
        self.list("GET /api/roles/{id}/scopes", &[role_id], None)
            .await
    }

    /// Adds scopes to a role, by their ids: `POST /api/roles/{id}/scopes`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let (role_id, scope_id) = ("", "");
    /// logto.add_role_scopes(role_id, &[scope_id]).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 422 `role.scope_exists` where the role holds one of them; 400 where there are none.
    pub async fn add_role_scopes(
        &self,
        role_id: &str,
        scope_ids: &[impl AsRef<str>],
    ) -> Result<(), Error> {
        let ids = [role_id];
        let call = Call::new("POST /api/roles/{id}/scopes", &ids);
        self.tell(call.json(&Body::ScopeIds(texts(scope_ids)))?)
            .await
    }

    /// Takes a scope from a role: `DELETE /api/roles/{id}/scopes/{scopeId}`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let (role_id, scope_id) = ("", "");
    /// logto.remove_role_scope(role_id, scope_id).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where the role does not hold it.
    pub async fn remove_role_scope(&self, role_id: &str, scope_id: &str) -> Result<(), Error> {
        let ids = [role_id, scope_id];
        let call = Call::new("DELETE /api/roles/{id}/scopes/{scopeId}", &ids);
        self.tell(call).await
    }

    /// Who has a role: `GET /api/roles/{id}/users`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let role_id = "";
    /// println!("{} people", logto.role_users(role_id).await?.len());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where there is no such role.
    pub async fn role_users(&self, role_id: &str) -> Result<Vec<User>, Error> {
        self.list("GET /api/roles/{id}/users", &[role_id], None)
            .await
    }

    /// Gives a role to people, by their ids, a hundred at a time: `POST /api/roles/{id}/users`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let (role_id, user_id) = ("", "");
    /// logto.assign_role(role_id, &[user_id]).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 422 `role.user_exists` where somebody has it; 404 where there is no such role or person. The
    /// hundreds before have it then.
    pub async fn assign_role(
        &self,
        role_id: &str,
        user_ids: &[impl AsRef<str>],
    ) -> Result<(), Error> {
        let ids = [role_id];
        for some in user_ids.chunks(BATCH) {
            let call = Call::new("POST /api/roles/{id}/users", &ids);
            self.tell(call.json(&Body::UserIds(texts(some)))?).await?;
        }
        Ok(())
    }

    /// Takes a role from somebody: `DELETE /api/roles/{id}/users/{userId}`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let (role_id, user_id) = ("", "");
    /// logto.take_role(role_id, user_id).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where they do not have it.
    pub async fn take_role(&self, role_id: &str, user_id: &str) -> Result<(), Error> {
        let ids = [role_id, user_id];
        self.tell(Call::new("DELETE /api/roles/{id}/users/{userId}", &ids))
            .await
    }
}
