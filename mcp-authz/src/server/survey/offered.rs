//! What a handler lists, asked page by page over a connection that nobody is at the other end of.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::{SinkExt, sink, stream};
use rmcp::model::{
    ClientJsonRpcMessage, ErrorData, NumberOrString, PaginatedRequestParams, Prompt, Resource,
    ResourceTemplate, ServerJsonRpcMessage, Skill, Tool, ToolAnnotations,
};
use rmcp::service::{Peer, RequestContext, serve_directly};
use rmcp::{RoleServer, ServerHandler};
use tokio::time::timeout;

use crate::registry::{Hints, Kind};
use crate::server::item::{Said, Sayings};

/// How long a handler may take for one page of a list.
const PATIENCE: Duration = Duration::from_secs(30);

/// No list has more pages.
const MOST_PAGES: usize = 1_000;

/// Everything that a handler lists.
#[derive(Default)]
pub(super) struct Offered {
    pub(super) tools: Vec<String>,
    pub(super) prompts: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) templates: Vec<String>,
    /// Whether it has a log level.
    pub(super) logs: bool,
    pub(super) said: Sayings,
}

impl Offered {
    pub(super) async fn of<H: ServerHandler>(handler: &H) -> Result<Self, String> {
        let capabilities = handler.get_info().capabilities;
        let mut offered = Self {
            logs: capabilities.logging.is_some(),
            ..Self::default()
        };
        let connection = Connection::open();
        if capabilities.tools.is_some() {
            let list = async |page, context| {
                let page = handler.list_tools(page, context).await?;
                Ok(page_of(page.tools, one_tool, page.next_cursor))
            };
            let listed = connection.all("tools", list).await?;
            offered.tools = offered.note(Kind::Tool, listed);
        }
        if capabilities.prompts.is_some() {
            let list = async |page, context| {
                let page = handler.list_prompts(page, context).await?;
                let prompt = |prompt: Prompt| one(prompt.name, prompt.description);
                Ok(page_of(page.prompts, prompt, page.next_cursor))
            };
            let listed = connection.all("prompts", list).await?;
            offered.prompts = offered.note(Kind::Prompt, listed);
        }
        if capabilities.resources.is_some() {
            offered.add_resources(handler, &connection).await?;
        }
        if capabilities.supports_skills() {
            let list = async |page, context| {
                let page = handler.list_skills(page, context).await?;
                let skill = |skill: Skill| one(skill.uri, None);
                Ok(page_of(page.skills, skill, page.next_cursor))
            };
            let listed = connection.all("skills", list).await?;
            let skills = offered.note(Kind::Resource, listed);
            offered.resources.extend(skills);
        }
        Ok(offered)
    }

    async fn add_resources<H: ServerHandler>(
        &mut self,
        handler: &H,
        connection: &Connection,
    ) -> Result<(), String> {
        let list = async |page, context| {
            let page = handler.list_resources(page, context).await?;
            let resource = |resource: Resource| one(resource.uri, resource.description);
            Ok(page_of(page.resources, resource, page.next_cursor))
        };
        let listed = connection.all("resources", list).await?;
        self.resources = self.note(Kind::Resource, listed);
        let list = async |page, context| {
            let page = handler.list_resource_templates(page, context).await?;
            let template = |one_of: ResourceTemplate| one(one_of.uri_template, one_of.description);
            Ok(page_of(page.resource_templates, template, page.next_cursor))
        };
        let listed = connection.all("resource templates", list).await?;
        self.templates = self.note(Kind::Resource, listed);
        Ok(())
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

fn page_of<T>(items: Vec<T>, one: impl FnMut(T) -> Listed, next: Option<String>) -> Page {
    (items.into_iter().map(one).collect(), next)
}

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
