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

/// A value of the handler's for one argument, beside those that are given.
struct Completion<'a> {
    argument: &'a str,
    value: &'a str,
    given: &'a Given,
}

impl Completion<'_> {
    /// What an argument then is.
    fn of(&self, argument: &str) -> Option<&str> {
        match argument == self.argument {
            true => Some(self.value),
            false => self.given.get(argument).map(String::as_str),
        }
    }

    /// All that is then given.
    fn arguments(&self) -> JsonObject {
        let given = self.given.keys().map(String::as_str);
        let names = given.chain([self.argument]);
        let values = names.filter_map(|name| Some((name.to_owned(), self.of(name)?.into())));
        values.collect()
    }

    /// What is then given of the variables of a template.
    fn variables(&self, template: &Template) -> Variables {
        let names = template.variables();
        let values = names.filter_map(|name| Some((name.to_owned(), self.of(name)?.to_owned())));
        values.collect()
    }
}

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
        self.leave_out(found, operation, (&argument, &given), &pass.0.caller)
            .await;
        Ok(completed)
    }

    /// Leaves out of the values of one argument, with others given, what leads to nothing that `caller`
    /// may have.
    async fn leave_out(
        &self,
        found: &mut CompletionInfo,
        operation: Operation<'_>,
        (argument, given): (&str, &Given),
        caller: &Caller,
    ) {
        let (rules, asked) = (&self.guarded.rules, &mut Asked::default());
        let mut kept = Vec::new();
        for value in &found.values {
            let completion = Completion {
                argument,
                value,
                given,
            };
            let completes = rules.completes(operation, &completion, caller, asked);
            if completes.await {
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
    /// Whether a completion leads to something that `caller` may have.
    async fn completes(
        &self,
        operation: Operation<'_>,
        completion: &Completion<'_>,
        caller: &Caller,
        asked: &mut Asked,
    ) -> bool {
        match operation {
            Operation::Template(text) => match self.template(text) {
                Some((template, rule)) => {
                    self.completes_uri(template, rule, completion, caller, asked)
                        .await
                }
                None => false,
            },
            Operation::Prompt(name, some) => {
                let rule = self.fixed(&Operation::Prompt(name, some));
                if !rule.is_some_and(Rule::asks_by_arguments) {
                    return true;
                }
                // What is still missing is missing for whoever decides as well.
                let arguments = completion.arguments();
                let operation = Operation::Prompt(name, Arguments::These(Some(&arguments)));
                self.judge_with(operation, caller, asked).await.passes()
            }
            _ => true,
        }
    }

    /// Whether the variables of a template, as far as they are there, lead to a URI that `caller` may have.
    async fn completes_uri(
        &self,
        template: &Template,
        rule: &Rule,
        completion: &Completion<'_>,
        caller: &Caller,
        asked: &mut Asked,
    ) -> bool {
        let variables = completion.variables(template);
        // What no URI has leads nowhere, but the handler was asked where it leads.
        if !template.admits(&variables) {
            return false;
        }
        // Where they lead to one, other rules can be for that as well.
        if let Some(uri) = template.expand(&variables) {
            let operation = Operation::Resource(&uri);
            return self.judge_with(operation, caller, asked).await.passes();
        }
        self.could_begin(rule, &variables, caller)
            && self
                .is_open_beyond(template, completion, caller, asked)
                .await
            && rule.lets_begin(variables, caller, asked).await
    }

    /// Whether other templates allow any URI that begins like this: those that stand for all that begin with
    /// what was given beside the argument, whatever follows. What there is for the argument itself is for
    /// `template` alone to tell.
    async fn is_open_beyond(
        &self,
        template: &Template,
        completion: &Completion<'_>,
        caller: &Caller,
        asked: &mut Asked,
    ) -> bool {
        let variables = completion.variables(template);
        let mut beside = variables.clone();
        beside.remove(completion.argument);
        let expand = |values: &Variables| template.expand_with(values, WHATEVER);
        let (Some(any), Some(some)) = (expand(&beside), expand(&variables)) else {
            return false;
        };
        let lower = any.to_ascii_lowercase();
        for (other, rule) in &self.templates {
            if other.as_str() == template.as_str() {
                continue;
            }
            if other.matches(&any).is_none() {
                if other.matches_in_lower_case(&lower) {
                    return false;
                }
                continue;
            }
            let mut known = other.matches(&some).unwrap_or_default();
            known.retain(|_, value| !value.contains(WHATEVER));
            let operation = Operation::Template(other.as_str());
            if !self.judge_with(operation, caller, asked).await.passes()
                || !self.could_begin(rule, &known, caller)
                || !rule.lets_begin(known, caller, asked).await
            {
                return false;
            }
        }
        true
    }

    /// Whether the scopes of some URI that begins like this could be there.
    fn could_begin(&self, rule: &Rule, variables: &Variables, caller: &Caller) -> bool {
        let Access::Scopes(requirement) = &rule.access else {
            return true;
        };
        let filled = requirement.fill(variables).zip(caller.as_ref());
        filled.is_some_and(|(requirement, auth)| self.terms.could_meet(&requirement, auth.scopes()))
    }
}

/// Stands for a value that is not given yet: no template names it.
const WHATEVER: &str = "~whatever~";

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
