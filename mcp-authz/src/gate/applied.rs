//! A rule as it is for one operation: a template's with the variables of its URI.

use std::borrow::Cow;

use rmcp::model::JsonObject;

use super::operation::{Arguments, Operation};
use super::policy::{Asked, first_party};
use super::rule::Rule;
use super::template::{Template, Variables};
use crate::auth_info::AuthInfo;
use crate::challenge::Denial;
use crate::registry::Access;

/// A rule that an operation is under.
pub(super) struct Applied<'a> {
    pub(super) rule: &'a Rule,
    /// With the variables of a URI filled in; `None` where nobody may, since a value must not become
    /// part of a scope, or the URI is another one's in other letters.
    pub(super) access: Option<Cow<'a, Access>>,
    /// Those of a URI that a template stands for.
    pub(super) variables: JsonObject,
}

impl<'a> Applied<'a> {
    pub(super) fn as_written(rule: &'a Rule) -> Self {
        Self {
            rule,
            access: Some(Cow::Borrowed(&rule.access)),
            variables: JsonObject::new(),
        }
    }

    /// The rule of `template`, if `uri` is one of it, or would be in other letters.
    pub(super) fn to_uri(
        template: &Template,
        rule: &'a Rule,
        uri: &str,
        lower: &str,
    ) -> Option<Self> {
        let Some(variables) = template.matches(uri) else {
            // A handler that ignores case would take it for one of these.
            return template.matches_in_lower_case(lower).then(|| Self {
                rule,
                access: None,
                variables: JsonObject::new(),
            });
        };
        let access = filled(rule, &variables);
        Some(Self {
            rule,
            access,
            variables: rule.read(variables)?,
        })
    }

    pub(super) fn has_policy(&self) -> bool {
        self.rule.asks_policies() || self.rule.first_party
    }

    /// Asks the policies for `auth`: scopes and sign-in are there.
    pub(super) async fn ask(
        self,
        operation: Operation<'_>,
        auth: &AuthInfo,
        asked: &mut Asked,
    ) -> Result<(), Denial> {
        if self.rule.first_party {
            first_party(auth)?;
        }
        for policy in &self.rule.policies {
            asked.ask(policy, auth).await?;
        }
        let Some((last, before)) = self.rule.policies_for.split_last() else {
            return Ok(());
        };
        let Some(arguments) = self.arguments(operation)? else {
            // Some could pass.
            return Ok(());
        };
        for policy in before {
            asked.ask_for(policy, arguments.clone(), auth).await?;
        }
        asked.ask_for(last, arguments, auth).await
    }

    /// What a policy over arguments is asked about; `None` where nobody knows them yet.
    fn arguments(self, operation: Operation<'_>) -> Result<Option<JsonObject>, Denial> {
        match operation {
            Operation::Tool(_, Arguments::These(these))
            | Operation::Prompt(_, Arguments::These(these)) => {
                Ok(Some(these.cloned().unwrap_or_default()))
            }
            Operation::Tool(_, Arguments::Earlier(call)) => {
                call.arguments().map(Some).ok_or(Denial::Failed)
            }
            Operation::Resource(_) => Ok(Some(self.variables)),
            Operation::Tool(_, Arguments::Some)
            | Operation::Prompt(_, Arguments::Some)
            | Operation::Template(_) => Ok(None),
            _ => Err(Denial::Failed),
        }
    }
}

/// What the rule of a template asks for one of its URIs.
fn filled<'a>(rule: &'a Rule, variables: &Variables) -> Option<Cow<'a, Access>> {
    match &rule.access {
        Access::Scopes(requirement) => {
            let filled = requirement.fill(variables)?;
            Some(Cow::Owned(Access::Scopes(filled)))
        }
        other => Some(Cow::Borrowed(other)),
    }
}
