//! The builder of a server.

use super::selection::Selection;
use super::settings::{Settings, with_settings};
use super::toolsets::Toolsets;
use crate::extract::App;
use crate::registry::{PromptEntry, PromptPart, ResourceEntry, ResourcePart, ToolEntry, ToolPart};
use crate::scope::Requirement;

/// Makes a [`Server`](crate::Server). Every mistake in what it was given is reported by
/// [`build`](Self::build), all at once.
///
/// ```
/// use mcp_authz::{Server, ServerBuilder};
///
/// /// What `main` serves, and a test starts.
/// fn server() -> ServerBuilder {
///     Server::builder("mail")
///         .version(env!("CARGO_PKG_VERSION"))
///         .instructions("Show the person a draft before you send it.")
///         .resource("https://mcp.example.com/mcp")
///         .issuer("https://tenant.logto.app/oidc")
///         .initial_scopes(["mail:read"])
/// }
/// ```
#[must_use]
pub struct ServerBuilder {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) instructions: Option<String>,
    pub(super) settings: Settings,
    pub(super) app: App,
    pub(super) tools: Selection<ToolPart>,
    pub(super) prompts: Selection<PromptPart>,
    pub(super) resources: Selection<ResourcePart>,
    pub(super) toolsets: Toolsets,
}

impl ServerBuilder {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            version: "0.0.0".into(),
            instructions: None,
            settings: Settings::default(),
            app: App::default(),
            tools: Selection::default(),
            prompts: Selection::default(),
            resources: Selection::default(),
            toolsets: Toolsets::default(),
        }
    }

    /// A value that tools take as [`State<T>`](crate::State).
    ///
    /// ```
    /// use mcp_authz::{Server, State, tool};
    ///
    /// struct Mailbox {
    ///     mails: Vec<String>,
    /// }
    ///
    /// /// Count the mails.
    /// #[tool(scopes = ["mail:read"])]
    /// fn count(mailbox: State<Mailbox>) -> String {
    ///     format!("{} mails", mailbox.mails.len())
    /// }
    ///
    /// let builder = Server::builder("mail").state(Mailbox { mails: Vec::new() });
    /// ```
    pub fn state<T: Send + Sync + 'static>(mut self, state: T) -> Self {
        self.app.insert(state);
        self
    }

    /// Adds a tool; one that was discovered already changes nothing.
    ///
    /// For one of a [toolset](Self::toolset), or of a library crate that the program does not name otherwise:
    ///
    /// ```
    /// use mcp_authz::{Server, tool};
    ///
    /// /// Deletes a user.
    /// #[tool(scopes = ["users:delete"], toolset = "admin")]
    /// async fn delete_user() {}
    ///
    /// let builder = Server::builder("shop").tool(delete_user::tool()); // and no other of the set
    /// ```
    pub fn tool(mut self, tool: ToolEntry) -> Self {
        self.tools.add(tool);
        self
    }

    /// Exactly these tools: what else the program declares is left out, and so are toolsets.
    ///
    /// ```
    /// use mcp_authz::{Server, tool};
    ///
    /// /// Count the mails.
    /// #[tool(scopes = ["mail:read"])]
    /// fn count() -> String {
    ///     "3 mails".to_owned()
    /// }
    ///
    /// /// Delete them all.
    /// #[tool(scopes = ["mail:delete"])]
    /// fn delete_all() {}
    ///
    /// let builder = Server::builder("reader").tools([count::tool()]);
    /// ```
    pub fn tools(mut self, tools: impl IntoIterator<Item = ToolEntry>) -> Self {
        self.tools = Selection::exactly(tools);
        self
    }

    /// Adds a prompt; one that was discovered already changes nothing.
    ///
    /// ```
    /// use mcp_authz::{Server, prompt};
    ///
    /// /// Asks for a summary of the last mails.
    /// #[prompt(scopes = ["mail:read"], toolset = "drafts")]
    /// fn summarize() -> String {
    ///     "Summarize the mails of this week.".to_owned()
    /// }
    ///
    /// let builder = Server::builder("mail").prompt(summarize::prompt());
    /// ```
    pub fn prompt(mut self, prompt: PromptEntry) -> Self {
        self.prompts.add(prompt);
        self
    }

    /// Exactly these prompts: what else the program declares is left out, and so are toolsets.
    ///
    /// An example is at [`PromptEntry`](crate::PromptEntry).
    pub fn prompts(mut self, prompts: impl IntoIterator<Item = PromptEntry>) -> Self {
        self.prompts = Selection::exactly(prompts);
        self
    }

    /// Adds a resource for clients to read; one that was discovered already changes nothing. (The
    /// [`resource`](Self::resource) that tokens are for is the server itself.)
    ///
    /// ```
    /// use mcp_authz::{Server, resource};
    ///
    /// /// What is to be done today.
    /// #[resource(uri = "notes://today", scopes = ["notes:read"], toolset = "drafts")]
    /// fn today() -> String {
    ///     "Water the plants.".to_owned()
    /// }
    ///
    /// let builder = Server::builder("notes").mcp_resource(today::resource());
    /// ```
    pub fn mcp_resource(mut self, resource: ResourceEntry) -> Self {
        self.resources.add(resource);
        self
    }

    /// Exactly these resources: what else the program declares is left out, and so are toolsets.
    ///
    /// An example is at [`ResourceEntry`](crate::ResourceEntry).
    pub fn mcp_resources(mut self, resources: impl IntoIterator<Item = ResourceEntry>) -> Self {
        self.resources = Selection::exactly(resources);
        self
    }

    /// Takes in what is declared with `toolset = "…"` of this name, which no server has otherwise.
    ///
    /// ```
    /// use mcp_authz::{Server, tool};
    ///
    /// #[tool(scopes = ["users:delete"], toolset = "admin")]
    /// async fn delete_user() {}
    ///
    /// let with_it = Server::builder("back office").toolset("admin");
    /// let without_it = Server::builder("shop");
    /// ```
    ///
    /// # Errors
    ///
    /// Building fails for a name that no declaration has.
    pub fn toolset(mut self, name: impl Into<String>) -> Self {
        self.toolsets.join(name.into());
        self
    }

    /// Takes in a toolset, and asks for more than its functions declare: whoever uses one of them needs
    /// `requirement` as well.
    ///
    /// A server can ask for more than a function does, never for less. Lists, challenges, metadata and
    /// the manifest say both together.
    ///
    /// ```
    /// use mcp_authz::{Scope, Server, tool};
    ///
    /// #[tool(authenticated, toolset = "admin")]
    /// async fn status() {}
    ///
    /// #[tool(scopes = ["users:delete"], toolset = "admin")]
    /// async fn delete_user() {}
    ///
    /// // `status` asks for `admin`, `delete_user` for `users:delete` and `admin`.
    /// let server = Server::builder("back office").toolset_requiring("admin", Scope::new("admin"));
    /// ```
    ///
    /// # Errors
    ///
    /// Building fails for a name that no declaration has, and for an `anonymous` function in the set.
    pub fn toolset_requiring(
        mut self,
        name: impl Into<String>,
        requirement: impl Into<Requirement>,
    ) -> Self {
        self.toolsets.join(name.into()).push(requirement.into());
        self
    }

    /// The version that clients see.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// What a model is told about using this server.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }
}

with_settings!(ServerBuilder);

impl std::fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
