//! API resources and their scopes: what a token can be for, and what it can allow.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{Error, Management};
use crate::scope::Scope;

/// An API resource: what a token can be for (RFC 8707).
///
/// Needs the feature `logto`.
///
/// ```
/// use std::time::Duration;
///
/// use mcp_authz::logto::Resource;
///
/// /// For how long a stolen token works.
/// fn lifetime(resource: &Resource) -> Option<Duration> {
///     resource.access_token_ttl.map(Duration::from_secs)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Resource {
    /// Logto's id.
    pub id: String,
    /// The name that people read.
    pub name: String,
    /// Its URI: what clients name as `resource`, and what tokens have as `aud`.
    pub indicator: String,
    /// How long access tokens for it are good, in seconds.
    pub access_token_ttl: Option<u64>,
    /// Whether tokens are for it where the client names no resource.
    #[serde(default)]
    pub is_default: bool,
}

/// An API resource to be made.
///
/// Needs the feature `logto`.
///
/// ```
/// use std::time::Duration;
/// use mcp_authz::logto::NewResource;
///
/// let new = NewResource::new("Mail", "https://mcp.example.com/mcp")
///     .access_token_lifetime(Duration::from_secs(600));
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct NewResource {
    name: String,
    indicator: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token_ttl: Option<u64>,
}

/// A scope of an API resource. Logto's console calls it a permission.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::ResourceScope;
///
/// /// What the consent screen shows without a word of explanation.
/// fn unexplained(scopes: &[ResourceScope]) -> Vec<&str> {
///     let bare = scopes.iter().filter(|scope| scope.description.is_none());
///     bare.map(|scope| scope.name.as_str()).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResourceScope {
    /// Logto's id, which roles and consent lists name it by.
    pub id: String,
    /// The scope as it travels.
    pub name: String,
    /// What the consent screen says.
    #[serde(default)]
    pub description: Option<String>,
}

#[derive(Serialize)]
struct Words<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    description: &'a str,
}

impl NewResource {
    /// `indicator` is the URI, which cannot be changed afterwards.
    pub fn new(name: impl Into<String>, indicator: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            indicator: indicator.into(),
            access_token_ttl: None,
        }
    }

    /// How long access tokens are good, in whole seconds; Logto's default is an hour.
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.access_token_ttl = Some(lifetime.as_secs());
        self
    }
}

/// API resources and their scopes.
impl Management {
    /// All API resources: `GET /api/resources`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// let resources = logto.resources().await?;
    /// let mine = resources.iter().find(|one| one.indicator == "https://mcp.example.com/mcp");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`], as for every call.
    pub async fn resources(&self) -> Result<Vec<Resource>, Error> {
        self.list("GET /api/resources", &[], None).await
    }

    /// Makes an API resource: `POST /api/resources`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// use mcp_authz::logto::NewResource;
    ///
    /// let new = NewResource::new("Mail", "https://mcp.example.com/mcp");
    /// let resource = logto.create_resource(&new).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 422 `resource.resource_identifier_in_use` where the indicator is taken.
    pub async fn create_resource(&self, new: &NewResource) -> Result<Resource, Error> {
        let call = Call::new("POST /api/resources", &[]).json(new)?;
        self.ask(call).await
    }

    /// Deletes an API resource with its scopes: `DELETE /api/resources/{id}`. Tokens that were issued
    /// stay good until they end.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// logto.delete_resource("qzp5v3sc8zqlp5jqmc2xk").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where there is none.
    pub async fn delete_resource(&self, id: &str) -> Result<(), Error> {
        self.tell(Call::new("DELETE /api/resources/{id}", &[id]))
            .await
    }

    /// The scopes of an API resource: `GET /api/resources/{resourceId}/scopes`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// for scope in logto.resource_scopes("qzp5v3sc8zqlp5jqmc2xk").await? {
    ///     println!("{}: {}", scope.name, scope.description.unwrap_or_default());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`], as for every call.
    pub async fn resource_scopes(&self, resource_id: &str) -> Result<Vec<ResourceScope>, Error> {
        let endpoint = "GET /api/resources/{resourceId}/scopes";
        self.list(endpoint, &[resource_id], None).await
    }

    /// Adds a scope to an API resource: `POST /api/resources/{resourceId}/scopes`. The consent screen
    /// shows `description`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// use mcp_authz::Scope;
    ///
    /// const SEND: Scope = Scope::new("mail:send");
    /// let scope = logto
    ///     .create_resource_scope("qzp5v3sc8zqlp5jqmc2xk", &SEND, "Send mail in your name")
    ///     .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 422 `scope.name_exists` where the resource has it; 400 `resource.cannot_modify_management_api`.
    pub async fn create_resource_scope(
        &self,
        resource_id: &str,
        name: &Scope,
        description: &str,
    ) -> Result<ResourceScope, Error> {
        let ids = [resource_id];
        let words = Words {
            name: Some(name.as_str()),
            description,
        };
        let call = Call::new("POST /api/resources/{resourceId}/scopes", &ids).json(&words)?;
        self.ask(call).await
    }

    /// Changes what the consent screen says of a scope:
    /// `PATCH /api/resources/{resourceId}/scopes/{scopeId}`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let (resource_id, scope_id) = ("", "");
    /// logto.describe_resource_scope(resource_id, scope_id, "Send mail in your name").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where there is no such resource.
    pub async fn describe_resource_scope(
        &self,
        resource_id: &str,
        scope_id: &str,
        description: &str,
    ) -> Result<ResourceScope, Error> {
        let ids = [resource_id, scope_id];
        let words = Words {
            name: None,
            description,
        };
        let call = Call::new("PATCH /api/resources/{resourceId}/scopes/{scopeId}", &ids);
        self.ask(call.json(&words)?).await
    }

    /// Takes a scope away, from every role and every consent list as well:
    /// `DELETE /api/resources/{resourceId}/scopes/{scopeId}`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let (resource_id, scope_id) = ("", "");
    /// logto.delete_resource_scope(resource_id, scope_id).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where there is none.
    pub async fn delete_resource_scope(
        &self,
        resource_id: &str,
        scope_id: &str,
    ) -> Result<(), Error> {
        let ids = [resource_id, scope_id];
        let call = Call::new("DELETE /api/resources/{resourceId}/scopes/{scopeId}", &ids);
        self.tell(call).await
    }
}
