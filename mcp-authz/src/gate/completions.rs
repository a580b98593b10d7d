//! Completions for what a caller may have: as far as it may have what they lead to.

use std::collections::HashMap;

use rmcp::model::{
    CompleteRequestParams, CompleteResult, CompletionInfo, ErrorData, JsonObject, Reference,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};

use super::Gate;
use super::operation::{Arguments, Caller, Operation};
use super::policy::Asked;
use super::rule::Rule;
use super::rulebook::Rulebook;
use super::template::{Template, Variables};
use crate::registry::Access;

/// The arguments that are given so far, by the client's own words.
type Given = HashMap<String, String>;

impl<H: ServerHandler> Gate<H> {
    /// Completions for what the caller may have: those of a template only as far as it may have
    /// what they lead to, and those of a prompt as far as its arguments may be such.
    pub(super) async fn complete_allowed(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let reference = request.r#ref.clone();
        let operation = match &reference {
            Reference::Prompt(prompt) => Operation::Prompt(&prompt.name, Arguments::Some),
            Reference::Resource(resource) if Template::is_template(&resource.uri) => {
                Operation::Template(&resource.uri)
            }
            Reference::Resource(resource) => Operation::Resource(&resource.uri),
            // A kind of reference that rmcp adds has no rule.
            _ => Operation::Tool("", Arguments::Some),
        };
        let pass = self.pass(&context, operation).await?;
        let (argument, given) = (request.argument.name.clone(), request.context.clone());
        let completed = pass.run(|| self.guarded.handler.complete(request, context));
        let mut completed = completed.await?;
        let given = given.and_then(|given| given.arguments).unwrap_or_default();
        let found = &mut completed.completion;
        self.leave_out(found, (operation, &given, &argument), &pass.0.caller)
            .await;
        Ok(completed)
    }

    /// Leaves out of the values of one argument, with others given, what leads to nothing that `caller`
    /// may have.
    async fn leave_out(
        &self,
        found: &mut CompletionInfo,
        (operation, given, argument): (Operation<'_>, &Given, &str),
        caller: &Caller,
    ) {
        let rules = &self.guarded.rules;
        let asked = &mut Asked::default();
        let mut kept = Vec::new();
        for value in &found.values {
            let completion = (argument, value.as_str());
            let completes = match operation {
                Operation::Template(text) => {
                    rules
                        .completes_uri(text, given, completion, caller, asked)
                        .await
                }
                Operation::Prompt(name, _) => {
                    rules
                        .completes_prompt(name, given, completion, caller, asked)
                        .await
                }
                _ => true,
            };
            if completes {
                kept.push(value.clone());
            }
        }
        if kept.len() < found.values.len() {
            // How many there are is not for somebody who may not have them all.
            (found.total, found.has_more) = (None, None);
        }
        found.values = kept;
    }
}

impl Rulebook {
    /// Whether a completion of a prompt's argument is one that `caller` may give it, beside the others so
    /// far. What is still missing is missing for whoever decides as well.
    async fn completes_prompt(
        &self,
        name: &str,
        given: &Given,
        (argument, value): (&str, &str),
        caller: &Caller,
        asked: &mut Asked,
    ) -> bool {
        let some = Operation::Prompt(name, Arguments::Some);
        if !self.fixed(&some).is_some_and(Rule::asks_by_arguments) {
            return true;
        }
        let given = given
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let arguments: JsonObject = given
            .chain([(argument, value)])
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let operation = Operation::Prompt(name, Arguments::These(Some(&arguments)));
        self.judge_with(operation, caller, asked).await.passes()
    }

    /// Whether a completion of a template's variable leads to something that `caller` may have.
    async fn completes_uri(
        &self,
        text: &str,
        given: &Given,
        (argument, value): (&str, &str),
        caller: &Caller,
        asked: &mut Asked,
    ) -> bool {
        let Some((template, rule)) = self.template(text) else {
            return false;
        };
        let of = |name: &str| match name == argument {
            true => Some(value.to_owned()),
            false => given.get(name).cloned(),
        };
        let names = template.variables();
        let variables: Variables = names
            .filter_map(|name| Some((name.to_owned(), of(name)?)))
            .collect();
        // Where it leads to one URI, other rules can be for that as well.
        if let Some(uri) = template.expand(&variables) {
            let operation = Operation::Resource(&uri);
            if self.applied(&operation).next().is_some() {
                return self.judge_with(operation, caller, asked).await.passes();
            }
            if self.is_alias(&uri) {
                return false;
            }
        }
        let could = match &rule.access {
            Access::Scopes(requirement) => {
                let filled = requirement.fill(&variables).zip(caller.as_ref());
                filled.is_some_and(|(requirement, auth)| {
                    self.terms.could_meet(&requirement, auth.scopes())
                })
            }
            Access::Authenticated | Access::Anonymous => true,
        };
        could && rule.lets_begin(variables, caller, asked).await
    }
}

impl Rule {
    /// Whether the policies over the variables of a URI allow those that are there so far.
    async fn lets_begin(&self, variables: Variables, caller: &Caller, asked: &mut Asked) -> bool {
        if self.policies_for.is_empty() {
            return true;
        }
        let (Some(auth), Some(values)) = (caller, self.read(variables)) else {
            return false;
        };
        for policy in &self.policies_for {
            let said = asked.ask_for(policy, values.clone(), auth).await;
            if said.is_err() {
                return false;
            }
        }
        true
    }
}
