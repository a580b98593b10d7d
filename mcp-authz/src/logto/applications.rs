//! Third-party applications: agents that others wrote, which people are asked about.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::call::Call;
use super::{Error, Management};

/// An application at Logto: an agent, or one of your own. What Logto calls its `secret` is of no use and is not read: see
/// [`application_secrets`](Management::application_secrets).
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::{Application, ApplicationType};
///
/// /// An agent on somebody's machine, which can keep no secret.
/// fn is_local_agent(app: &Application) -> bool {
///     app.is_third_party && app.application_type == ApplicationType::Native
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Application {
    /// Logto's id: `client_id` of its tokens.
    pub id: String,
    /// The name that people read on the consent screen.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub application_type: ApplicationType,
    /// Whether people are asked before it gets anything.
    #[serde(default)]
    pub is_third_party: bool,
    /// Its redirect URIs.
    #[serde(default)]
    pub oidc_client_metadata: OidcClientMetadata,
    /// Whatever its owner keeps with it.
    #[serde(default)]
    pub custom_data: Map<String, Value>,
}

/// The type of an application.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::ApplicationType;
///
/// fn has_a_secret(kind: ApplicationType) -> bool {
///     matches!(kind, ApplicationType::Traditional | ApplicationType::MachineToMachine)
/// }
///
/// assert!(!has_a_secret(ApplicationType::Spa));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[non_exhaustive]
pub enum ApplicationType {
    /// A web application with a server of its own, which keeps a secret.
    Traditional,
    /// A page that runs in the browser; no secret, PKCE.
    #[serde(rename = "SPA")]
    Spa,
    /// An app on a phone or a computer; no secret, PKCE.
    Native,
    /// A program that acts for nobody.
    MachineToMachine,
    /// A type that this library does not know.
    #[serde(other)]
    Other,
}

/// The redirect URIs of an application.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::Application;
///
/// fn may_return_to(app: &Application, uri: &str) -> bool {
///     app.oidc_client_metadata.redirect_uris.iter().any(|listed| listed == uri)
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OidcClientMetadata {
    /// Where an authorization ends: compared exactly.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Where signing out ends.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
}

/// The types that a third-party application can have.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::{NewThirdPartyApp, ThirdPartyType};
///
/// // On the person's own machine, so without a secret.
/// let new = NewThirdPartyApp::new("SmartMail", ThirdPartyType::Native);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub enum ThirdPartyType {
    /// A web application with a server of its own, which keeps a secret.
    Traditional,
    /// A page that runs in the browser; no secret, PKCE.
    #[serde(rename = "SPA")]
    Spa,
    /// An app on a phone or a computer; no secret, PKCE.
    Native,
}

/// A third-party application to be made.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::{NewThirdPartyApp, ThirdPartyType};
///
/// let new = NewThirdPartyApp::new("SmartMail", ThirdPartyType::Traditional)
///     .redirect_uri("https://smartmail.example.com/callback")
///     .post_logout_redirect_uri("https://smartmail.example.com/bye")
///     .description("Sorts your mail")
///     .custom_data("registered_by", "carol@example.com");
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct NewThirdPartyApp {
    name: String,
    #[serde(rename = "type")]
    application_type: ThirdPartyType,
    is_third_party: bool,
    oidc_client_metadata: OidcClientMetadata,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    custom_data: Map<String, Value>,
}

impl NewThirdPartyApp {
    /// Neither name nor type says who wrote it; the type cannot be changed afterwards.
    pub fn new(name: impl Into<String>, application_type: ThirdPartyType) -> Self {
        Self {
            name: name.into(),
            application_type,
            is_third_party: true,
            oidc_client_metadata: OidcClientMetadata::default(),
            description: None,
            custom_data: Map::new(),
        }
    }

    /// Adds a place where an authorization may end.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.oidc_client_metadata.redirect_uris.push(uri.into());
        self
    }

    /// Adds a place where signing out may end.
    pub fn post_logout_redirect_uri(mut self, uri: impl Into<String>) -> Self {
        let uris = &mut self.oidc_client_metadata.post_logout_redirect_uris;
        uris.push(uri.into());
        self
    }

    /// What it is for.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Something to keep with it, such as who registered it.
    pub fn custom_data(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.custom_data.insert(name.into(), value.into());
        self
    }
}

/// Third-party applications.
impl Management {
    /// All third-party applications: `GET /api/applications?isThirdParty=true`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// for app in logto.third_party_apps().await? {
    ///     println!("{} {}", app.id, app.name);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`], as for every call.
    pub async fn third_party_apps(&self) -> Result<Vec<Application>, Error> {
        let third_party = Some(("isThirdParty", "true"));
        self.list("GET /api/applications", &[], third_party).await
    }

    /// An application of any kind: `GET /api/applications/{id}`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let app_id = "";
    /// assert!(logto.application(app_id).await?.is_third_party);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where there is none.
    pub async fn application(&self, app_id: &str) -> Result<Application, Error> {
        self.ask(Call::new("GET /api/applications/{id}", &[app_id]))
            .await
    }

    /// Makes a third-party application: `POST /api/applications`.
    ///
    /// It may ask for `openid` and `offline_access` alone until
    /// [`allow_scopes`](Self::allow_scopes) gives it more. A traditional one has a secret from the
    /// start ([`application_secrets`](Self::application_secrets)).
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// use mcp_authz::logto::{NewThirdPartyApp, ThirdPartyType};
    ///
    /// let new = NewThirdPartyApp::new("SmartMail", ThirdPartyType::Native)
    ///     .redirect_uri("http://127.0.0.1/callback");
    /// println!("client_id {}", logto.create_third_party_app(&new).await?.id);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 400 `guard.invalid_input` for a redirect URI that is none; 403 where the tenant has all the
    /// third-party applications that it may have.
    pub async fn create_third_party_app(
        &self,
        new: &NewThirdPartyApp,
    ) -> Result<Application, Error> {
        let call = Call::new("POST /api/applications", &[]).json(new)?;
        self.ask(call).await
    }

    /// Deletes an application with its secrets and grants: `DELETE /api/applications/{id}`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let app_id = "";
    /// logto.delete_application(app_id).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where there is none.
    pub async fn delete_application(&self, app_id: &str) -> Result<(), Error> {
        self.tell(Call::new("DELETE /api/applications/{id}", &[app_id]))
            .await
    }
}
