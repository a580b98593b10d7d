//! From a plan to a server: put everything together.

use std::sync::Arc;

use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::item::Item;
use super::local::Local;
use super::manifest::{GuardedItem, Manifest};
use super::plan::Plan;
use super::settings::Settings;
use super::{Server, checks};
use crate::bind::{BoundSessions, Seal};
use crate::challenge::{Challenger, Offer};
use crate::gate::{Answers, Guarded, Rulebook};
use crate::layer::{Admission, Endpoint};
use crate::metadata::ResourceMetadata;

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

impl Plan {
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

    /// A server with an endpoint.
    pub(super) fn assemble<H: ServerHandler>(
        self,
        settings: Settings,
        handler: H,
        name: String,
    ) -> Server<H> {
        let metadata = self.metadata(&settings, &name);
        let manifest = self.manifest(&settings, &metadata, name);
        let challenger = self.challenger(&metadata);
        let (running, streams) = (TaskTracker::new(), CancellationToken::new());
        let transport = settings.transport(&streams);
        if settings.sessions.is_some() && settings.sealing_keys.is_empty() {
            tracing::warn!(
                "sessions are sealed with a key of this process alone: give replicas `.sealing_keys([..])`"
            );
        }
        let closing = CancellationToken::new();
        let answers = Answers {
            challenger: challenger.clone(),
            terms: Arc::clone(&self.terms),
            audit: settings.audit.clone(),
            form: settings.challenge_form,
            forms: settings.challenge_forms.clone(),
            over_http: true,
        };
        let guarded = self.guarded(&settings, handler, answers, closing.clone());
        let tasks = Arc::clone(&guarded.tasks);
        let token_cache = self.verifiers.token_cache();
        let admission = Admission {
            origins: self.origins.clone(),
            verifiers: self.verifiers,
            challenger,
            audit: settings.audit.clone(),
            allow_anonymous: settings.allow_anonymous,
            #[cfg(feature = "dpop")]
            dpop: self.dpop,
        };
        #[cfg(feature = "logto")]
        let knows_first_party = settings.knows_first_party();
        let limits = settings.sessions.unwrap_or_default();
        let sessions = BoundSessions::new(limits, self.seal.codec, self.resource.text, tasks);
        Server {
            endpoint: Endpoint::new(admission, guarded, sessions, transport, running.clone()),
            manifest,
            unreachable: self.unreachable,
            #[cfg(feature = "logto")]
            knows_first_party,
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

    /// A server for one caller on this machine.
    pub(super) fn assemble_local<H: ServerHandler>(
        self,
        settings: &Settings,
        handler: H,
        name: String,
    ) -> Local<H> {
        let metadata = self.metadata(settings, &name);
        let answers = Answers {
            challenger: self.challenger(&metadata),
            terms: Arc::clone(&self.terms),
            audit: settings.audit.clone(),
            form: settings.challenge_form,
            forms: settings.challenge_forms.clone(),
            over_http: false,
        };
        let guarded = self.guarded(settings, handler, answers, CancellationToken::new());
        Local {
            answers: Arc::clone(&guarded.answers),
            guarded: Arc::new(guarded),
            manifest: self.manifest(settings, &metadata, name),
            unreachable: self.unreachable,
            verifiers: self.verifiers,
            max_bytes: settings.max_body_bytes,
        }
    }

    pub(super) fn metadata(&self, settings: &Settings, name: &str) -> ResourceMetadata {
        let advertised = if settings.advertise_all_scopes {
            checks::all_scopes(&self.items)
        } else {
            self.initial_scopes.clone()
        };
        ResourceMetadata::new(
            &self.resource.text,
            &self.resource.url,
            &self.issuers(),
            &advertised,
            name,
            self.more_metadata(),
        )
    }

    fn issuers(&self) -> Vec<String> {
        self.verifiers.issuers().map(str::to_owned).collect()
    }

    pub(super) fn manifest(
        &self,
        settings: &Settings,
        metadata: &ResourceMetadata,
        name: String,
    ) -> Manifest {
        let mut items: Vec<GuardedItem> = self.items.iter().map(GuardedItem::of).collect();
        // Rules come as their author wrote them down, and moving one changes nothing.
        items.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        Manifest {
            name,
            resource: self.resource.text.clone(),
            metadata: metadata.url().to_owned(),
            issuers: self.issuers(),
            own_verifier: settings.verifier.is_some(),
            allows_anonymous: settings.allow_anonymous,
            includes: self.terms.inclusions.by_scope(),
            items,
        }
    }

    fn challenger(&self, metadata: &ResourceMetadata) -> Challenger {
        // Without an issuer there is nobody to send anybody to.
        let offers = match self.verifiers.is_empty() {
            true => Vec::new(),
            false => self.offers(),
        };
        Challenger::new(
            metadata.url().to_owned(),
            self.initial_scopes.clone(),
            offers,
        )
    }

    fn guarded<H>(
        &self,
        settings: &Settings,
        handler: H,
        answers: Answers,
        closing: CancellationToken,
    ) -> Guarded<H> {
        Guarded {
            rules: Rulebook::new(
                Item::rules(&self.items),
                Arc::clone(&self.terms),
                settings.visibility,
                Arc::clone(&self.clock),
            ),
            handler,
            mirrored: self.mirrored.clone(),
            seal: Seal::new(self.seal.clone(), &self.resource.text),
            tasks: Arc::default(),
            answers: Arc::new(answers),
            closing,
        }
    }
}
