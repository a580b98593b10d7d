//! Agents that nobody registered: client ID metadata documents.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::consent::{AllowedScopes, ConsentScope, ConsentScopes};
use super::{Error, Management};

#[derive(Deserialize, Serialize)]
struct Switch {
    enabled: bool,
}

/// Agents that bring a client ID metadata document: their id is the https URL of a document about
/// them, and nobody registers them. A switch of the tenant, off by default, and one list of what all
/// of them may ask people for.
///
/// Each call is 404 at a version of Logto that does not have them.
impl Management {
    /// Whether such agents are let in: `GET /api/configs/cimd`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// println!("on: {}", logto.metadata_documents_enabled().await?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`], as for every call.
    pub async fn metadata_documents_enabled(&self) -> Result<bool, Error> {
        let Switch { enabled } = self.ask(Call::new("GET /api/configs/cimd", &[])).await?;
        Ok(enabled)
    }

    /// Lets such agents in, or no longer: `PATCH /api/configs/cimd`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// logto.enable_metadata_documents(true).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 422 `request.invalid_input` at a Logto whose protection against requests to private addresses
    /// is off.
    pub async fn enable_metadata_documents(&self, enabled: bool) -> Result<(), Error> {
        let call = Call::new("PATCH /api/configs/cimd", &[]);
        self.tell(call.json(&Switch { enabled })?).await
    }

    /// What such agents may ask for: `GET /api/cimd/user-consent-scopes`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// println!("{:?}", logto.metadata_document_scopes().await?.user_scopes);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`], as for every call.
    pub async fn metadata_document_scopes(&self) -> Result<ConsentScopes, Error> {
        self.ask(Call::new("GET /api/cimd/user-consent-scopes", &[]))
            .await
    }

    /// Lets such agents ask for more: `POST /api/cimd/user-consent-scopes`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// use mcp_authz::logto::AllowedScopes;
    ///
    /// logto.allow_metadata_document_scopes(&AllowedScopes::new().user_scope("profile")).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As of [`allow_scopes`](Self::allow_scopes).
    pub async fn allow_metadata_document_scopes(&self, more: &AllowedScopes) -> Result<(), Error> {
        let call = Call::new("POST /api/cimd/user-consent-scopes", &[]);
        self.tell(call.json(more)?).await
    }

    /// Lets such agents ask for less from now on:
    /// `DELETE /api/cimd/user-consent-scopes/{scopeType}/{scopeId}`.
    ///
    /// ```no_run
    /// # async fn example(logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// use mcp_authz::logto::ConsentScope;
    ///
    /// logto.disallow_metadata_document_scope(ConsentScope::User("profile")).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// 404 where they may not ask for that anyway.
    pub async fn disallow_metadata_document_scope(
        &self,
        scope: ConsentScope<'_>,
    ) -> Result<(), Error> {
        let ids = scope.segments();
        let endpoint = "DELETE /api/cimd/user-consent-scopes/{scopeType}/{scopeId}";
        self.tell(Call::new(endpoint, &ids)).await
    }
}
