//! What a handler offers, asked of itself before it is served, against the rules that were written
//! for it.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::{SinkExt, sink, stream};
use rmcp::model::{
    ClientJsonRpcMessage, ErrorData, NumberOrString, PaginatedRequestParams, ServerJsonRpcMessage,
    Tool, ToolAnnotations,
};
use rmcp::service::{Peer, RequestContext, serve_directly};
use rmcp::{RoleServer, ServerHandler};
use tokio::time::timeout;

use super::item::{Said, Sayings};
use crate::gate::{Rules, SET_LEVEL, Template, Written};
use crate::registry::{Hints, Kind};

/// How long a handler may take for one page of a list.
const PATIENCE: Duration = Duration::from_secs(30);

/// No list has more pages.
const MOST_PAGES: usize = 1_000;

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
    let templates: Vec<Template> = ruled
        .iter()
        .filter(|uri| Template::is_template(uri))
        .filter_map(|uri| Template::parse(uri).ok())
        .collect();
    let is_ruled = |uri: &str| {
        ruled.contains(&uri)
            || templates
                .iter()
                .any(|template| template.matches(uri).is_some())
    };
    missing(
        Kind::Resource,
        &names(&offered.resources),
        is_ruled,
        problems,
    );
    let templates_offered = names(&offered.templates);
    missing(
        Kind::Resource,
        &templates_offered,
        |text| ruled.contains(&text),
        problems,
    );
    let unlisted = names(&rules.unlisted);
    let is_offered = |uri: &str| {
        let own = templates.iter().find(|template| template.as_str() == uri);
        let instance = own.is_some_and(|template| {
            let mut all = offered.resources.iter();
            all.any(|resource| template.matches(resource).is_some())
        });
        instance
            || unlisted.contains(&uri)
            || offered
                .resources
                .iter()
                .chain(&offered.templates)
                .any(|own| own == uri)
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

/// Everything that a handler lists.
#[derive(Default)]
struct Offered {
    tools: Vec<String>,
    prompts: Vec<String>,
    resources: Vec<String>,
    templates: Vec<String>,
    /// Whether it has a log level.
    logs: bool,
    said: Sayings,
}

impl Offered {
    async fn of<H: ServerHandler>(handler: &H) -> Result<Self, String> {
        let capabilities = handler.get_info().capabilities;
        let mut offered = Self {
            logs: capabilities.logging.is_some(),
            ..Self::default()
        };
        let connection = Connection::open();
        if capabilities.tools.is_some() {
            let listed = connection
                .all("tools", async |page, context| {
                    let page = handler.list_tools(page, context).await?;
                    Ok((
                        page.tools.into_iter().map(one_tool).collect(),
                        page.next_cursor,
                    ))
                })
                .await?;
            offered.tools = offered.note(Kind::Tool, listed);
        }
        if capabilities.prompts.is_some() {
            let listed = connection
                .all("prompts", async |page, context| {
                    let page = handler.list_prompts(page, context).await?;
                    Ok((
                        page.prompts
                            .into_iter()
                            .map(|prompt| one(prompt.name, prompt.description))
                            .collect(),
                        page.next_cursor,
                    ))
                })
                .await?;
            offered.prompts = offered.note(Kind::Prompt, listed);
        }
        if capabilities.resources.is_some() {
            let listed = connection
                .all("resources", async |page, context| {
                    let page = handler.list_resources(page, context).await?;
                    Ok((
                        page.resources
                            .into_iter()
                            .map(|resource| one(resource.uri, resource.description))
                            .collect(),
                        page.next_cursor,
                    ))
                })
                .await?;
            offered.resources = offered.note(Kind::Resource, listed);
            let listed = connection
                .all("resource templates", async |page, context| {
                    let page = handler.list_resource_templates(page, context).await?;
                    let texts = page.resource_templates.into_iter();
                    Ok((
                        texts
                            .map(|template| one(template.uri_template, template.description))
                            .collect(),
                        page.next_cursor,
                    ))
                })
                .await?;
            offered.templates = offered.note(Kind::Resource, listed);
        }
        if capabilities.supports_skills() {
            let skills = connection
                .all("skills", async |page, context| {
                    let page = handler.list_skills(page, context).await?;
                    Ok((
                        page.skills
                            .into_iter()
                            .map(|skill| one(skill.uri, None))
                            .collect(),
                        page.next_cursor,
                    ))
                })
                .await?;
            let skills = offered.note(Kind::Resource, skills);
            offered.resources.extend(skills);
        }
        Ok(offered)
    }

    /// Notes what is said about the items; returns their names.
    fn note(&mut self, kind: Kind, listed: Vec<Listed>) -> Vec<String> {
        let mut names = Vec::new();
        for (name, said) in listed {
            // A skill can be listed among the resources, with more said of it.
            self.said.entry((kind, name.clone())).or_insert(said);
            names.push(name);
        }
        names
    }
}

/// A name, and what is said about it.
type Listed = (String, Said);

fn one(name: String, description: Option<String>) -> Listed {
    let hints = Hints::default();
    (name, Said { description, hints })
}

fn one_tool(tool: Tool) -> Listed {
    let said = Said {
        description: tool.description.map(Into::into),
        hints: tool.annotations.as_ref().map(hints).unwrap_or_default(),
    };
    (tool.name.into_owned(), said)
}

fn hints(said: &ToolAnnotations) -> Hints {
    Hints {
        read_only: said.read_only_hint,
        destructive: said.destructive_hint,
        idempotent: said.idempotent_hint,
        open_world: said.open_world_hint,
    }
}

/// A page of a list, and where the next one begins.
type Page = (Vec<Listed>, Option<String>);

/// Somebody who asks and cannot be asked: an in-memory connection without a client.
struct Connection {
    peer: Peer<RoleServer>,
}

/// The other end of the connection; the handler itself is asked directly.
struct Nobody;

impl ServerHandler for Nobody {}

impl Connection {
    fn open() -> Self {
        let nowhere =
            sink::drain::<ServerJsonRpcMessage>().sink_map_err(|never: Infallible| match never {});
        let silence = stream::pending::<ClientJsonRpcMessage>();
        let nobody: (_, _) = (nowhere, silence);
        let running = serve_directly::<RoleServer, _, _, std::io::Error, _>(Nobody, nobody, None);
        Self {
            peer: running.peer().clone(),
        }
    }

    /// All pages of a list.
    async fn all(
        &self,
        what: &str,
        list: impl AsyncFn(
            Option<PaginatedRequestParams>,
            RequestContext<RoleServer>,
        ) -> Result<Page, ErrorData>,
    ) -> Result<Vec<Listed>, String> {
        let mut all = Vec::new();
        let mut cursor = None;
        for number in 0..MOST_PAGES {
            let id = NumberOrString::Number(i64::try_from(number).unwrap_or_default());
            let context = RequestContext::new(id, self.peer.clone());
            let request =
                cursor.map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor)));
            let page = timeout(PATIENCE, list(request, context)).await;
            let (items, next) = page
                .map_err(|_| format!("the handler does not list its {what} within {PATIENCE:?}"))?
                .map_err(|error| {
                    format!("the handler cannot list its {what}: {}", error.message)
                })?;
            all.extend(items);
            match next {
                Some(next) => cursor = Some(next),
                None => return Ok(all),
            }
        }
        Err(format!("the handler's list of {what} does not end"))
    }
}
