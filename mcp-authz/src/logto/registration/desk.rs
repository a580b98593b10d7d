//! The core of both faces: shows and deletes, and what registering and rotating have in common.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, oneshot};

use super::super::{Application, Error, Management};
use super::audit;
use super::census::{Census, Limits};
use super::listing::{FRESH, Listing};
use super::places::{Place, Places};
use super::policy::RegistrationPolicy;
use super::record::Record;
use super::refusal::Refusal;
use super::registrant::Registrant;
use super::right::{LookUps, Right};
use super::rotate::Rotations;

/// Ids of Logto's are shorter.
const LONGEST_ID: usize = 64;

/// Where agents are registered.
pub(super) struct Desk {
    pub(super) logto: Management,
    /// Tells this service's applications from others of the tenant.
    pub(super) service: String,
    /// The API whose scopes agents are given.
    pub(super) resource: String,
    pub(super) policy: RegistrationPolicy,
    pub(super) limits: Limits,
    pub(super) census: Mutex<Census>,
    pub(super) listing: Listing,
    pub(super) rotations: Rotations,
    pub(super) places: Arc<Places>,
    pub(super) look_ups: LookUps,
}

/// An application of this service's.
pub(super) struct Registered {
    pub(super) app: Application,
    pub(super) record: Record,
}

impl Desk {
    pub(super) fn new(
        logto: Management,
        service: String,
        resource: String,
        policy: RegistrationPolicy,
        of_nobody: usize,
    ) -> Self {
        let limits = Limits {
            per_owner: policy.per_owner,
            in_all: policy.in_all,
            of_nobody,
            per_minute: policy.per_minute,
            per_owner_and_minute: policy.share(),
        };
        Self {
            logto,
            service,
            resource,
            policy,
            limits,
            census: Mutex::default(),
            listing: Listing::default(),
            rotations: Rotations::default(),
            places: Arc::default(),
            look_ups: LookUps::default(),
        }
    }

    /// Carries something out to its end, whether or not who asked for it stays to hear. `unheard` gets
    /// what nobody stayed for.
    pub(super) async fn to_the_end<T: Send + 'static>(
        self: &Arc<Self>,
        place: Place,
        work: impl FnOnce(Arc<Self>) -> BoxFuture<'static, Result<T, Refusal>>,
        unheard: impl FnOnce(Arc<Self>, T) -> BoxFuture<'static, ()> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (tell, told) = oneshot::channel();
        let (desk, work) = (Arc::clone(self), work(Arc::clone(self)));
        tokio::spawn(async move {
            let _place = place;
            if let Err(Ok(outcome)) = tell.send(work.await) {
                unheard(desk, outcome).await;
            }
        });
        // The sender is dropped only by a panic.
        told.await.unwrap_or_else(|_| Err(Refusal::unavailable()))
    }

    /// All that are this owner's.
    pub(super) async fn list(&self, owner: &Registrant) -> Result<Vec<Registered>, Refusal> {
        // Without a place: one at a time asks Logto, for all.
        let apps = self.listing.read(&self.logto, FRESH).await;
        let apps = apps.map_err(|error| unavailable("listed", owner, &error))?;
        audit::looked("listed", owner, None);
        let own = apps.iter().filter_map(|app| {
            let record = Record::of(app, &self.service)?;
            let app = app.clone();
            (record.owner == *owner && !owner.is_nobody()).then_some(Registered { app, record })
        });
        Ok(own.collect())
    }

    /// One application and the scopes that it has now, for whoever has a right to it.
    pub(super) async fn read(
        &self,
        id: &str,
        right: &Right,
    ) -> Result<(Registered, String), Refusal> {
        let _place = self.place(id, right).await?;
        let found = self.find(id, right).await?;
        let owner = &found.record.owner;
        let allowed = self.logto.consent_scopes(&found.app.id).await;
        let allowed = allowed.map_err(|error| unavailable("read", owner, &error))?;
        audit::looked("read", owner, Some(&found.app.id));
        let of_resource = allowed.of_resource(&self.resource);
        let mut names: Vec<&str> = of_resource.map(|scope| scope.name.as_str()).collect();
        names.extend(allowed.user_scopes.iter().map(String::as_str));
        names.sort_unstable();
        names.dedup();
        let scope = names.join(" ");
        Ok((found, scope))
    }

    /// Deletes an application with what people allowed it.
    pub(super) async fn delete(
        self: &Arc<Self>,
        id: String,
        right: Right,
    ) -> Result<Registered, Refusal> {
        let place = self.place(&id, &right).await?;
        let work = |desk: Arc<Self>| -> BoxFuture<'static, _> {
            Box::pin(async move { desk.deleted(&id, &right).await })
        };
        self.to_the_end(place, work, |_, _| Box::pin(async {}))
            .await
    }

    async fn deleted(&self, id: &str, right: &Right) -> Result<Registered, Refusal> {
        let found = self.find(id, right).await?;
        let owner = &found.record.owner;
        // Not while others count: what is gone from the list already would be taken off once more.
        let mut census = self.census.lock().await;
        match self.logto.delete_application(&found.app.id).await {
            Ok(()) => {
                census.went(owner);
                self.listing.changed();
                audit::deleted(owner, &found.app.id);
                Ok(found)
            }
            // Somebody else was faster, and has counted it.
            Err(error) if error.is_gone() => Err(Refusal::unknown()),
            Err(error) => Err(unavailable("deleted", owner, &error)),
        }
    }

    /// The application, where it is this service's and `right` is one to it. One answer to all else:
    /// whether somebody else has it does not show.
    pub(super) async fn find(&self, id: &str, right: &Right) -> Result<Registered, Refusal> {
        let unknown = match right {
            Right::Owner(_) => Refusal::unknown(),
            Right::Token(_) => Refusal::unauthorized(),
        };
        let is_id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if id.is_empty() || id.len() > LONGEST_ID || !id.chars().all(is_id) {
            return Err(unknown);
        }
        let app = match self.logto.application(id).await {
            Ok(app) => app,
            Err(error) if error.is_gone() => return Err(unknown),
            Err(error) => return Err(unavailable("looked up", &Registrant::nobody(), &error)),
        };
        let record = Record::of(&app, &self.service).filter(|record| match right {
            Right::Owner(owner) => record.owner == *owner && !owner.is_nobody(),
            Right::Token(token) => record.is_managed_by(token.expose()),
        });
        let record = record.ok_or(unknown)?;
        Ok(Registered { app, record })
    }
}

/// What Logto said is the operator's to read.
pub(super) fn unavailable(step: &'static str, owner: &Registrant, error: &Error) -> Refusal {
    audit::failed(step, owner, error);
    Refusal::unavailable()
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}
