//! The token customizer: what a tenant adds to the access tokens of people.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::call::Call;
use super::{Error, Management};

/// The script that adds claims to the access tokens of people; a tenant has one.
///
/// Needs the feature `logto`.
///
/// Logto calls `getCustomJwtClaims({ token, context, environmentVariables })` in it: `token.scope` is
/// what was granted, `context.user` has `name`, `username`, `primaryEmail`, `avatar`, …
///
/// ```
/// use mcp_authz::logto::TokenCustomizer;
///
/// let customizer = TokenCustomizer::new(
///     "const getCustomJwtClaims = async ({ token, context }) =>
///        token.scope?.split(' ').includes('email') ? { email: context.user.primaryEmail } : {};",
/// )
/// .variable("TENANT", "acme"); // `environmentVariables.TENANT` in the script
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TokenCustomizer {
    /// The script.
    pub script: String,
    /// What the script finds in `environmentVariables`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment_variables: BTreeMap<String, String>,
    /// What else Logto keeps with it, such as samples for its console: sent back as it came.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl TokenCustomizer {
    /// A script without variables.
    #[must_use]
    pub fn new(script: impl Into<String>) -> Self {
        Self {
            script: script.into(),
            environment_variables: BTreeMap::new(),
            rest: Map::new(),
        }
    }

    /// Sets a variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment_variables.insert(name.into(), value.into());
        self
    }
}

/// What is added to the access tokens of people.
impl Management {
    /// The token customizer, if the tenant has one: `GET /api/configs/jwt-customizer/access-token`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// if let Some(customizer) = logto.token_customizer().await? {
    ///     println!("{}", customizer.script);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`], as for every call.
    pub async fn token_customizer(&self) -> Result<Option<TokenCustomizer>, Error> {
        let call = Call::new("GET /api/configs/jwt-customizer/access-token", &[]);
        match self.ask(call).await {
            Ok(customizer) => Ok(Some(customizer)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets the token customizer, in the place of the one that is there:
    /// `PUT /api/configs/jwt-customizer/access-token`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// use mcp_authz::logto::TokenCustomizer;
    ///
    /// let customizer = TokenCustomizer::new("const getCustomJwtClaims = async () => ({});");
    /// logto.set_token_customizer(&customizer).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 400 `guard.invalid_input`; 403 where the tenant's plan does not have it.
    pub async fn set_token_customizer(&self, customizer: &TokenCustomizer) -> Result<(), Error> {
        let call = Call::new("PUT /api/configs/jwt-customizer/access-token", &[]);
        self.tell(call.json(customizer)?).await
    }

    /// Deletes the token customizer: `DELETE /api/configs/jwt-customizer/access-token`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// logto.delete_token_customizer().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where there is none.
    pub async fn delete_token_customizer(&self) -> Result<(), Error> {
        let endpoint = "DELETE /api/configs/jwt-customizer/access-token";
        self.tell(Call::new(endpoint, &[])).await
    }
}
