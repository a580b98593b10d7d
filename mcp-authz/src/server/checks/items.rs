//! What is wrong with the items of a server: their names, rules, parameters and scopes.

use serde_json::Value;

use crate::extract::{App, Signature};
use crate::gate::{SignIn, Template, takes_rule};
use crate::registry::{self, Access, Kind};
use crate::scope::{Requirement, Scope, ScopeSet, is_well_formed, placeholders};
use crate::server::item::{Declared, Item};
use crate::server::toolsets::Toolsets;

/// A server without anything to guard is a mistake.
pub(in crate::server) fn some(functions: &[Declared], problems: &mut Vec<String>) {
    if functions.is_empty() {
        problems.push(
            "no tool, prompt or resource is declared: put `#[tool(..)]`, `#[prompt(..)]` or `#[resource(..)]` above a function; if yours live in another crate, name that crate in code (`use my_tools as _;`)".into(),
        );
    }
}

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

/// Everything that a function takes must be there.
pub(in crate::server) fn parameters(functions: &[Declared], app: &App, problems: &mut Vec<String>) {
    for Declared {
        item, signature, ..
    } in functions
    {
        for (state, type_name) in &signature.states {
            if !app.holds(*state) {
                let given = match app.names() {
                    names if names.is_empty() => String::new(),
                    names => format!("; it was given `{}`", names.join("`, `")),
                };
                problems.push(format!(
                    "{item} takes `State<{type_name}>`, which the server was not given: add `.state(..)` with a value of exactly that type (not in an `Arc`: the server shares it){given}"
                ));
            }
        }
        if signature.caller && item.rule.access == Access::Anonymous {
            problems.push(format!(
                "{item} is declared `anonymous` but takes `AuthInfo`: take `Option<AuthInfo>`"
            ));
        }
        if signature.input.len() > 1 {
            problems.push(format!(
                "{item} takes `Parameters` twice: a call has one set of arguments, so put them into one struct"
            ));
        }
        for error in signature
            .input
            .iter()
            .filter_map(|schema| schema.as_ref().err())
        {
            problems.push(format!("the arguments of {item}: {error}"));
        }
        if item.kind == Kind::Prompt {
            strings(item, signature, problems);
        }
    }
}

/// The arguments of a prompt are strings (MCP, Prompts §Data Types).
fn strings(item: &Item, signature: &Signature, problems: &mut Vec<String>) {
    let schemas = signature.input.iter().flatten();
    let properties = schemas.filter_map(|schema| schema.get("properties")?.as_object());
    for (name, property) in properties.flatten() {
        let types = match property.get("type") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => continue,
        };
        if !types.contains(&"string") {
            problems.push(format!(
                "{item} takes its argument {name:?} as {}, and clients send strings: take a `String`, or a type that is read from one",
                types.join(" or ")
            ));
        }
    }
}

/// A toolset that a server names must bring something, and nothing that contradicts it.
pub(in crate::server) fn toolsets(
    named: &Toolsets,
    functions: &[Declared],
    problems: &mut Vec<String>,
) {
    let joined = |name: &str| {
        let mut toolsets = functions
            .iter()
            .filter_map(|function| function.item.toolset);
        toolsets.any(|toolset| toolset == name)
    };
    for Declared {
        item, is_anonymous, ..
    } in functions
    {
        if *is_anonymous && !named.asks(item.toolset).is_empty() {
            problems.push(format!(
                "{item} is declared `anonymous`, and its toolset asks for scopes: take it out of the toolset, or `anonymous` out of {}",
                item.where_written()
            ));
        }
    }
    for name in named.names().filter(|name| !joined(name)) {
        let known = registry::toolsets();
        problems.push(if known.contains(name) {
            format!("toolset {name:?} brings nothing: `.tools([..])` and the like are exactly what they name, so name it there")
        } else {
            let known: Vec<String> = known.iter().map(|known| format!("{known:?}")).collect();
            let known = match known.is_empty() {
                true => "there is none".to_owned(),
                false => format!("there are {}", known.join(", ")),
            };
            format!("no function is declared with `toolset = {name:?}` ({known}): write it above one, or take `.toolset({name:?})` out")
        });
    }
}

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

const OFFLINE_ACCESS: &str = "offline_access";
