//! From settings to a plan: check everything.

use std::sync::Arc;

use rmcp::ServerHandler;
use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};

use super::authz::Protect;
use super::dispatch::Annotated;
use super::item::{Declared, Item};
use super::manifest::Manifest;
use super::resource::Resource;
use super::settings::Settings;
use super::{Server, ServerBuilder, checks, survey};
use crate::bind::SealingKeys;
use crate::clock::Clock;
use crate::error::{ConfigError, Error};
use crate::extract::App;
use crate::gate::Mirrored;
use crate::layer::Origins;
use crate::registry::{self, PromptEntry, ResourceEntry, ToolEntry};
use crate::scope::{ScopeSet, Terms};
#[cfg(feature = "dpop")]
use crate::token::DpopVerifier;
use crate::token::{Issuer, Verifiers, WarmUp};

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
        let plan = Plan::check(&self.settings, items, problems).map_err(Wrong::told)?;
        Ok(plan.described(&self.settings, self.name))
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
        let plan = Plan::check(&self.settings, items, problems).map_err(Wrong::told)?;
        Ok(plan.described(&self.settings, self.name()))
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

/// What is wrong, and who could still be asked whether there is more.
struct Wrong {
    problems: Vec<String>,
    verifiers: Option<Verifiers>,
}

impl Wrong {
    fn told(self) -> ConfigError {
        ConfigError::new(self.problems)
    }
}

/// What happens while an issuer cannot be reached: nothing asks it but a token that it has to judge.
pub(super) const MEANWHILE: &str =
    "its tokens get 503 until it can be; it is asked again when one comes, 1 s from now or later";

/// A plan with what it was made from, and the name that clients see.
pub(super) type Planned<H> = (Plan, Settings, H, String);

/// Settings that passed every check.
pub(super) struct Plan {
    pub(super) items: Vec<Item>,
    pub(super) initial_scopes: ScopeSet,
    pub(super) resource: Resource,
    pub(super) mount: String,
    pub(super) origins: Origins,
    pub(super) seal: SealingKeys,
    pub(super) terms: Arc<Terms>,
    pub(super) verifiers: Verifiers,
    pub(super) mirrored: Mirrored,
    /// The issuers that could not be reached, each in a sentence for the operator.
    pub(super) unreachable: Vec<String>,
    pub(super) clock: Arc<dyn Clock>,
    #[cfg(feature = "dpop")]
    pub(super) dpop: Option<DpopVerifier>,
}

impl Settings {
    /// Whether somebody says which applications are the operator's own.
    pub(super) fn knows_first_party(&self) -> bool {
        self.principal
            || self.verifier.is_some()
            || self.issuers.iter().any(Issuer::knows_first_party)
    }
}

impl Plan {
    /// Looks for what is wrong with `settings` and `items`, besides the `problems` found so far, and asks
    /// every issuer for its documents: also where something else is wrong, so that one run tells everything.
    async fn make(
        settings: &Settings,
        items: Vec<Item>,
        problems: Vec<String>,
    ) -> Result<Self, ConfigError> {
        match Self::check(settings, items, problems) {
            Ok(mut plan) => {
                let met = met(&plan.verifiers, settings.eager).await;
                ConfigError::check(met.wrong)?;
                plan.unreachable = met.unreachable;
                Ok(plan)
            }
            Err(mut wrong) => {
                if let Some(verifiers) = &wrong.verifiers {
                    let met = met(verifiers, settings.eager).await;
                    wrong.problems.extend(met.wrong);
                }
                Err(wrong.told())
            }
        }
    }

    /// The same, without asking anybody.
    fn check(
        settings: &Settings,
        items: Vec<Item>,
        mut problems: Vec<String>,
    ) -> Result<Self, Wrong> {
        // A principal that the author names needs nobody to vouch for it.
        let has_verifier =
            settings.principal || !settings.issuers.is_empty() || settings.verifier.is_some();
        checks::once(&settings.said_again, &mut problems);
        checks::names(&items, &mut problems);
        checks::access(
            &items,
            has_verifier,
            settings.allow_anonymous,
            &mut problems,
        );
        checks::rules(&items, &mut problems);
        checks::first_party(&items, settings.knows_first_party(), &mut problems);
        let initial_scopes =
            checks::initial_scopes(settings.initial_scopes.as_deref(), &items, &mut problems);
        let written = settings.resource.as_deref();
        let nowhere = settings.principal.then_some("http://localhost/");
        let resource = checks::resource(written.or(nowhere), &mut problems);
        let mount = checks::mount(settings.mount.as_deref(), resource.as_ref(), &mut problems);
        let origins = checks::origins(
            settings.allowed_hosts.as_deref(),
            settings.allowed_origins.as_deref(),
            resource.as_ref(),
            &mut problems,
        );
        let seal = checks::seal(&settings.sealing_keys, &mut problems);
        let terms = Arc::new(Terms {
            inclusions: checks::inclusions(&settings.hierarchy, &mut problems),
            challenge: settings.challenge_scopes,
        });
        let world = settings.world();
        let clock = Arc::clone(&world.clock);
        let verifiers = checks::verifiers(
            settings.exchanging(&mut problems),
            settings.verifier.clone(),
            resource.as_ref().map_or("", |resource| &resource.text),
            world,
            &mut problems,
        );
        #[cfg(feature = "dpop")]
        let dpop = settings.proofs(resource.as_ref(), &mut problems);
        match (resource, seal, verifiers) {
            (Some(resource), Some(seal), Some(verifiers)) if problems.is_empty() => Ok(Self {
                items,
                initial_scopes,
                resource,
                mount,
                origins,
                seal,
                terms,
                verifiers,
                mirrored: Mirrored::perhaps_all(),
                unreachable: Vec::new(),
                clock,
                #[cfg(feature = "dpop")]
                dpop,
            }),
            (_, _, verifiers) => Err(Wrong {
                problems,
                verifiers,
            }),
        }
    }

    /// What is guarded.
    fn described(&self, settings: &Settings, name: String) -> Manifest {
        let metadata = self.metadata(settings, &name);
        self.manifest(settings, &metadata, name)
    }
}

/// Asks every issuer for its documents. One that is wrong is an error; one that cannot be reached may come
/// back: until then the answer is 503.
async fn met(verifiers: &Verifiers, eager: bool) -> WarmUp {
    let mut met = verifiers.warm_up().await;
    if eager {
        met.wrong.append(&mut met.unreachable);
    }
    for issuer in &met.unreachable {
        tracing::warn!("{issuer}; {MEANWHILE}");
    }
    met
}
