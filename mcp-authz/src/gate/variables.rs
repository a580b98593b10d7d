//! What an annotated resource makes of the variables of its URI: typed values, which a requirement
//! and a policy can be about. The gate knows them from the URI, so it decides on them itself, for
//! whatever method names the URI.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::Arc;

use rmcp::model::JsonObject;
use serde_json::Value;

use super::policy::{OfArguments, PolicyError};
use super::rule::{Rule, ScopesFor};
use super::template::Variables;
use crate::auth_info::AuthInfo;
use crate::scope::Requirement;

/// A variable's name, and whether its value can be read as what the function takes. All of them, in the
/// order in which the function takes them.
pub(crate) type Variable = (&'static str, fn(&str, &JsonObject) -> bool);

impl Rule {
    /// The variables of a URI as a call takes them; `None` where the function could not read them:
    /// then it is no such resource. Asked here and nowhere else, so that what was decided is what runs.
    pub(crate) fn read(&self, variables: Variables) -> Option<JsonObject> {
        let values = variables.into_iter();
        let values = values.map(|(name, value)| (name, Value::String(value)));
        let values: JsonObject = values.collect();
        let is_read = self.variables.is_none_or(|typed| {
            let read = || typed.iter().all(|(name, reads)| reads(name, &values));
            catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
        });
        is_read.then_some(values)
    }
}

/// For the macros' expansions: the rule of a resource whose function takes these variables.
pub fn with_variables(rule: Rule, variables: &'static [Variable]) -> Rule {
    Rule {
        variables: Some(variables),
        ..rule
    }
}

/// For the macros' expansions: the rule with what the variables require besides.
pub fn require_of<V: FromVariables>(
    mut rule: Rule,
    more: impl Fn(&V, &AuthInfo) -> Requirement + Send + Sync + 'static,
) -> Rule {
    let variables = rule.variables.unwrap_or_default();
    let more = move |values: &JsonObject, auth: &AuthInfo| {
        V::read(variables, values).map(|values| more(&values, auth))
    };
    rule.ask_for(ScopesFor(Arc::new(more)));
    rule
}

/// The rule with a policy over the variables.
pub(super) fn with_policy<V, F, W>(rule: Rule, policy: F) -> Rule
where
    V: FromVariables + Send + Sync,
    F: for<'a> OfArguments<'a, V, W> + Copy + Send + Sync + 'static,
{
    let variables = rule.variables.unwrap_or_default();
    rule.policy_for(move |values, auth| async move {
        match V::read(variables, &values) {
            Some(values) => policy.answer(&auth, &values).await,
            None => Err(PolicyError::unavailable()),
        }
    })
}

/// A variable of a URI template, as a type of the author's.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a variable of a URI template",
    label = "not a type that can be read from a part of a URI",
    note = "a parameter with the name of a variable is read from the URI: use a type that implements `FromStr`, such as `String` or `u64`; see https://docs.rs/mcp-authz/latest/mcp_authz/attr.resource.html#families-of-resources"
)]
pub trait FromVariable: Sized {
    /// `None` where the value is not there, or not of this type.
    fn read(name: &str, values: &JsonObject) -> Option<Self>;

    /// Whether there is one.
    fn is_read(name: &str, values: &JsonObject) -> bool {
        Self::read(name, values).is_some()
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromStr> FromVariable for T {
    fn read(name: &str, values: &JsonObject) -> Option<Self> {
        values.get(name)?.as_str()?.parse().ok()
    }
}

/// All variables that a function takes.
pub trait FromVariables: Sized + 'static {
    /// `None` where one of them cannot be read.
    fn read(variables: &[Variable], values: &JsonObject) -> Option<Self>;
}

macro_rules! tuples {
    ($($variable:ident)+) => {
        impl<$($variable: FromVariable + 'static),+> FromVariables for ($($variable,)+) {
            fn read(variables: &[Variable], values: &JsonObject) -> Option<Self> {
                let mut names = variables.iter().map(|(name, _)| name);
                Some(($($variable::read(names.next()?, values)?,)+))
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
