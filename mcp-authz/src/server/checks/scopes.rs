//! What clients are told to ask for, and which scopes include others.

use crate::registry::Access;
use crate::scope::{Hierarchy, Inclusions, Requirement, Scope, ScopeSet};
use crate::server::item::Item;

/// Whether to stay signed in is for the client to ask (SEP-2207).
const OFFLINE_ACCESS: &str = "offline_access";

/// The scopes that a client is told to ask for first.
pub(in crate::server) fn initial_scopes(
    written: Option<&[String]>,
    items: &[Item],
    problems: &mut Vec<String>,
) -> ScopeSet {
    let Some(written) = written else {
        return all_scopes(items);
    };
    let mut scopes = ScopeSet::new();
    for text in written {
        match text.parse::<Scope>() {
            Ok(scope) if scope.as_str() == OFFLINE_ACCESS => problems.push(
                "initial_scopes must not name \"offline_access\": whether to stay signed in is for the client to ask".into(),
            ),
            Ok(scope) if scope.as_str().contains('{') => problems.push(format!(
                "initial scope {text:?} names a variable, and a client would ask for the braces: leave it out"
            )),
            Ok(scope) => scopes.insert(scope),
            Err(error) => problems.push(format!("initial scope {text:?} is {error}")),
        }
    }
    scopes
}

/// Everything that any item requires, except what a resource must not ask for (SEP-2207), what
/// depends on a variable, and what only those may know of who have it.
pub(in crate::server) fn all_scopes(items: &[Item]) -> ScopeSet {
    let shown = items.iter().filter(|item| !item.rule.concealed);
    let required = shown.filter_map(|item| match &item.rule.access {
        Access::Scopes(requirement) => Some(Requirement::scopes(requirement)),
        Access::Authenticated | Access::Anonymous => None,
    });
    required
        .flatten()
        .filter(|scope| scope.as_str() != OFFLINE_ACCESS && !scope.as_str().contains('{'))
        .collect()
}

/// What includes what.
pub(in crate::server) fn inclusions(
    hierarchy: &Hierarchy,
    problems: &mut Vec<String>,
) -> Inclusions {
    hierarchy.close().unwrap_or_else(|found| {
        problems.extend(found);
        Inclusions::default()
    })
}
