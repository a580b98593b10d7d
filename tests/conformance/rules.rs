//! A scope on each kind of thing that the server has.

use mcp_authz::{Rules, scopes};

use crate::everything::{PROMPTS, RESOURCES, TEMPLATE, tools};

/// What opens everything. The suite asks for one resource of the template: that of `123`.
pub(crate) const ALL: &str =
    "everything:tools everything:prompts everything:resources everything:skills data:123:read";

/// Everything asks for a scope.
pub(crate) fn rules() -> Rules {
    let rules = Rules::new()
        .tools(tools(), scopes!["everything:tools"])
        .resource(TEMPLATE, scopes!["data:{id}:read"])
        .method("logging/setLevel", scopes!["everything:tools"]);
    let rules = PROMPTS.into_iter().fold(rules, |rules, name| {
        rules.prompt(name, scopes!["everything:prompts"])
    });
    let rules = RESOURCES.into_iter().fold(rules, |rules, uri| {
        rules.resource(uri, scopes!["everything:resources"])
    });
    // Their manifests are listed, their files and directories are not.
    ["greeting", "farewell"]
        .into_iter()
        .fold(rules, |rules, skill| {
            let skills = scopes!["everything:skills"];
            rules
                .resource(format!("skill://{skill}/SKILL.md"), skills.clone())
                .unlisted_resource(format!("skill://{skill}"), skills.clone())
                .unlisted_resource(format!("skill://{skill}/{{+path}}"), skills)
        })
}
