//! How the consent screen shows a third-party application.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{Error, Management};

/// How the consent screen shows a third-party application.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::SignInBranding;
///
/// let branding = SignInBranding::new()
///     .display_name("SmartMail")
///     .logo("https://smartmail.example.com/logo.png")
///     .dark_logo("https://smartmail.example.com/logo-dark.png")
///     .terms_of_use("https://smartmail.example.com/terms")
///     .privacy_policy("https://smartmail.example.com/privacy");
/// assert_eq!(branding.display_name.as_deref(), Some("SmartMail"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SignInBranding {
    /// The name, where it is another than the application's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its pictures.
    #[serde(default, skip_serializing_if = "Logos::is_none")]
    pub branding: Logos,
    /// The URL of its terms of use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms_of_use_url: Option<String>,
    /// The URL of its privacy policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy_policy_url: Option<String>,
}

/// The pictures of an application, by URL.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::SignInBranding;
///
/// let branding = SignInBranding::new().logo("https://smartmail.example.com/logo.png");
/// assert!(branding.branding.logo_url.is_some() && branding.branding.dark_logo_url.is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Logos {
    /// The picture for light pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_url: Option<String>,
    /// The picture for dark pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dark_logo_url: Option<String>,
}

impl Logos {
    fn is_none(&self) -> bool {
        self.logo_url.is_none() && self.dark_logo_url.is_none()
    }
}

impl SignInBranding {
    /// Nothing of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The name.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = Some(name.into());
        self
    }

    /// The picture for light pages.
    #[must_use]
    pub fn logo(mut self, url: impl Into<String>) -> Self {
        self.branding.logo_url = Some(url.into());
        self
    }

    /// The picture for dark pages.
    #[must_use]
    pub fn dark_logo(mut self, url: impl Into<String>) -> Self {
        self.branding.dark_logo_url = Some(url.into());
        self
    }

    /// The terms of use.
    #[must_use]
    pub fn terms_of_use(mut self, url: impl Into<String>) -> Self {
        self.terms_of_use_url = Some(url.into());
        self
    }

    /// The privacy policy.
    #[must_use]
    pub fn privacy_policy(mut self, url: impl Into<String>) -> Self {
        self.privacy_policy_url = Some(url.into());
        self
    }
}

/// How third-party applications are shown.
impl Management {
    /// How an application is shown: `GET /api/applications/{applicationId}/sign-in-experience`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let app_id = "";
    /// let branding = logto.sign_in_branding(app_id).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where nothing was set.
    pub async fn sign_in_branding(&self, app_id: &str) -> Result<SignInBranding, Error> {
        let ids = [app_id];
        let endpoint = "GET /api/applications/{applicationId}/sign-in-experience";
        self.ask(Call::new(endpoint, &ids)).await
    }

    /// Sets how an application is shown: `PUT /api/applications/{applicationId}/sign-in-experience`.
    /// What is not said stays as it is.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// # let app_id = "";
    /// use mcp_authz::logto::SignInBranding;
    ///
    /// let branding = SignInBranding::new().display_name("SmartMail");
    /// logto.set_sign_in_branding(app_id, &branding).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 422 `application.third_party_application_only`.
    pub async fn set_sign_in_branding(
        &self,
        app_id: &str,
        branding: &SignInBranding,
    ) -> Result<SignInBranding, Error> {
        let ids = [app_id];
        let endpoint = "PUT /api/applications/{applicationId}/sign-in-experience";
        self.ask(Call::new(endpoint, &ids).json(branding)?).await
    }
}
