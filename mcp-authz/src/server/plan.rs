//! What a server is built from: settings and items that passed every check.

use std::sync::Arc;

use super::checks;
use super::item::Item;
use super::manifest::Manifest;
use super::resource::Resource;
use super::settings::Settings;
use crate::bind::SealingKeys;
use crate::clock::Clock;
use crate::error::ConfigError;
use crate::gate::Mirrored;
use crate::layer::Origins;
use crate::scope::{ScopeSet, Terms};
#[cfg(feature = "dpop")]
use crate::token::DpopVerifier;
use crate::token::{Issuer, Verifiers, WarmUp};

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
    pub(super) async fn make(
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
        checks::once(&settings.said_again, &mut problems);
        let initial_scopes = check_items(settings, &items, &mut problems);
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

    /// What would be guarded, without asking anybody.
    pub(super) fn manifest_of(
        settings: &Settings,
        items: Vec<Item>,
        problems: Vec<String>,
        name: String,
    ) -> Result<Manifest, ConfigError> {
        let plan = Self::check(settings, items, problems).map_err(Wrong::told)?;
        let metadata = plan.metadata(settings, &name);
        Ok(plan.manifest(settings, &metadata, name))
    }
}

/// What is wrong with the items, under these settings; the scopes that clients are told to ask for first.
fn check_items(settings: &Settings, items: &[Item], problems: &mut Vec<String>) -> ScopeSet {
    // A principal that the author names needs nobody to vouch for it.
    let has_verifier =
        settings.principal || !settings.issuers.is_empty() || settings.verifier.is_some();
    checks::names(items, problems);
    checks::access(items, has_verifier, settings.allow_anonymous, problems);
    checks::rules(items, problems);
    checks::first_party(items, settings.knows_first_party(), problems);
    checks::initial_scopes(settings.initial_scopes.as_deref(), items, problems)
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
