//! What a handler offers, asked of itself before it is served, against the rules that were written
//! for it.

mod offered;

use rmcp::ServerHandler;

use self::offered::Offered;
use super::item::Sayings;
use crate::gate::{Rules, SET_LEVEL, Template, Written};
use crate::registry::Kind;

/// Finds the items without a rule, and the rules without an item; returns what the handler says about
/// its items.
pub(super) async fn compare<H: ServerHandler>(
    handler: &H,
    rules: &Rules,
    problems: &mut Vec<String>,
) -> Sayings {
    let offered = match Offered::of(handler).await {
        Ok(offered) => offered,
        Err(problem) => {
            problems.push(problem);
            return Sayings::new();
        }
    };
    for (kind, offered, ruled) in [
        (Kind::Tool, &offered.tools, &rules.tools),
        (Kind::Prompt, &offered.prompts, &rules.prompts),
    ] {
        let offered = names(offered);
        let is_ruled = |name: &str| ruled.iter().any(|rule| rule.name == name);
        missing(kind, &offered, is_ruled, problems);
        idle(kind, ruled, |name| offered.contains(&name), problems);
    }
    compare_resources(&offered, rules, problems);
    compare_level(&offered, rules, problems);
    offered.said
}

/// Handlers that send log messages must announce it, whether or not anybody is to set their level: so a rule
/// may be missing.
fn compare_level(offered: &Offered, rules: &Rules, problems: &mut Vec<String>) {
    let is_level = |name: &str| name == SET_LEVEL;
    let is_offered = |name: &str| offered.logs || !is_level(name);
    idle(Kind::Method, &rules.methods, is_offered, problems);
    let is_ruled = rules.methods.iter().any(|rule| is_level(&rule.name));
    if offered.logs && !is_ruled {
        tracing::warn!(
            "nobody may set the handler's log level, which is one for all callers: add \
             `.method({SET_LEVEL:?}, …)` to the rules if somebody is to"
        );
    }
}

fn compare_resources(offered: &Offered, rules: &Rules, problems: &mut Vec<String>) {
    let ruled = names(rules.resources.iter().map(|rule| &rule.name));
    let templates = ruled.iter().filter(|uri| Template::is_template(uri));
    let templates = templates.filter_map(|uri| Template::parse(uri).ok());
    let templates: Vec<Template> = templates.collect();
    let is_named = |uri: &str| ruled.contains(&uri);
    let is_ruled = |uri: &str| {
        let mut all = templates.iter();
        is_named(uri) || all.any(|template| template.matches(uri).is_some())
    };
    let (resources, listed) = (names(&offered.resources), names(&offered.templates));
    missing(Kind::Resource, &resources, is_ruled, problems);
    missing(Kind::Resource, &listed, is_named, problems);
    let unlisted = names(&rules.unlisted);
    let is_offered = |uri: &str| {
        let own = templates.iter().find(|template| template.as_str() == uri);
        let stands_for = |template: &Template| {
            let mut all = resources.iter();
            all.any(|resource| template.matches(resource).is_some())
        };
        [&resources, &listed, &unlisted]
            .iter()
            .any(|names| names.contains(&uri))
            || own.is_some_and(stands_for)
    };
    idle(Kind::Resource, &rules.resources, is_offered, problems);
}

fn names<'a>(all: impl IntoIterator<Item = &'a String>) -> Vec<&'a str> {
    all.into_iter().map(String::as_str).collect()
}

fn missing(
    kind: Kind,
    offered: &[&str],
    is_ruled: impl Fn(&str) -> bool,
    problems: &mut Vec<String>,
) {
    for name in offered.iter().filter(|name| !is_ruled(name)) {
        problems.push(format!(
            "{kind} {name:?} of the handler has no rule: add `.{kind}({name:?}, …)` to the rules, with who may have it"
        ));
    }
}

fn idle(
    kind: Kind,
    ruled: &[Written],
    is_offered: impl Fn(&str) -> bool,
    problems: &mut Vec<String>,
) {
    for Written { name, at, .. } in ruled.iter().filter(|rule| !is_offered(&rule.name)) {
        let unlisted = match kind {
            Kind::Resource => {
                ", or write `.unlisted_resource(..)` if the handler serves it without listing it"
            }
            _ => "",
        };
        let (file, line) = (at.file(), at.line());
        problems.push(format!(
            "{kind} {name:?} ({file}:{line}) has a rule, and the handler does not offer it: correct its name, or take the rule out{unlisted}"
        ));
    }
}
