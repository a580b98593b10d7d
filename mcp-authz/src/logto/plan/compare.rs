//! What a tenant lacks of what a server wants. Reads only.

mod agent;
mod role;

use super::claims::{self, Standing};
use super::step::{Known, Plan, Step};
use super::wanted::Provisioning;
use crate::logto::{Error, Management, ResourceScope};

impl Provisioning {
    /// Compares this with the tenant and says what is missing there. Changes nothing.
    ///
    /// ```no_run
    /// # async fn example(server: mcp_authz::Server, logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
    /// use mcp_authz::logto::Provisioning;
    ///
    /// let plan = Provisioning::of(server.manifest()).plan(&logto).await?;
    /// assert!(plan.is_empty(), "{plan}"); // in CI: the tenant has what the server needs
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// What Logto answers. What the tenant has and the plan cannot go along with is no error but one
    /// of its [`problems`](Plan::problems).
    pub async fn plan(&self, logto: &Management) -> Result<Plan, Error> {
        let mut plan = Plan {
            endpoint: logto.endpoint().to_owned(),
            server: self.server.clone(),
            resource: self.resource.clone(),
            role: self.role.clone(),
            known: Known::default(),
            steps: Vec::new(),
            notes: self.notes.clone(),
            problems: self.problems.clone(),
        };
        self.tell_kept_back(&mut plan);
        self.compare_resource(logto, &mut plan).await?;
        self.compare_role(logto, &mut plan).await?;
        self.compare_customizer(logto, &mut plan).await?;
        for agent in &self.agents {
            self.compare_agent(agent, logto, &mut plan).await?;
        }
        Ok(plan)
    }

    async fn compare_resource(&self, logto: &Management, plan: &mut Plan) -> Result<(), Error> {
        let mut resources = logto.resources().await?.into_iter();
        let resource = resources.find(|one| one.indicator == self.resource);
        let scopes = match resource {
            Some(resource) => {
                let scopes = logto.resource_scopes(&resource.id).await?;
                plan.known.resource = Some(resource.id);
                scopes
            }
            None => {
                plan.steps.push(Step::Resource);
                Vec::new()
            }
        };
        for (name, words) in &self.scopes {
            match scopes.iter().find(|scope| scope.name == *name) {
                Some(scope) => self.compare_words(scope, words, plan),
                None => plan.steps.push(Step::Scope {
                    name: name.clone(),
                    words: words.clone(),
                }),
            }
        }
        for ResourceScope { name, .. } in &scopes {
            if !self.scopes.contains_key(name) {
                plan.notes.push(format!(
                    "scope {name:?} is there, and the server does not ask for it"
                ));
            }
        }
        let ids = scopes.into_iter().map(|scope| (scope.name, scope.id));
        plan.known.scopes = ids.collect();
        Ok(())
    }

    fn compare_words(&self, scope: &ResourceScope, words: &str, plan: &mut Plan) {
        let old = scope.description.as_deref().unwrap_or_default();
        if words.is_empty() || old == words {
            return;
        }
        if old.is_empty() || self.rewords {
            plan.steps.push(Step::Words {
                scope: scope.name.clone(),
                old: old.to_owned(),
                new: words.to_owned(),
            });
        } else {
            plan.notes.push(format!(
                "scope {:?} keeps its description {old:?}; the server says {words:?}",
                scope.name
            ));
        }
    }

    async fn compare_customizer(&self, logto: &Management, plan: &mut Plan) -> Result<(), Error> {
        let releases = self
            .scopes
            .keys()
            .any(|scope| claims::words(scope).is_some());
        if !self.customizer || !releases {
            return Ok(());
        }
        let current = logto.token_customizer().await?;
        let is_new = current.is_none();
        match claims::customizer(current, &self.resource) {
            Standing::Done => {}
            Standing::Set(customizer) => plan.steps.push(Step::Customizer { customizer, is_new }),
            Standing::Foreign => plan.problems.push(
                "the tenant has a token customizer of its own, and can have one only: let it add the \
                 claims, and write `.without_token_customizer()`"
                    .to_owned(),
            ),
        }
        Ok(())
    }
}
