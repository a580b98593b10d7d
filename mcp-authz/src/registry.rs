//! What annotated functions declared: the one place where their access is written.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use rmcp::ErrorData;
use rmcp::model::{CallToolResponse, GetPromptResponse, JsonObject};
use serde::Serialize;

use crate::extract::{Call, Signature};
use crate::gate::Rule;
use crate::reply::Contents;
use crate::scope::Requirement;

/// Who may use an item of a server.
///
/// ```
/// use mcp_authz::{Access, tool};
///
/// /// Greet anybody who signed in.
/// #[tool(authenticated)]
/// fn hello() -> String {
///     "hello".to_owned()
/// }
///
/// assert_eq!(hello::tool().access(), Access::Authenticated);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// A caller whose token carries these scopes.
    Scopes(Requirement),
    /// Any caller with a valid token.
    Authenticated,
    /// Anybody, once the server says [`allow_anonymous`](crate::ServerBuilder::allow_anonymous).
    Anonymous,
}

/// A kind of item that a rule is for.
///
/// ```
/// use mcp_authz::{Kind, Manifest};
///
/// fn tools(manifest: &Manifest) -> usize {
///     manifest.items.iter().filter(|item| item.kind == Kind::Tool).count()
/// }
///
/// assert_eq!(Kind::Tool.to_string(), "tool");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// A tool, by its name.
    Tool,
    /// A prompt, by its name.
    Prompt,
    /// A resource, by its URI, or a template of such.
    Resource,
    /// A method that MCP does not know.
    Method,
}

/// One annotated function; see [`ToolEntry`].
///
/// ```
/// use mcp_authz::{Access, tool};
///
/// /// Counts the mails.
/// #[tool(scopes = ["mail:read"])]
/// fn count() -> String {
///     "3 mails".to_owned()
/// }
///
/// let entry = count::tool();
/// assert_eq!(entry.name(), "count");
/// assert!(matches!(entry.access(), Access::Scopes(_)));
/// ```
#[derive(Clone, Copy)]
pub struct Entry<P: 'static>(&'static Spec<P>);

/// One declared tool: what `whoami::tool()` returns for an annotated `fn whoami`.
///
/// ```
/// use mcp_authz::tool;
///
/// /// The smallest tool.
/// #[tool(scopes = ["math"])]
/// fn one() -> String {
///     "1".to_owned()
/// }
///
/// assert_eq!(one::tool().name(), "one");
/// // The function is still a function.
/// assert_eq!(one(), "1");
/// ```
pub type ToolEntry = Entry<ToolPart>;

/// One declared prompt: what `summarize::prompt()` returns for an annotated `fn summarize`.
///
/// ```
/// use mcp_authz::{Server, prompt};
///
/// /// Asks for a summary of the last mails.
/// #[prompt(scopes = ["mail:read"])]
/// fn summarize() -> String {
///     "Summarize the mails of this week.".to_owned()
/// }
///
/// // This prompt and no other that the program declares.
/// let builder = Server::builder("mail").prompts([summarize::prompt()]);
/// ```
pub type PromptEntry = Entry<PromptPart>;

/// One declared resource: what `today::resource()` returns for an annotated `fn today`.
///
/// ```
/// use mcp_authz::{Server, resource};
///
/// /// What is to be done today.
/// #[resource(uri = "notes://today", scopes = ["notes:read"])]
/// fn today() -> String {
///     "Water the plants.".to_owned()
/// }
///
/// // This resource and no other that the program declares.
/// let builder = Server::builder("notes").mcp_resources([today::resource()]);
/// ```
pub type ResourceEntry = Entry<ResourcePart>;

/// The body of an [`Entry`], written by the macro.
#[doc(hidden)]
pub struct Spec<P> {
    pub name: &'static str,
    pub title: Option<&'static str>,
    pub description: Option<&'static str>,
    pub toolset: Option<&'static str>,
    pub rule: fn() -> Rule,
    /// Describes every parameter, in order.
    pub signature: fn(&mut Signature),
    pub origin: Origin,
    /// What only its kind has.
    pub part: P,
}

/// What only a tool has.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct ToolPart {
    pub hints: Hints,
    /// The JSON Schema of structured output, where the return type has one.
    pub output_schema: fn() -> Option<Arc<JsonObject>>,
    pub call: CallFn<CallToolResponse>,
}

/// What only a prompt has.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct PromptPart {
    pub call: CallFn<GetPromptResponse>,
}

/// What only a resource has.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct ResourcePart {
    /// Its URI, or the template of its URIs.
    pub uri: &'static str,
    pub mime_type: Option<&'static str>,
    pub call: CallFn<Contents>,
}

/// What is particular to a kind of annotated function.
#[doc(hidden)]
pub trait Part: Copy + 'static {
    const KIND: Kind;

    /// What clients say to reach it.
    fn key(spec: &'static Spec<Self>) -> &'static str;

    fn hints(&self) -> Hints {
        Hints::default()
    }
}

impl Part for ToolPart {
    const KIND: Kind = Kind::Tool;

    fn key(spec: &'static Spec<Self>) -> &'static str {
        spec.name
    }

    fn hints(&self) -> Hints {
        self.hints
    }
}

/// Extracts the parameters and runs the function.
#[doc(hidden)]
pub(crate) type CallFn<R> = for<'a> fn(Call<'a>) -> BoxFuture<'a, Result<R, ErrorData>>;

/// Names the future's type to the compiler, which could not infer it in the expansion.
#[doc(hidden)]
pub fn boxed<'a, R>(
    run: impl Future<Output = Result<R, ErrorData>> + Send + 'a,
) -> BoxFuture<'a, Result<R, ErrorData>> {
    Box::pin(run)
}

/// The four behaviour hints of MCP; `None` is "not said".
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints {
    pub read_only: Option<bool>,
    pub destructive: Option<bool>,
    pub idempotent: Option<bool>,
    pub open_world: Option<bool>,
}

/// Where a function was declared.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub crate_name: &'static str,
    pub file: &'static str,
    pub line: u32,
}

impl Origin {
    /// `module_path` begins with the crate's name, which is there under any build system.
    #[must_use]
    pub const fn new(module_path: &'static str, file: &'static str, line: u32) -> Self {
        let mut end = 0;
        let mut rest = module_path.as_bytes();
        while let [byte, tail @ ..] = rest {
            if *byte == b':' {
                break;
            }
            rest = tail;
            end += 1;
        }
        let (crate_name, _) = module_path.split_at(end);
        Self {
            crate_name,
            file,
            line,
        }
    }
}

impl Part for PromptPart {
    const KIND: Kind = Kind::Prompt;

    fn key(spec: &'static Spec<Self>) -> &'static str {
        spec.name
    }
}

impl Part for ResourcePart {
    const KIND: Kind = Kind::Resource;

    fn key(spec: &'static Spec<Self>) -> &'static str {
        spec.part.uri
    }
}

impl<P: Part> Entry<P> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(spec: &'static Spec<P>) -> Self {
        Self(spec)
    }

    /// The name under which it is listed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Who may use it.
    #[must_use]
    pub fn access(&self) -> Access {
        self.rule().access
    }

    /// Who may use it, and what else is asked.
    pub(crate) fn rule(&self) -> Rule {
        (self.0.rule)()
    }

    /// What clients say to reach it.
    pub(crate) fn key(&self) -> &'static str {
        P::key(self.0)
    }

    /// What its parameters need.
    pub(crate) fn signature(&self) -> Signature {
        let mut signature = Signature::default();
        (self.0.signature)(&mut signature);
        signature
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn spec(&self) -> &'static Spec<P> {
        self.0
    }

    /// Whether both name the same declaration.
    pub(crate) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl<P: Part> fmt::Debug for Entry<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("kind", &P::KIND)
            .field("name", &self.0.name)
            .field("access", &self.access())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Resource => "resource",
            Self::Method => "method",
        })
    }
}

inventory::collect!(Entry<ToolPart>);
inventory::collect!(Entry<PromptPart>);
inventory::collect!(Entry<ResourcePart>);

/// All of its kind that the program declared: inventory visits them in any order.
pub(crate) fn declared<P: Part>() -> Vec<Entry<P>>
where
    Entry<P>: inventory::Collect,
{
    let mut entries: Vec<Entry<P>> = inventory::iter::<Entry<P>>.into_iter().copied().collect();
    entries.sort_by_key(|entry| {
        let Origin {
            crate_name,
            file,
            line,
        } = entry.0.origin;
        (entry.key(), crate_name, file, line)
    });
    entries
}

/// What all functions of the program take.
pub(crate) fn signatures() -> Vec<Signature> {
    let of_tools = signatures_of::<ToolPart>();
    let of_others = signatures_of::<PromptPart>().chain(signatures_of::<ResourcePart>());
    of_tools.chain(of_others).collect()
}

fn signatures_of<P: Part>() -> impl Iterator<Item = Signature>
where
    Entry<P>: inventory::Collect,
{
    inventory::iter::<Entry<P>>
        .into_iter()
        .map(Entry::signature)
}

/// The names of all toolsets.
pub(crate) fn toolsets() -> BTreeSet<&'static str> {
    let of_tools = toolsets_of::<ToolPart>();
    let of_others = toolsets_of::<PromptPart>().chain(toolsets_of::<ResourcePart>());
    of_tools.chain(of_others).collect()
}

fn toolsets_of<P: Part>() -> impl Iterator<Item = &'static str>
where
    Entry<P>: inventory::Collect,
{
    let entries = inventory::iter::<Entry<P>>.into_iter();
    entries.filter_map(|entry| entry.0.toolset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_names_its_crate() {
        assert_eq!(Origin::new("shop::tools::mail", "f", 1).crate_name, "shop");
        assert_eq!(Origin::new("shop", "f", 1).crate_name, "shop");
    }
}
