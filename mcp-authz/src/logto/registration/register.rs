//! One registration: counted, made with exactly its scopes, or not there at all.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::super::plan::is_user_scope;
use super::super::{
    AllowedScopes, Application, Error, NewThirdPartyApp, ResourceScope, ThirdPartyType,
};
use super::audit;
use super::desk::{Desk, Registered, now, unavailable};
use super::places::Holder;
use super::policy::{Submission, Wanted, is_free};
use super::record::Record;
use super::refusal::Refusal;
use super::registrant::Registrant;
use super::secrecy;
use crate::scope::Scope;
use crate::token::secret::Secret;

/// How often an application that must not stay is asked to go.
const MAX_ATTEMPTS: u32 = 3;

const PAUSE: Duration = Duration::from_millis(200);

/// What somebody submits, and how its face is to answer later.
pub(super) struct Order {
    pub(super) submission: Submission,
    pub(super) auth_method: String,
    pub(super) grant_types: Vec<String>,
    /// What manages it afterwards, beside its owner.
    pub(super) token: Option<Secret>,
}

/// An application that was just made, with what is told once.
pub(super) struct New {
    pub(super) registered: Registered,
    pub(super) scope: String,
    pub(super) secret: Option<Secret>,
}

impl Desk {
    /// Registers an agent for `owner`. Whoever hangs up meanwhile gets nothing, and nothing stays.
    pub(super) async fn register(
        self: &Arc<Self>,
        owner: Registrant,
        order: Order,
    ) -> Result<New, Refusal> {
        let Order {
            submission,
            auth_method,
            grant_types,
            token,
        } = order;
        let wanted = self.policy.admit(submission)?;
        let place = self.places.take(Holder::of(&owner))?;
        let mut record = Record::new(&self.service, owner, now(), secrecy::random()?);
        record.auth_method = auth_method;
        record.grant_types = grant_types;
        let record = record.with_token(token.as_ref().map(Secret::expose));
        let work = |desk: Arc<Self>| -> BoxFuture<'static, _> {
            Box::pin(async move { desk.made(wanted, record).await })
        };
        let unheard = |desk: Arc<Self>, new: New| -> BoxFuture<'static, ()> {
            Box::pin(async move {
                let Registered { app, record } = &new.registered;
                let why = "who registered it hung up";
                desk.withdraw(&record.owner, &app.id, why).await;
                desk.census.lock().await.forget();
            })
        };
        self.to_the_end(place, work, unheard).await
    }

    async fn made(&self, wanted: Wanted, record: Record) -> Result<New, Refusal> {
        // Held to the end: of two who come together for the last place, the second finds it taken.
        let mut census = self.census.lock().await;
        let owner = &record.owner;
        let failed = |error: Error| unavailable("registered", owner, &error);
        let counted = census.refresh(&self.logto, &self.service).await;
        counted.map_err(failed)?;
        census.room(owner, self.limits)?;
        // Before Logto is asked anything for this one alone.
        census.take_turn(owner, self.limits)?;
        let scopes = self.resolve(&wanted, owner).await?;
        let new = described(&wanted);
        let app = match self.logto.create_third_party_app(&record.attach(new)).await {
            Ok(app) => app,
            Err(error) => {
                census.forget();
                return Err(self.not_made(&record, &error).await);
            }
        };
        match self.complete(&app, &record, &scopes, wanted.kind).await {
            Ok(secret) => {
                census.came(owner.clone());
                self.listing.changed();
                audit::registered(owner, &app.id, &wanted);
                let registered = Registered { app, record };
                let scope = wanted.scopes.to_string();
                Ok(New {
                    registered,
                    scope,
                    secret,
                })
            }
            Err(error) => {
                census.forget();
                let why = "it could not be completed";
                self.withdraw(owner, &app.id, why).await;
                Err(failed(error))
            }
        }
    }

    /// Gives a new application its scopes; its secret, where it has one.
    async fn complete(
        &self,
        app: &Application,
        record: &Record,
        scopes: &AllowedScopes,
        kind: ThirdPartyType,
    ) -> Result<Option<Secret>, Error> {
        // Without it the application would be nobody's, and in no count.
        let kept = Record::of(app, &self.service);
        if kept.is_none_or(|kept| kept.attempt != record.attempt) {
            let call = "POST /api/applications";
            return Err(Error::unusable(call, "the custom data was not kept"));
        }
        if *scopes != AllowedScopes::new() {
            self.logto.allow_scopes(&app.id, scopes).await?;
        }
        if kind != ThirdPartyType::Traditional {
            return Ok(None);
        }
        let secrets = self.logto.application_secrets(&app.id).await?;
        let secret = secrets.first().map(|secret| Secret::new(secret.expose()));
        let call = "GET /api/applications/{id}/secrets";
        let secret = secret.ok_or_else(|| Error::unusable(call, "a new application has no secret"));
        secret.map(Some)
    }

    /// The scopes as Logto takes them: its user scopes by name, those of the API by id, and where both
    /// have one name, both (`docs/decisions/logto.md`).
    async fn resolve(&self, wanted: &Wanted, owner: &Registrant) -> Result<AllowedScopes, Refusal> {
        let mut allowed = AllowedScopes::new();
        let names = wanted.scopes.iter().map(Scope::as_str);
        let names: Vec<&str> = names.filter(|name| !is_free(name)).collect();
        if names.is_empty() {
            return Ok(allowed);
        }
        let own = self.own_scopes().await;
        let own = own.map_err(|error| unavailable("registered", owner, &error))?;
        for name in names {
            let of_api = own.iter().find(|scope| scope.name == name);
            let is_users = is_user_scope(name);
            if of_api.is_none() && !is_users {
                audit::lacking(name, &self.resource);
                return Err(Refusal::unavailable());
            }
            allowed = allowed.resource_scopes(of_api);
            if is_users {
                allowed = allowed.user_scope(name);
            }
        }
        Ok(allowed)
    }

    async fn own_scopes(&self) -> Result<Vec<ResourceScope>, Error> {
        let resources = self.logto.resources().await?;
        let own = resources.iter().find(|one| one.indicator == self.resource);
        match own {
            Some(resource) => self.logto.resource_scopes(&resource.id).await,
            None => Ok(Vec::new()),
        }
    }

    /// Logto did not say that it made the application. Where it may have, it is looked for.
    async fn not_made(&self, record: &Record, error: &Error) -> Refusal {
        let refusal = unavailable("registered", &record.owner, error);
        match error {
            Error::Refused { status: 400, .. } => {
                return Refusal::metadata("the authorization server does not take it");
            }
            Error::Refused { status, .. } if *status < 500 => return refusal,
            Error::Config(_) => return refusal,
            _ => {}
        }
        match self.logto.third_party_apps().await {
            Ok(apps) => {
                let is_it = |app: &&Application| {
                    let own = Record::of(app, &self.service);
                    own.is_some_and(|own| own.attempt == record.attempt)
                };
                for app in apps.iter().filter(is_it) {
                    let why = "Logto's answer was lost";
                    self.withdraw(&record.owner, &app.id, why).await;
                }
            }
            Err(error) => audit::uncertain(&record.owner, &record.attempt, &error),
        }
        refusal
    }

    /// Takes away an application that must not stay, or says that it is still there.
    async fn withdraw(&self, owner: &Registrant, id: &str, why: &'static str) {
        self.withdrawn(owner, id, why).await;
        self.listing.changed();
    }

    async fn withdrawn(&self, owner: &Registrant, id: &str, why: &'static str) {
        let mut attempt = 0;
        loop {
            match self.logto.delete_application(id).await {
                Ok(()) => return audit::withdrawn(owner, id, why),
                Err(error) if error.is_gone() => return audit::withdrawn(owner, id, why),
                Err(error) if attempt + 1 >= MAX_ATTEMPTS => {
                    return audit::left_behind(owner, id, why, &error);
                }
                // To delete what is gone does no harm.
                Err(_) => tokio::time::sleep(PAUSE * (1 << attempt)).await,
            }
            attempt += 1;
        }
    }
}

/// The application that is asked for.
fn described(wanted: &Wanted) -> NewThirdPartyApp {
    let new = NewThirdPartyApp::new(&wanted.name, wanted.kind);
    let uris = wanted.redirect_uris.iter();
    uris.fold(new, NewThirdPartyApp::redirect_uri)
}
