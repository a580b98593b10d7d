//! What a handler offers, asked of itself before it is served, against the rules that were written
//! for it.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::{SinkExt, sink, stream};
use rmcp::model::{
    ClientJsonRpcMessage, ErrorData, NumberOrString, PaginatedRequestParams, ServerJsonRpcMessage,
};
use rmcp::service::{Peer, RequestContext, serve_directly};
use rmcp::{RoleServer, ServerHandler};
use tokio::time::timeout;

use super::item::Descriptions;
use crate::gate::{Rules, SET_LEVEL, Template};
use crate::registry::Kind;

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
) -> Descriptions {
    let offered = match Offered::of(handler).await {
        Ok(offered) => offered,
        Err(problem) => {
            problems.push(problem);
            return Descriptions::new();
        }
    };
    for (kind, offered, ruled) in [
        (Kind::Tool, &offered.tools, &rules.tools),
        (Kind::Prompt, &offered.prompts, &rules.prompts),
    ] {
        let (offered, ruled) = (names(offered), names(ruled.iter().map(|(name, _)| name)));
        missing(kind, &offered, |name| ruled.contains(&name), problems);
        idle(kind, &ruled, |name| offered.contains(&name), problems);
    }
    compare_resources(&offered, rules, problems);
    compare_level(&offered, rules, problems);
    offered.descriptions
}

/// Handlers that send log messages must announce it, whether or not anybody is to set their level: so a rule
/// may be missing.
fn compare_level(offered: &Offered, rules: &Rules, problems: &mut Vec<String>) {
    let ruled = rules.methods.iter().map(|(name, _)| name.as_str());
    let ruled: Vec<&str> = ruled.filter(|name| *name == SET_LEVEL).collect();
    idle(Kind::Method, &ruled, |_| offered.logs, problems);
    if offered.logs && ruled.is_empty() {
        tracing::warn!(
            "nobody may set the handler's log level, which is one for all callers: add \
             `.method({SET_LEVEL:?}, …)` to the rules if somebody is to"
        );
    }
}

fn compare_resources(offered: &Offered, rules: &Rules, problems: &mut Vec<String>) {
    let ruled = names(rules.resources.iter().map(|(uri, _)| uri));
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
    idle(Kind::Resource, &ruled, is_offered, problems);
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

fn idle(kind: Kind, ruled: &[&str], is_offered: impl Fn(&str) -> bool, problems: &mut Vec<String>) {
    for name in ruled.iter().filter(|name| !is_offered(name)) {
        let unlisted = match kind {
            Kind::Resource => {
                ", or write `.unlisted_resource(..)` if the handler serves it without listing it"
            }
            _ => "",
        };
        problems.push(format!(
            "{kind} {name:?} has a rule, and the handler does not offer it: correct its name, or take the rule out{unlisted}"
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
    descriptions: Descriptions,
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
                        page.tools
                            .into_iter()
                            .map(|tool| (tool.name.into_owned(), tool.description.map(Into::into)))
                            .collect(),
                        page.next_cursor,
                    ))
                })
                .await?;
            offered.tools = offered.describe(Kind::Tool, listed);
        }
        if capabilities.prompts.is_some() {
            let listed = connection
                .all("prompts", async |page, context| {
                    let page = handler.list_prompts(page, context).await?;
                    Ok((
                        page.prompts
                            .into_iter()
                            .map(|prompt| (prompt.name, prompt.description))
                            .collect(),
                        page.next_cursor,
                    ))
                })
                .await?;
            offered.prompts = offered.describe(Kind::Prompt, listed);
        }
        if capabilities.resources.is_some() {
            let listed = connection
                .all("resources", async |page, context| {
                    let page = handler.list_resources(page, context).await?;
                    Ok((
                        page.resources
                            .into_iter()
                            .map(|resource| (resource.uri, resource.description))
                            .collect(),
                        page.next_cursor,
                    ))
                })
                .await?;
            offered.resources = offered.describe(Kind::Resource, listed);
            let listed = connection
                .all("resource templates", async |page, context| {
                    let page = handler.list_resource_templates(page, context).await?;
                    let texts = page.resource_templates.into_iter();
                    Ok((
                        texts
                            .map(|template| (template.uri_template, template.description))
                            .collect(),
                        page.next_cursor,
                    ))
                })
                .await?;
            offered.templates = offered.describe(Kind::Resource, listed);
        }
        if capabilities.supports_skills() {
            let skills = connection
                .all("skills", async |page, context| {
                    let page = handler.list_skills(page, context).await?;
                    Ok((
                        page.skills
                            .into_iter()
                            .map(|skill| (skill.uri, None))
                            .collect(),
                        page.next_cursor,
                    ))
                })
                .await?;
            let skills = offered.describe(Kind::Resource, skills);
            offered.resources.extend(skills);
        }
        Ok(offered)
    }

    /// Notes what is said about the items; returns their names.
    fn describe(&mut self, kind: Kind, listed: Vec<Listed>) -> Vec<String> {
        let mut names = Vec::new();
        for (name, description) in listed {
            if let Some(description) = description {
                self.descriptions.insert((kind, name.clone()), description);
            }
            names.push(name);
        }
        names
    }
}

/// A name, and what is said about it.
type Listed = (String, Option<String>);

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
