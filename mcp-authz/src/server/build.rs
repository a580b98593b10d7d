//! From what was given to a server to its plan: the functions of a builder, or a handler and its rules.

use rmcp::ServerHandler;
use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};

use super::authz::Protect;
use super::dispatch::Annotated;
use super::item::{Declared, Item};
use super::manifest::Manifest;
use super::plan::{Plan, Planned};
use super::{Server, ServerBuilder, checks, survey};
use crate::error::Error;
use crate::extract::App;
use crate::registry::{self, PromptEntry, ResourceEntry, ToolEntry};

impl ServerBuilder {
    /// Checks everything and makes the server.
    ///
    /// ```
    /// use mcp_authz::{Error, Server};
    ///
    /// # #[tokio::main] async fn main() {
    /// let built = Server::builder("mail").resource("http://mcp.example.com/mcp").build().await;
    /// let Err(Error::Config(mistakes)) = built else { panic!("it is neither https nor loopback") };
    /// for mistake in mistakes.problems() {
    ///     println!("- {mistake}");
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with every mistake at once, each with what to write instead.
    pub async fn build(self) -> Result<Server, Error> {
        let (plan, settings, handler, name) = self.plan().await?;
        Ok(plan.assemble(settings, handler, name))
    }

    /// What the server would guard, for a review. Checks everything but the issuers, whom it does not ask:
    /// a flag of your program, or a test, needs no network and no free port for it.
    ///
    /// ```standalone_crate
    /// use mcp_authz::{Error, Server, ServerBuilder, tool};
    ///
    /// /// Read the mail.
    /// #[tool(scopes = ["mail:read"], read_only)]
    /// fn inbox() -> String {
    ///     "…".to_owned()
    /// }
    ///
    /// fn server() -> ServerBuilder {
    ///     Server::builder("mail")
    ///         .resource("https://mcp.example.com/mcp")
    ///         .issuer("https://tenant.logto.app/oidc")
    /// }
    ///
    /// # fn main() -> Result<(), Error> {
    /// let table = server().manifest()?.to_markdown();
    /// assert!(table.contains("| tool `inbox` | mail:read | read only |"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] as for [`build`](Self::build), but for what only an issuer's documents show.
    pub fn manifest(self) -> Result<Manifest, Error> {
        let Parts {
            items, problems, ..
        } = self.parts();
        Ok(Plan::manifest_of(
            &self.settings,
            items,
            problems,
            self.name,
        )?)
    }

    pub(super) async fn plan(self) -> Result<Planned<Annotated>, Error> {
        let info = self.info();
        let Parts {
            tools,
            prompts,
            resources,
            items,
            problems,
        } = self.parts();
        let mut plan = Plan::make(&self.settings, items, problems).await?;
        let sets = &self.toolsets;
        let handler = Annotated::new(self.app, info, &tools, &prompts, &resources, sets);
        plan.mirrored = handler.mirrored();
        Ok((plan, self.settings, handler, self.name))
    }

    /// The functions that the server takes, and what is wrong with them.
    fn parts(&self) -> Parts {
        let sets = &self.toolsets;
        let tools = self.tools.resolve(sets);
        let prompts = self.prompts.resolve(sets);
        let resources = self.resources.resolve(sets);
        let mut declared: Vec<Declared> =
            tools.iter().map(|tool| Declared::new(tool, sets)).collect();
        declared.extend(prompts.iter().map(|prompt| Declared::new(prompt, sets)));
        declared.extend(
            resources
                .iter()
                .map(|resource| Declared::new(resource, sets)),
        );
        let mut problems = Vec::new();
        checks::some(&declared, &mut problems);
        checks::toolsets(sets, &declared, &mut problems);
        checks::parameters(&declared, &self.app, &mut problems);
        // Else it is likely the one that is missed.
        if problems.is_empty() {
            warn_of_idle_states(&self.app);
        }
        let items = declared.into_iter().map(|function| function.item).collect();
        Parts {
            tools,
            prompts,
            resources,
            items,
            problems,
        }
    }

    fn info(&self) -> ServerConfig {
        let mut info = ServerConfig::new(ServerCapabilities::default())
            .with_server_info(Implementation::new(&self.name, &self.version));
        info.instructions.clone_from(&self.instructions);
        info
    }
}

/// A state that nothing takes changes nothing, so that it is no reason not to start. One that only a
/// function takes which this server leaves out is shared between servers.
fn warn_of_idle_states(app: &App) {
    if app.names().is_empty() {
        return;
    }
    for state in app.idle(&registry::signatures()) {
        tracing::warn!(
            "the server was given a state that no function takes, `{state}`: take it as `State<{state}>`, or leave its `.state(..)` out; if functions of yours live in another crate, name that crate in code (`use my_tools as _;`)"
        );
    }
}

impl<H: ServerHandler> Protect<H> {
    /// Asks the handler what it offers, checks everything and makes the server.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with every mistake at once, each with what to write instead: also an item
    /// of the handler without a rule, and a rule for what the handler does not have.
    pub async fn build(self) -> Result<Server<H>, Error> {
        let (plan, settings, handler, name) = self.plan().await?;
        Ok(plan.assemble(settings, handler, name))
    }

    /// The same as [`ServerBuilder::manifest`], for this handler, which is asked what it offers.
    ///
    /// # Errors
    ///
    /// As there, and what is wrong with the rules.
    pub async fn manifest(self) -> Result<Manifest, Error> {
        let (items, problems) = self.parts().await;
        let name = self.name();
        Ok(Plan::manifest_of(&self.settings, items, problems, name)?)
    }

    pub(super) async fn plan(self) -> Result<Planned<H>, Error> {
        let (items, problems) = self.parts().await;
        let plan = Plan::make(&self.settings, items, problems).await?;
        let name = self.name();
        Ok((plan, self.settings, self.handler, name))
    }

    fn name(&self) -> String {
        self.handler.get_info().server_info.name
    }

    /// What the handler offers under the rules, and what is wrong with these.
    async fn parts(&self) -> (Vec<Item>, Vec<String>) {
        let mut problems = Vec::new();
        let said = survey::compare(&self.handler, &self.rules, &mut problems).await;
        (Item::of_rules(&self.rules, &said), problems)
    }
}

/// The annotated functions of a server.
struct Parts {
    tools: Vec<ToolEntry>,
    prompts: Vec<PromptEntry>,
    resources: Vec<ResourceEntry>,
    items: Vec<Item>,
    problems: Vec<String>,
}
