//! What every endpoint shares.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, UNIX_EPOCH};

use super::client::Client;
use super::client_document;
use super::error::Error;
use super::keys::KeyRing;
use super::standard::standard;
use super::store::Store;
use super::user::User;
use crate::World;
use crate::clock::{Clock, SystemClock};
use crate::scope::Scope;

pub(super) struct Provider {
    pub(super) issuer: String,
    /// The path of the issuer: empty, or `/…` without a slash at the end.
    pub(super) path: String,
    pub(super) cookie: String,
    pub(super) settings: Settings,
    pub(super) keys: KeyRing,
    pub(super) store: Store,
    clock: Arc<dyn Clock>,
    /// Made when a client is described by a document: that takes the system's root certificates.
    world: LazyLock<World>,
}

pub(super) struct Settings {
    pub(super) users: Vec<User>,
    pub(super) clients: Vec<Arc<Client>>,
    /// Scopes of the APIs, with the words of the consent page.
    pub(super) scopes: Vec<(Scope, String)>,
    pub(super) access_token_lifetime: Duration,
    pub(super) opaque: Opaque,
    /// What a sign-in can count as; one that nothing is wanted of counts as the first.
    pub(super) acr_values: Vec<String>,
}

/// Which access tokens are opaque.
#[derive(Clone, Debug, Default)]
pub(super) struct Opaque {
    /// Those for these APIs.
    pub(super) resources: Vec<String>,
    /// Those for none.
    pub(super) without_resource: bool,
}

impl Provider {
    pub(super) fn new(
        port: u16,
        host: &str,
        path: String,
        settings: Settings,
    ) -> Result<Self, Error> {
        let issuer = format!("http://{host}:{port}{path}");
        Ok(Self {
            // Cookies ignore ports (RFC 6265 §8.5): two providers on one host must not share a name.
            cookie: format!("mcp-authz-dev-{port}"),
            path,
            ..Self::named(issuer, settings)?
        })
    }

    /// A provider of this name, at the root of wherever it is asked.
    pub(super) fn named(issuer: String, settings: Settings) -> Result<Self, Error> {
        Ok(Self {
            issuer,
            cookie: "mcp-authz-dev".to_owned(),
            path: String::new(),
            settings,
            keys: KeyRing::new()?,
            store: Store::default(),
            clock: Arc::new(SystemClock),
            world: LazyLock::new(World::system),
        })
    }

    /// The same by another clock: that of a test.
    #[cfg(feature = "testing")]
    pub(super) fn by_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Seconds since 1970: the unit of every time in a token.
    pub(super) fn now(&self) -> u64 {
        let since = self.clock.wall().duration_since(UNIX_EPOCH);
        since.unwrap_or_default().as_secs()
    }

    /// Finds a client by its id: configured, registered, or described at the URL that the id is.
    ///
    /// # Errors
    ///
    /// Why it can't be found, in words for the person or the client's developer.
    pub(super) async fn client(&self, id: &str) -> Result<Arc<Client>, String> {
        let configured = self.settings.clients.iter().find(|client| client.id == id);
        if let Some(client) = configured {
            return Ok(client.clone());
        }
        let now = self.now();
        let known = {
            let store = self.store.lock();
            store
                .registered(id, now)
                .or_else(|| store.document(id, now))
        };
        if let Some(client) = known {
            return Ok(client);
        }
        let Some(url) = client_document::url(id) else {
            return Err(format!(
                "the client {id:?} is unknown here: configure it, or let it register again \
                 (registrations end with the process)"
            ));
        };
        let client = Arc::new(client_document::fetch(&self.world, url).await?);
        self.store.lock().keep_document(client.clone(), now);
        Ok(client)
    }

    pub(super) fn user(&self, username: &str) -> Option<&User> {
        let mut users = self.settings.users.iter();
        users.find(|user| user.username == username)
    }

    /// What a sign-in counts as that nothing is wanted of.
    pub(super) fn usual_acr(&self) -> &str {
        let first = self.settings.acr_values.first();
        first.map(String::as_str).unwrap_or_default()
    }

    /// What a scope means, in words. An unknown one is shown by its own name.
    pub(super) fn describe<'a>(&'a self, scope: &'a Scope) -> Option<&'a str> {
        let configured = self.settings.scopes.iter().find(|(own, _)| own == scope);
        if let Some((_, description)) = configured {
            return Some(description);
        }
        standard(scope.as_str()).map(|own| own.description)
    }
}
