//! What a tenant lacks of what a server wants. Reads only.

use super::claims::{self, Standing};
use super::kept_back;
use super::step::{Consent, Known, Plan, Step};
use super::wanted::{Agent, Assignment, Provisioning};
use crate::logto::{ConsentScopes, Error, Management, ResourceScope, Role, RoleType};

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

    async fn compare_role(&self, logto: &Management, plan: &mut Plan) -> Result<(), Error> {
        let wanted = self.of_role(plan);
        let mut roles = logto.roles().await?.into_iter();
        let Some(role) = roles.find(|role| role.name == self.role) else {
            if !wanted.is_empty() {
                plan.steps.push(Step::Role {
                    scopes: wanted,
                    is_default: self.default_role,
                });
                self.compare_assignment(None, logto, plan).await?;
            }
            return Ok(());
        };
        if role.role_type != RoleType::User {
            plan.problems.push(format!(
                "the role {:?} is not one for people: name another one by `.role(..)`",
                role.name
            ));
            return Ok(());
        }
        plan.known.role = Some(role.id.clone());
        let held = logto.role_scopes(&role.id).await?;
        // By id: a scope of another API resource may have the same name.
        let holds = |id: &String| held.iter().any(|scope| scope.id == *id);
        let known = &plan.known.scopes;
        let missing = wanted
            .iter()
            .filter(|name| !known.get(*name).is_some_and(holds));
        let missing: Vec<String> = missing.cloned().collect();
        let held = known.iter().filter(|(_, id)| holds(id));
        let held = held.map(|(name, _)| name.as_str());
        let besides = kept_back::besides(held, &wanted);
        plan.notes
            .extend(besides.map(|names| format!("the role {:?} holds {names}", role.name)));
        if !missing.is_empty() {
            plan.steps.push(Step::RoleScopes(missing));
        }
        if self.default_role && !role.is_default {
            plan.steps.push(Step::DefaultRole);
        }
        self.compare_assignment(Some(&role), logto, plan).await
    }

    async fn compare_assignment(
        &self,
        role: Option<&Role>,
        logto: &Management,
        plan: &mut Plan,
    ) -> Result<(), Error> {
        let wanted = match &self.assignment {
            Assignment::Nobody => return Ok(()),
            Assignment::Everybody => {
                let users = logto.users().await?.into_iter();
                users.map(|user| user.id).collect()
            }
            Assignment::These(ids) => known_users(ids, logto, plan).await?,
        };
        let held = match role {
            Some(role) => logto.role_users(&role.id).await?,
            None => Vec::new(),
        };
        let lacks = |id: &String| !held.iter().any(|user| user.id == *id);
        let lacking: Vec<String> = wanted.into_iter().filter(lacks).collect();
        if !lacking.is_empty() {
            plan.steps.push(Step::Assignment(lacking));
        }
        Ok(())
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

    async fn compare_agent(
        &self,
        agent: &Agent,
        logto: &Management,
        plan: &mut Plan,
    ) -> Result<(), Error> {
        let Some((app, allowed)) = allowed(agent, logto, plan).await? else {
            return Ok(());
        };
        let all = || self.for_everybody();
        let wanted: Vec<String> = agent.scopes.clone().unwrap_or_else(all);
        for scope in wanted
            .iter()
            .filter(|scope| !self.scopes.contains_key(*scope))
        {
            plan.problems.push(format!(
                "an agent is to ask for {scope:?}, which is no scope of the server"
            ));
        }
        let may = || allowed.of_resource(&self.resource);
        let has = |name: &String| may().any(|one| one.name == *name);
        let besides = kept_back::besides(may().map(|one| one.name.as_str()), &wanted);
        let who = app
            .as_ref()
            .map(|(_, name)| format!("the third-party app {name:?}"));
        let who = who
            .as_deref()
            .unwrap_or("whoever brings a metadata document");
        plan.notes
            .extend(besides.map(|names| format!("{who} may ask for {names}")));
        let has_user_scope = |name: &String| allowed.user_scopes.contains(name);
        let consent = Consent {
            app,
            scopes: wanted.iter().filter(|name| !has(name)).cloned().collect(),
            user_scopes: wanted
                .iter()
                .filter(|name| claims::is_user_scope(name) && !has_user_scope(name))
                .cloned()
                .collect(),
        };
        if !consent.scopes.is_empty() || !consent.user_scopes.is_empty() {
            plan.steps.push(Step::Consent(consent));
        }
        Ok(())
    }
}

/// The people among `ids`; an id that is nobody's is a problem.
async fn known_users(
    ids: &[String],
    logto: &Management,
    plan: &mut Plan,
) -> Result<Vec<String>, Error> {
    let mut known: Vec<String> = Vec::new();
    for id in ids {
        match logto.user(id).await {
            Ok(_) if known.contains(id) => {}
            Ok(_) => known.push(id.clone()),
            Err(error) if error.is_not_found() => {
                plan.problems.push(format!(
                    "nobody has the id {id:?} (it is `sub` of their tokens)"
                ));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(known)
}

/// Id and name of an application.
type App = (String, String);

/// Who the agent is and what they may ask for already; nothing where that is a problem.
async fn allowed(
    agent: &Agent,
    logto: &Management,
    plan: &mut Plan,
) -> Result<Option<(Option<App>, ConsentScopes)>, Error> {
    let Some(id) = &agent.app_id else {
        if !logto.metadata_documents_enabled().await? {
            plan.steps.push(Step::MetadataDocuments);
        }
        return Ok(Some((None, logto.metadata_document_scopes().await?)));
    };
    let problem = match logto.application(id).await {
        Ok(app) if app.is_third_party => {
            let allowed = logto.consent_scopes(id).await?;
            return Ok(Some((Some((app.id, app.name)), allowed)));
        }
        Ok(app) => format!(
            "the application {:?} ({id}) is not a third-party one: nobody is asked about it",
            app.name
        ),
        Err(error) if error.is_not_found() => format!("there is no application with the id {id:?}"),
        Err(error) => return Err(error),
    };
    plan.problems.push(problem);
    Ok(None)
}
