//! Makes what a plan says is missing.

use super::step::{Consent, Known, Plan, Step};
use crate::logto::{AllowedScopes, Error, Management, NewResource, NewRole};
use crate::scope::Scope;

impl Plan {
    /// Makes what is missing, in the order that is shown.
    ///
    /// It stops at the first thing that Logto refuses; what was made until then stays, and the next
    /// plan goes on from there. Applied to a tenant that has changed meanwhile it makes nothing twice:
    /// Logto refuses a second API resource, scope or role of the same name.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] where the plan has [`problems`](Self::problems): nothing was changed. What
    /// Logto answers otherwise.
    pub async fn apply(&self, logto: &Management) -> Result<(), Error> {
        if !self.problems.is_empty() {
            return Err(Error::Conflict(self.problems.clone()));
        }
        let mut known = self.known.clone();
        for step in &self.steps {
            self.make(step, &mut known, logto).await?;
            tracing::info!(tenant = self.endpoint, "made at Logto: {}", self.line(step));
        }
        Ok(())
    }

    async fn make(&self, step: &Step, known: &mut Known, logto: &Management) -> Result<(), Error> {
        match step {
            Step::Resource => {
                let new = NewResource::new(&self.server, &self.resource);
                known.resource = Some(logto.create_resource(&new).await?.id);
            }
            Step::Scope { name, words } => {
                let scope: Scope = name.parse().map_err(|_| lost(name))?;
                let resource = known.resource()?;
                let made = logto.create_resource_scope(resource, &scope, words).await?;
                known.scopes.insert(made.name, made.id);
            }
            Step::Words { scope, new, .. } => {
                let (resource, id) = (known.resource()?, known.scope(scope)?);
                logto.describe_resource_scope(resource, id, new).await?;
            }
            Step::Role { scopes, is_default } => {
                let new = NewRole::new(&self.role, self.role_description());
                let new = new.scopes(known.ids(scopes)?);
                let new = match is_default {
                    true => new.everybody_who_signs_up(),
                    false => new,
                };
                known.role = Some(logto.create_role(&new).await?.id);
            }
            Step::RoleScopes(scopes) => {
                let ids = known.ids(scopes)?;
                logto.add_role_scopes(known.role()?, &ids).await?;
            }
            Step::DefaultRole => drop(logto.set_default_role(known.role()?, true).await?),
            Step::Assignment(users) => logto.assign_role(known.role()?, users).await?,
            Step::Customizer { customizer, .. } => logto.set_token_customizer(customizer).await?,
            Step::MetadataDocuments => logto.enable_metadata_documents(true).await?,
            Step::Consent(consent) => consent.make(known, logto).await?,
        }
        Ok(())
    }

    fn role_description(&self) -> String {
        format!("May use {} ({}) through agents", self.server, self.resource)
    }
}

impl Consent {
    async fn make(&self, known: &Known, logto: &Management) -> Result<(), Error> {
        let more = self.user_scopes.iter();
        let more = more.fold(AllowedScopes::new(), AllowedScopes::user_scope);
        let ids = known.ids(&self.scopes)?.into_iter();
        let more = ids.fold(more, AllowedScopes::resource_scope_id);
        match &self.app {
            Some((id, _)) => logto.allow_scopes(id, &more).await,
            None => logto.allow_metadata_document_scopes(&more).await,
        }
    }
}

impl Known {
    fn resource(&self) -> Result<&str, Error> {
        self.resource
            .as_deref()
            .ok_or_else(|| lost("the API resource"))
    }

    fn role(&self) -> Result<&str, Error> {
        self.role.as_deref().ok_or_else(|| lost("the role"))
    }

    fn scope(&self, name: &str) -> Result<&str, Error> {
        let id = self.scopes.get(name).map(String::as_str);
        id.ok_or_else(|| lost(name))
    }

    fn ids(&self, names: &[String]) -> Result<Vec<String>, Error> {
        let ids = names.iter().map(|name| self.scope(name).map(str::to_owned));
        ids.collect()
    }
}

/// A step that needs something which no step before it made.
fn lost(what: &str) -> Error {
    Error::Conflict(vec![format!("the plan does not know the id of {what}")])
}
