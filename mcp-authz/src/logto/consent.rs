//! What an application may ask people for: Logto's user-consent scopes.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::resources::ResourceScope;
use super::{Error, Management};

/// What an application may ask people for. What it asks for beyond is refused (`invalid_scope`) if it
/// is a user scope, and silently left out of the token if it is one of an API resource.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::ConsentScopes;
///
/// fn may_ask_for(allowed: &ConsentScopes, scope: &str) -> bool {
///     let of_the_server = allowed.of_resource("https://mcp.example.com/mcp");
///     let named: Vec<_> = of_the_server.map(|one| one.name.as_str()).collect();
///     named.contains(&scope)
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ConsentScopes {
    /// Logto's user scopes, by name: `profile`, `email`, …
    #[serde(default)]
    pub user_scopes: Vec<String>,
    /// Scopes of API resources.
    #[serde(default)]
    pub resource_scopes: Vec<ScopesOfResource>,
    /// Scopes of organizations.
    #[serde(default)]
    pub organization_scopes: Vec<ResourceScope>,
    /// Scopes of API resources that a person has through an organization.
    #[serde(default)]
    pub organization_resource_scopes: Vec<ScopesOfResource>,
}

impl ConsentScopes {
    /// The scopes of the API resource with this URI.
    pub fn of_resource(&self, indicator: &str) -> impl Iterator<Item = &ResourceScope> {
        let of_it = move |one: &&ScopesOfResource| one.resource.indicator == indicator;
        let found = self.resource_scopes.iter().filter(of_it);
        found.flat_map(|one| &one.scopes)
    }
}

/// The scopes of one API resource in a list.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::ConsentScopes;
///
/// fn print(allowed: &ConsentScopes) {
///     for one in &allowed.resource_scopes {
///         println!("{}: {} scopes", one.resource.indicator, one.scopes.len());
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ScopesOfResource {
    /// The API resource.
    pub resource: ResourceName,
    /// The scopes of it that are in the list.
    pub scopes: Vec<ResourceScope>,
}

/// An API resource in a list.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::ResourceName;
///
/// fn is_ours(resource: &ResourceName) -> bool {
///     resource.indicator == "https://mcp.example.com/mcp" // and not the name, which anybody may change
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ResourceName {
    /// Logto's id.
    pub id: String,
    /// The name that people read.
    pub name: String,
    /// Its URI.
    pub indicator: String,
}

/// What an application may ask for in addition.
///
/// Needs the feature `logto`.
///
/// ```no_run
/// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
/// # let (resource_id, app_id) = ("", "");
/// use mcp_authz::logto::AllowedScopes;
///
/// let scopes = logto.resource_scopes(resource_id).await?;
/// let more = AllowedScopes::new().user_scope("profile").resource_scopes(&scopes);
/// logto.allow_scopes(app_id, &more).await?;
///
/// // The same for one scope, whose id is known.
/// let one = AllowedScopes::new().resource_scope_id("m8f0d5cq1lvp");
/// logto.allow_scopes(app_id, &one).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct AllowedScopes {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user_scopes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource_scopes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    organization_scopes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    organization_resource_scopes: Vec<String>,
}

impl AllowedScopes {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A user scope of Logto's, by its **name**: `profile`, `email`, `phone`, `address`,
    /// `custom_data`, `identities`, `roles`, `urn:logto:scope:organizations`, …
    pub fn user_scope(mut self, name: impl Into<String>) -> Self {
        self.user_scopes.push(name.into());
        self
    }

    /// Scopes of API resources.
    pub fn resource_scopes<'a>(self, scopes: impl IntoIterator<Item = &'a ResourceScope>) -> Self {
        let ids = scopes.into_iter().map(|scope| scope.id.clone());
        ids.fold(self, Self::resource_scope_id)
    }

    /// A scope of an API resource, by its **id**.
    pub fn resource_scope_id(mut self, id: impl Into<String>) -> Self {
        self.resource_scopes.push(id.into());
        self
    }

    /// A scope of organizations, by its **id**.
    pub fn organization_scope_id(mut self, id: impl Into<String>) -> Self {
        self.organization_scopes.push(id.into());
        self
    }

    /// A scope of an API resource through an organization, by its **id**.
    pub fn organization_resource_scope_id(mut self, id: impl Into<String>) -> Self {
        self.organization_resource_scopes.push(id.into());
        self
    }
}

/// One scope in a list of what may be asked for.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::ConsentScope;
///
/// let by_name = ConsentScope::User("email");
/// let by_id = ConsentScope::Resource("m8f0d5cq1lvp");
/// assert_ne!(by_name, by_id);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsentScope<'a> {
    /// A user scope, by its name.
    User(&'a str),
    /// A scope of an API resource, by its id.
    Resource(&'a str),
    /// A scope of organizations, by its id.
    Organization(&'a str),
    /// A scope of an API resource through an organization, by its id.
    OrganizationResource(&'a str),
}

impl<'a> ConsentScope<'a> {
    /// The kind and the id, as they stand in a path.
    pub(super) fn segments(self) -> [&'a str; 2] {
        match self {
            Self::User(name) => ["user-scopes", name],
            Self::Resource(id) => ["resource-scopes", id],
            Self::Organization(id) => ["organization-scopes", id],
            Self::OrganizationResource(id) => ["organization-resource-scopes", id],
        }
    }
}

/// What third-party applications may ask people for.
impl Management {
    /// What an application may ask for: `GET /api/applications/{applicationId}/user-consent-scopes`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let app_id = "";
    /// let allowed = logto.consent_scopes(app_id).await?;
    /// for scope in allowed.of_resource("https://mcp.example.com/mcp") {
    ///     println!("{}", scope.name);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where there is no such application.
    pub async fn consent_scopes(&self, app_id: &str) -> Result<ConsentScopes, Error> {
        let ids = [app_id];
        let endpoint = "GET /api/applications/{applicationId}/user-consent-scopes";
        self.ask(Call::new(endpoint, &ids)).await
    }

    /// Lets an application ask for more; what it may ask for already does not matter:
    /// `POST /api/applications/{applicationId}/user-consent-scopes`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let app_id = "";
    /// use mcp_authz::logto::AllowedScopes;
    ///
    /// logto.allow_scopes(app_id, &AllowedScopes::new().user_scope("email")).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 422 `application.third_party_application_only`, `application.user_consent_scopes_not_found` for
    /// an id that is none (a name, for example),
    /// `application.consent_management_api_scopes_not_allowed`.
    pub async fn allow_scopes(&self, app_id: &str, more: &AllowedScopes) -> Result<(), Error> {
        let ids = [app_id];
        let endpoint = "POST /api/applications/{applicationId}/user-consent-scopes";
        self.tell(Call::new(endpoint, &ids).json(more)?).await
    }

    /// Lets an application ask for less from now on; tokens and grants that exist stay:
    /// `DELETE /api/applications/{applicationId}/user-consent-scopes/{scopeType}/{scopeId}`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let app_id = "";
    /// use mcp_authz::logto::ConsentScope;
    ///
    /// logto.disallow_scope(app_id, ConsentScope::User("email")).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where it may not ask for that anyway.
    pub async fn disallow_scope(&self, app_id: &str, scope: ConsentScope<'_>) -> Result<(), Error> {
        let [kind, id] = scope.segments();
        let ids = [app_id, kind, id];
        let endpoint =
            "DELETE /api/applications/{applicationId}/user-consent-scopes/{scopeType}/{scopeId}";
        self.tell(Call::new(endpoint, &ids)).await
    }
}
