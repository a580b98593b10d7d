//! The role that holds what is for everybody, and who has it.

use crate::logto::plan::kept_back;
use crate::logto::plan::step::{Plan, Step};
use crate::logto::plan::wanted::{Assignment, Provisioning};
use crate::logto::{Error, Management, Role, RoleType};

impl Provisioning {
    pub(super) async fn compare_role(
        &self,
        logto: &Management,
        plan: &mut Plan,
    ) -> Result<(), Error> {
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
        compare_scopes(&role, &wanted, logto, plan).await?;
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
}

/// What the role lacks of what it is to hold, and what it holds besides.
async fn compare_scopes(
    role: &Role,
    wanted: &[String],
    logto: &Management,
    plan: &mut Plan,
) -> Result<(), Error> {
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
    let besides = kept_back::besides(held, wanted);
    plan.notes
        .extend(besides.map(|names| format!("the role {:?} holds {names}", role.name)));
    if !missing.is_empty() {
        plan.steps.push(Step::RoleScopes(missing));
    }
    Ok(())
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
