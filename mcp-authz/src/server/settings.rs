//! The settings that every protected server has, whoever wrote its tools.

mod decisions;
mod tokens;
mod transport;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rmcp::transport::streamable_http_server::session::SessionStore;

use crate::World;
use crate::audit::Audit;
use crate::bind::SessionLimits;
use crate::fetch::Customize;
use crate::gate::{ChallengeForm, Visibility};
use crate::scope::{ChallengeScopes, Hierarchy};
#[cfg(feature = "dpop")]
use crate::token::Dpop;
use crate::token::{DynVerifier, Issuer, TokenExchange};

/// What is set before a server is built.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) resource: Option<String>,
    pub(super) mount: Option<String>,
    pub(super) issuers: Vec<Issuer>,
    pub(super) verifier: Option<Arc<dyn DynVerifier>>,
    pub(super) exchanges: Vec<TokenExchange>,
    #[cfg(feature = "dpop")]
    pub(super) dpop: Option<Dpop>,
    pub(super) eager: bool,
    pub(super) http: Option<Customize>,
    pub(super) initial_scopes: Option<Vec<String>>,
    pub(super) advertise_all_scopes: bool,
    pub(super) hierarchy: Hierarchy,
    pub(super) challenge_scopes: ChallengeScopes,
    pub(super) visibility: Visibility,
    pub(super) challenge_form: ChallengeForm,
    pub(super) challenge_forms: HashMap<String, ChallengeForm>,
    pub(super) audit: Audit,
    pub(super) allow_anonymous: bool,
    pub(super) allowed_hosts: Option<Vec<String>>,
    pub(super) allowed_origins: Option<Vec<String>>,
    pub(super) json_replies: bool,
    pub(super) sessions: Option<SessionLimits>,
    pub(super) session_store: Option<Arc<dyn SessionStore>>,
    pub(super) sealing_keys: Vec<(String, Vec<u8>)>,
    pub(super) max_body_bytes: usize,
    pub(super) shutdown_grace: Duration,
    /// The caller is named by the author, on standard input and output.
    pub(super) principal: bool,
    /// What can be said once, and was said again.
    pub(super) said_again: Vec<&'static str>,
    /// Set by `testing` alone, for a server that a test starts.
    #[cfg(feature = "testing")]
    pub(super) world: Option<World>,
}

impl Settings {
    /// Time and outgoing HTTP.
    pub(super) fn world(&self) -> World {
        #[cfg(feature = "testing")]
        if let Some(world) = &self.world {
            return world.clone();
        }
        World::with_http(self.http.as_ref())
    }

    /// Does this to every HTTP client too, after what is done to it already.
    pub(super) fn customize(&mut self, more: Customize) {
        self.http = Some(match self.http.take() {
            Some(first) => Arc::new(move |client| more(first(client))),
            None => more,
        });
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            resource: None,
            mount: None,
            issuers: Vec::new(),
            verifier: None,
            exchanges: Vec::new(),
            #[cfg(feature = "dpop")]
            dpop: None,
            eager: false,
            http: None,
            initial_scopes: None,
            advertise_all_scopes: false,
            hierarchy: Hierarchy::new(),
            challenge_scopes: ChallengeScopes::default(),
            visibility: Visibility::default(),
            challenge_form: ChallengeForm::default(),
            challenge_forms: HashMap::new(),
            audit: Audit::default(),
            allow_anonymous: false,
            allowed_hosts: None,
            allowed_origins: None,
            json_replies: true,
            sessions: None,
            session_store: None,
            sealing_keys: Vec::new(),
            max_body_bytes: 1024 * 1024,
            shutdown_grace: Duration::from_secs(10),
            principal: false,
            said_again: Vec::new(),
            #[cfg(feature = "testing")]
            world: None,
        }
    }
}

/// The same methods for everything that has `settings`, in one list of the documentation.
macro_rules! with_settings {
    ($builder:ty) => {
        impl $builder {
            $crate::server::settings::settings_of_tokens!();
            $crate::server::settings::settings_of_decisions!();
            $crate::server::settings::settings_of_transport!();
        }
    };
}

pub(super) use decisions::settings_of_decisions;
pub(super) use tokens::settings_of_tokens;
pub(super) use transport::settings_of_transport;
pub(super) use with_settings;
