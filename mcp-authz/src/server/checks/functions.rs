//! What is wrong with annotated functions: that there are none, what they take, and the toolsets they join.

use serde_json::Value;

use crate::extract::{App, Signature};
use crate::registry::{self, Access, Kind};
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
