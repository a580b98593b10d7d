//! What a caller is shown of a list: nothing that it could not know of, each item with what it
//! requires, and nothing that a shared cache may keep.

use rmcp::model::{
    CacheScope, ErrorData, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListSkillsResult, ListToolsResult, MetaObject, PaginatedRequestParams, SkillResource,
    SkillResources,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};

use super::Gate;
use super::answers::ChallengeForm;
use super::operation::{Arguments, Caller, Operation};
use super::policy::Asked;
use super::ticket::Ticket;
use crate::registry::Kind;

/// The key under which a listed item says what it requires.
const REQUIRED_SCOPES: &str = "rs.mcp-authz/required-scopes";

/// A page of some list.
pub(super) trait Page {
    type Item: Item;
    /// The method that it answers.
    const METHOD: &'static str;
    /// What it is a list of.
    const KIND: Kind;

    fn items(&mut self) -> &mut Vec<Self::Item>;
    fn cursor(&mut self) -> &mut Option<String>;
    fn set_cache_scope(&mut self, scope: CacheScope);
    /// How long it may be kept, in milliseconds.
    fn ttl(&mut self) -> &mut Option<u64>;
    /// What running the item would be.
    fn operation(item: &Self::Item) -> Operation<'_>;
    fn meta(item: &mut Self::Item) -> &mut Option<MetaObject>;
}

/// What is listed.
pub(super) trait Item {
    /// Resources of its own that it names.
    fn files(&mut self) -> Option<&mut Vec<SkillResource>> {
        None
    }
}

impl Item for rmcp::model::Tool {}
impl Item for rmcp::model::Prompt {}
impl Item for rmcp::model::Resource {}
impl Item for rmcp::model::ResourceTemplate {}

impl Item for rmcp::model::Skill {
    fn files(&mut self) -> Option<&mut Vec<SkillResource>> {
        match &mut self.resources {
            SkillResources::Files(files) => Some(files),
            _ => None,
        }
    }
}

macro_rules! pages {
    ($($page:ident, $kind:ident, $method:literal, $items:ident: $item:ty, |$it:ident| $operation:expr;)+) => {$(
        impl Page for $page {
            type Item = $item;
            const METHOD: &'static str = $method;
            const KIND: Kind = Kind::$kind;

            fn items(&mut self) -> &mut Vec<$item> {
                &mut self.$items
            }

            fn cursor(&mut self) -> &mut Option<String> {
                &mut self.next_cursor
            }

            fn set_cache_scope(&mut self, scope: CacheScope) {
                self.cache_scope = Some(scope);
            }

            fn ttl(&mut self) -> &mut Option<u64> {
                &mut self.ttl_ms
            }

            fn operation($it: &$item) -> Operation<'_> {
                $operation
            }

            fn meta(item: &mut $item) -> &mut Option<MetaObject> {
                &mut item.meta
            }
        }
    )+};
}

pages! {
    ListToolsResult, Tool, "tools/list", tools: rmcp::model::Tool,
        |tool| Operation::Tool(&tool.name, Arguments::Some);
    ListPromptsResult, Prompt, "prompts/list", prompts: rmcp::model::Prompt,
        |prompt| Operation::Prompt(&prompt.name, Arguments::Some);
    ListResourcesResult, Resource, "resources/list", resources: rmcp::model::Resource,
        |resource| Operation::Resource(&resource.uri);
    ListResourceTemplatesResult, Resource, "resources/templates/list",
        resource_templates: rmcp::model::ResourceTemplate,
        |template| Operation::Template(&template.uri_template);
    ListSkillsResult, Resource, "skills/list", skills: rmcp::model::Skill,
        |skill| Operation::Resource(&skill.uri);
}

impl<H: ServerHandler> Gate<H> {
    /// One page of a list, from the handler to the caller.
    pub(super) async fn list<'a, P, F>(
        &'a self,
        mut request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
        list: impl Fn(&'a H, Option<PaginatedRequestParams>, RequestContext<RoleServer>) -> F,
    ) -> Result<P, ErrorData>
    where
        P: Page,
        F: Future<Output = Result<P, ErrorData>>,
    {
        let pass = self.pass(&context, Operation::Protocol).await?;
        let cursor = request.as_mut().and_then(|request| request.cursor.take());
        self.page(
            &pass,
            (P::METHOD, ""),
            cursor,
            context,
            |cursor, context| {
                let request = match (request.clone(), cursor) {
                    (None, None) => None,
                    (request, cursor) => Some(request.unwrap_or_default().with_cursor(cursor)),
                };
                list(&self.guarded.handler, request, context)
            },
        )
        .await
    }

    /// Writes beside an item what it requires, so that an agent can ask for more.
    pub(super) async fn describe<P: Page>(
        &self,
        mut item: P::Item,
        ticket: &Ticket,
        asked: &mut Asked,
    ) -> P::Item {
        let says_schemes =
            ticket.answers().form(ticket.caller.as_ref()) == ChallengeForm::ToolResult;
        if let (true, Operation::Tool(..)) = (says_schemes, P::operation(&item))
            && let Some(access) = self.guarded.rules.access(&P::operation(&item))
        {
            let access = access.into_owned();
            super::answers::describe(&access, P::meta(&mut item));
        }
        let requirement = self.guarded.rules.requirement(&P::operation(&item));
        if let Some(required) = requirement.map(|requirement| requirement.to_json()) {
            let meta = P::meta(&mut item).get_or_insert_with(MetaObject::default);
            meta.0.insert(REQUIRED_SCOPES.to_owned(), required);
        }
        self.show_files(&mut item, &ticket.caller, asked).await;
        item
    }

    /// Of what an item names besides itself, leaves out what the caller is not shown.
    pub(super) async fn show_files(
        &self,
        item: &mut impl Item,
        caller: &Caller,
        asked: &mut Asked,
    ) {
        let Some(files) = item.files() else { return };
        for file in std::mem::take(files) {
            if self
                .shows(Operation::Resource(&file.uri), caller, asked)
                .await
            {
                files.push(file);
            }
        }
    }
}
