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
        let wanted = self.wanted_by(agent, plan);
        let may = || allowed.of_resource(&self.resource);
        let has = |name: &String| may().any(|one| one.name == *name);
        let besides = kept_back::besides(may().map(|one| one.name.as_str()), &wanted);
        let who = who(app.as_ref());
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

    /// What an agent is to ask for, by name; what is no scope of the server's is a problem.
    fn wanted_by(&self, agent: &Agent, plan: &mut Plan) -> Vec<String> {
        let Some(named) = &agent.scopes else {
            return self.for_everybody();
        };
        let unknown = named.iter().filter(|name| !self.scopes.contains_key(*name));
        plan.problems.extend(unknown.map(|name| {
            format!("an agent is to ask for {name:?}, which is no scope of the server")
        }));
        named.clone()
    }
}

fn who(app: Option<&App>) -> String {
    match app {
        Some((_, name)) => format!("the third-party app {name:?}"),
        None => "whoever brings a metadata document".to_owned(),
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
