//! What an agent may ask people for.

use crate::logto::plan::step::{Consent, Plan, Step};
use crate::logto::plan::wanted::{Agent, Provisioning};
use crate::logto::plan::{claims, kept_back};
use crate::logto::{ConsentScopes, Error, Management};

impl Provisioning {
    pub(super) async fn compare_agent(
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
