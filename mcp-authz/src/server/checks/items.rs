//! What is wrong with the items of a server: their names and rules.

use crate::gate::{SignIn, Template, takes_rule};
use crate::registry::{Access, Kind};
use crate::scope::{Scope, is_well_formed, placeholders};
use crate::server::item::Item;

/// Two declarations cannot share a name: which one would a scope guard?
pub(in crate::server) fn names(items: &[Item], problems: &mut Vec<String>) {
    for (index, item) in items.iter().enumerate() {
        let twins = items
            .iter()
            .skip(index + 1)
            .filter(|other| (other.kind, &other.name) == (item.kind, &item.name));
        for twin in twins {
            problems.push(match (item.crate_name, item.kind) {
                (Some(_), Kind::Resource) => format!(
                    "{item} and {twin} are the same to a client: give one another URI"
                ),
                (Some(_), _) => format!(
                    "two {0}s are named {1:?} ({item} and {twin}): give one another name with `#[{0}(name = \"…\")]`",
                    item.kind, item.name,
                ),
                (None, _) => format!("{item} and {twin} are two rules for the same: keep one"),
            });
        }
        if item.kind == Kind::Method && !takes_rule(&item.name) {
            problems.push(format!(
                "{item} is MCP's own, and decided by what it names: take its rule out"
            ));
        }
    }
}

/// Who may call must be decidable: anonymous tools are agreed to, all others need an issuer.
pub(in crate::server) fn access(
    items: &[Item],
    has_verifier: bool,
    allow_anonymous: bool,
    problems: &mut Vec<String>,
) {
    let (anonymous, others): (Vec<&Item>, Vec<&Item>) = items
        .iter()
        .partition(|item| item.rule.access == Access::Anonymous);
    if !has_verifier && !others.is_empty() {
        let others: Vec<String> = others.iter().map(ToString::to_string).collect();
        problems.push(format!(
            "no issuer can vouch for callers, and these want a verified one: {}; add `.issuer(\"https://…\")` with your authorization server",
            others.join(", ")
        ));
    }
    for item in anonymous.iter().filter(|_| !allow_anonymous) {
        problems.push(format!(
            "{item} is declared `anonymous`: add `.allow_anonymous()` to the server, or say in {} who may call it",
            item.where_written()
        ));
    }
}

/// What is for the operator's own clients is for nobody, as long as no issuer says which those are.
pub(in crate::server) fn first_party(items: &[Item], known: bool, problems: &mut Vec<String>) {
    let items = items.iter().filter(|item| item.rule.first_party && !known);
    problems.extend(items.map(|item| {
        format!(
            "{item} is for first-party clients, and no issuer says which those are: add `.first_party([\"client-id\"])` to the issuer"
        )
    }));
}

/// Every part of a rule must be able to be met.
pub(in crate::server) fn rules(items: &[Item], problems: &mut Vec<String>) {
    concealed(items, problems);
    for item in items {
        let template = match (item.kind, Template::parse(&item.name)) {
            (Kind::Resource, Ok(template)) => Some(template),
            (Kind::Resource, Err(what)) if Template::is_template(&item.name) => {
                problems.push(format!("{item} {what}"));
                continue;
            }
            _ => None,
        };
        let variables: Vec<&str> = template.iter().flat_map(Template::variables).collect();
        if let Access::Scopes(requirement) = &item.rule.access {
            for scope in requirement.scopes().iter() {
                if let Some(what) = wrong_with_variables(scope.as_str(), &variables) {
                    problems.push(format!("{item} asks for scope \"{scope}\", which {what}"));
                }
            }
        }
        if item.kind == Kind::Method && item.rule.asks_by_arguments() {
            problems.push(format!(
                "{item} is decided by its arguments, which the gate does not know of such a method: write its scopes, or a `policy` of the caller"
            ));
        }
        sign_in(item, problems);
        if item.rule.access == Access::Anonymous && item.rule.concealed {
            problems.push(format!(
                "{item} is `anonymous`, so `conceal` hides it from nobody: take one of them out"
            ));
        }
        if item.rule.access == Access::Anonymous && item.rule.asks_for_somebody() {
            problems.push(format!(
                "{item} is `anonymous`, and asks for more than that of a caller who is nobody: write `authenticated`"
            ));
        }
    }
}

/// Nobody can tell a concealed URI from one that there is not, or it is not concealed: where a template
/// stands for both, the handler answers the one and the gate the other.
fn concealed(items: &[Item], problems: &mut Vec<String>) {
    let resources = || items.iter().filter(|item| item.kind == Kind::Resource);
    let templates: Vec<_> = resources()
        .filter(|item| Template::is_template(&item.name))
        .filter_map(|item| Some((item, Template::parse(&item.name).ok()?)))
        .collect();
    for item in resources().filter(|item| item.rule.concealed) {
        let own = templates.iter().find(|(other, _)| other.name == item.name);
        let uri = own.map_or(Some(item.name.clone()), |(_, template)| template.example());
        let also = templates.iter().find(|(other, template)| {
            other.name != item.name
                && uri
                    .as_deref()
                    .is_some_and(|uri| template.matches(uri).is_some())
        });
        if let Some((other, _)) = also {
            problems.push(format!(
                "{item} is concealed, and {other} stands for it as well: whoever may have that sees that something is there, so give it a URI of its own kind, or take `conceal` out"
            ));
        }
    }
}

fn wrong_with_variables(scope: &str, variables: &[&str]) -> Option<String> {
    if !is_well_formed(scope) {
        return Some("has a brace without its pair".to_owned());
    }
    let unknown = placeholders(scope).find(|name| !variables.contains(name))?;
    let has = match variables.is_empty() {
        true => "here there is none".to_owned(),
        false => format!("here: {{{}}}", variables.join("}, {")),
    };
    Some(format!(
        "names {{{unknown}}}: only the variables of a resource's own template can stand there ({has})"
    ))
}

fn sign_in(item: &Item, problems: &mut Vec<String>) {
    let SignIn {
        max_age,
        acr_values,
    } = &item.rule.sign_in;
    if max_age.is_some_and(|age| age.as_secs() == 0) {
        problems.push(format!(
            "{item} has a `max_age` of less than a second, which no sign-in can meet: write whole seconds"
        ));
    }
    // RFC 9470 §3: a list with spaces, in a quoted string.
    for value in acr_values {
        if value.is_empty() {
            problems.push(format!(
                "{item} has an empty way of signing in among its `acr_values`, or none that each call names: name at least one, or take them out"
            ));
        } else if value.parse::<Scope>().is_err() {
            problems.push(format!(
                "{item} has the `acr_values` entry {value:?}: use printable ASCII without spaces, quotes and backslashes"
            ));
        }
    }
}
