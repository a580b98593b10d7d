//! From settings to a server: check everything, then put it together.

use std::sync::Arc;

use rmcp::ServerHandler;
use rmcp::model::{Implementation, RequestStateCodec, ServerCapabilities, ServerConfig};
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::authz::Protect;
use super::dispatch::Annotated;
use super::item::Item;
use super::manifest::{GuardedItem, Manifest};
use super::resource::Resource;
use super::settings::Settings;
use super::{Server, ServerBuilder, checks, survey};
use crate::World;
use crate::bind::{BoundSessions, Seal, TaskOwners};
use crate::challenge::{Challenger, Offer};
use crate::clock::SystemClock;
use crate::error::{ConfigError, Error};
use crate::gate::{Guarded, Rulebook};
use crate::layer::{Admission, Endpoint, Origins};
use crate::metadata::ResourceMetadata;
use crate::scope::{ScopeSet, Terms};
#[cfg(feature = "dpop")]
use crate::token::DpopVerifier;
use crate::token::{Verifiers, WarmUp};

impl ServerBuilder {
    /// Checks everything and makes the server.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with every mistake at once, each with what to write instead.
    pub async fn build(self) -> Result<Server, Error> {
        let info = self.info();
        let tools = self.tools.resolve();
        let items: Vec<Item> = tools.iter().map(Item::of_tool).collect();
        let mut problems = Vec::new();
        checks::some(&tools, &mut problems);
        checks::parameters(&tools, &self.app, &mut problems);
        let plan = Plan::check(&self.settings, items, problems)?;
        plan.meet_issuers(self.settings.eager).await?;
        let handler = Annotated::new(self.app, info, &tools);
        Ok(plan.assemble(self.settings, handler, self.name))
    }

    fn info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        let mut info = ServerConfig::new(capabilities)
            .with_server_info(Implementation::new(&self.name, &self.version));
        info.instructions.clone_from(&self.instructions);
        info
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
        let mut problems = Vec::new();
        survey::compare(&self.handler, &self.rules, &mut problems).await;
        let items = Item::of_rules(&self.rules);
        let plan = Plan::check(&self.settings, items, problems)?;
        plan.meet_issuers(self.settings.eager).await?;
        let name = self.handler.get_info().server_info.name;
        Ok(plan.assemble(self.settings, self.handler, name))
    }
}

impl Settings {
    fn transport(&self, streams: &CancellationToken) -> StreamableHttpServerConfig {
        let mut transport = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(self.sessions.is_some())
            .with_json_response(self.json_replies)
            // The layer has checked both, more strictly, before anything else; rmcp would read its
            // lists again for every request.
            .disable_allowed_hosts()
            .disable_allowed_origins()
            .with_max_request_body_bytes(self.max_body_bytes)
            .with_cancellation_token(streams.clone());
        transport.session_store.clone_from(&self.session_store);
        transport
    }
}

/// Settings that passed every check.
struct Plan {
    items: Vec<Item>,
    initial_scopes: ScopeSet,
    resource: Resource,
    mount: String,
    origins: Origins,
    seal: RequestStateCodec,
    terms: Terms,
    verifiers: Verifiers,
    #[cfg(feature = "dpop")]
    dpop: Option<DpopVerifier>,
}

impl Plan {
    /// Looks for what is wrong with `settings` and `items`, besides the `problems` found so far.
    fn check(
        settings: &Settings,
        items: Vec<Item>,
        mut problems: Vec<String>,
    ) -> Result<Self, ConfigError> {
        let has_verifier = !settings.issuers.is_empty() || settings.verifier.is_some();
        checks::names(&items, &mut problems);
        checks::access(
            &items,
            has_verifier,
            settings.allow_anonymous,
            &mut problems,
        );
        checks::rules(&items, &mut problems);
        let initial_scopes =
            checks::initial_scopes(settings.initial_scopes.as_deref(), &items, &mut problems);
        let resource = checks::resource(settings.resource.as_deref(), &mut problems);
        let mount = checks::mount(settings.mount.as_deref(), resource.as_ref(), &mut problems);
        let origins = checks::origins(
            settings.allowed_hosts.as_deref(),
            settings.allowed_origins.as_deref(),
            resource.as_ref(),
            &mut problems,
        );
        let seal = checks::seal(&settings.sealing_keys, &mut problems);
        let terms = Terms {
            inclusions: checks::inclusions(&settings.hierarchy, &mut problems),
            challenge: settings.challenge_scopes,
        };
        let verifiers = checks::verifiers(
            settings.issuers.clone(),
            settings.verifier.clone(),
            resource.as_ref().map_or("", |resource| &resource.text),
            World::with_http(settings.http.as_ref()),
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
                #[cfg(feature = "dpop")]
                dpop,
            }),
            _ => Err(ConfigError::new(problems)),
        }
    }

    /// Asks every issuer for its documents. One that is wrong is an error; one that cannot be
    /// reached may come back: until then the answer is 503.
    async fn meet_issuers(&self, eager: bool) -> Result<(), ConfigError> {
        let WarmUp {
            unreachable,
            wrong: mut problems,
        } = self.verifiers.warm_up().await;
        if eager {
            problems.extend(unreachable);
        } else {
            for issuer in unreachable {
                tracing::warn!("{issuer}; answering 503 until it can be");
            }
        }
        ConfigError::check(problems)
    }

    /// How challenges name the ways to present a token.
    fn offers(&self) -> Vec<Offer> {
        #[cfg(feature = "dpop")]
        if let Some(dpop) = &self.dpop {
            return super::dpop::offers(dpop);
        }
        vec![Offer::bearer()]
    }

    fn more_metadata(&self) -> Map<String, Value> {
        #[cfg(feature = "dpop")]
        if let Some(dpop) = &self.dpop {
            return dpop.metadata();
        }
        Map::new()
    }

    fn assemble<H: ServerHandler>(self, settings: Settings, handler: H, name: String) -> Server<H> {
        let advertised = if settings.advertise_all_scopes {
            checks::all_scopes(&self.items)
        } else {
            self.initial_scopes.clone()
        };
        let token_cache = self.verifiers.token_cache();
        let issuers: Vec<String> = self.verifiers.issuers().map(str::to_owned).collect();
        let metadata = ResourceMetadata::new(
            &self.resource.text,
            &self.resource.url,
            &issuers,
            &advertised,
            &name,
            self.more_metadata(),
        );
        let (running, streams) = (TaskTracker::new(), CancellationToken::new());
        let transport = settings.transport(&streams);
        if settings.sessions.is_some() && settings.sealing_keys.is_empty() {
            tracing::warn!(
                "sessions are sealed with a key of this process alone: give replicas `.sealing_keys([..])`"
            );
        }
        let offers = self.offers();
        let admission = Admission {
            origins: self.origins.clone(),
            verifiers: self.verifiers,
            challenger: Challenger::new(metadata.url().to_owned(), self.initial_scopes, offers),
            allow_anonymous: settings.allow_anonymous,
            #[cfg(feature = "dpop")]
            dpop: self.dpop,
        };
        let closing = CancellationToken::new();
        let guarded = Guarded {
            rules: Rulebook::new(
                Item::rules(&self.items),
                self.terms,
                settings.visibility,
                Arc::new(SystemClock),
            ),
            handler,
            seal: Seal::new(self.seal.clone()),
            tasks: TaskOwners::default(),
            closing: closing.clone(),
        };
        let sessions = BoundSessions::new(settings.sessions.unwrap_or_default(), self.seal);
        Server {
            endpoint: Endpoint::new(admission, guarded, sessions, transport, running.clone()),
            manifest: Manifest {
                name,
                resource: self.resource.text,
                metadata: metadata.url().to_owned(),
                issuers,
                items: self.items.iter().map(GuardedItem::of).collect(),
            },
            metadata,
            token_cache,
            mount: self.mount,
            origins: self.origins,
            running,
            streams,
            closing,
            grace: settings.shutdown_grace,
        }
    }
}
