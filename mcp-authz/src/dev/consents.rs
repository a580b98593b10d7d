//! What people allowed: remembered until they take it back, and then ended with all that came from it.

use std::sync::Arc;

use super::client::{Client, Origin};
use super::grant::Grant;
use super::store::{DAY, Tables};
use crate::scope::ScopeSet;

/// An answer holds until it is taken back; the bound of the map is what counts.
const LIFETIME: u64 = 365 * DAY;

/// What a person allowed a client to do at an API.
#[derive(Clone)]
pub(super) struct Consent {
    /// Names it in a form. Another consent to the same client has another one.
    pub(super) id: String,
    /// As it described itself when it was last allowed something.
    pub(super) client: Arc<Client>,
    pub(super) user: String,
    pub(super) resource: Option<String>,
    pub(super) scopes: ScopeSet,
    pub(super) since: u64,
    /// When a token of it was last issued, or shown to this provider.
    pub(super) last_used: Option<u64>,
}

impl Tables {
    /// What this person allowed this client for this resource before.
    pub(super) fn consented(&self, grant: &Grant, now: u64) -> Option<&Consent> {
        self.consents.get(&key_of(grant), now)
    }

    /// Remembers that the person allowed `grant`, in addition to what they did before. `id` names
    /// it if there is nothing yet to add it to.
    pub(super) fn consent(&mut self, client: &Arc<Client>, grant: &Grant, id: String, now: u64) {
        let mut consent = self
            .consented(grant, now)
            .cloned()
            .unwrap_or_else(|| Consent {
                id,
                client: client.clone(),
                user: grant.subject().to_owned(),
                resource: grant.resource.clone(),
                scopes: ScopeSet::new(),
                since: now,
                last_used: None,
            });
        consent.client = client.clone();
        consent.scopes.extend(grant.scopes.clone());
        self.consents.insert(key_of(grant), consent, now, LIFETIME);
    }

    /// Whether the consent that a code was issued under still holds: the person may have taken it
    /// back, and given another one, since.
    pub(super) fn is_still_allowed(&self, client: &Client, grant: &Grant, now: u64) -> bool {
        match &grant.consent {
            Some(id) => {
                let consent = self.consented(grant, now);
                consent.is_some_and(|consent| consent.id == *id)
            }
            None => client.origin == Origin::FirstParty,
        }
    }

    /// Notes that a token of this person, client and resource was used.
    pub(super) fn note_use(
        &mut self,
        user: &str,
        client_id: &str,
        resource: Option<&str>,
        now: u64,
    ) {
        let key = key(user, client_id, resource);
        if let Some(consent) = self.consents.get_mut(&key, now) {
            consent.last_used = Some(now);
        }
    }

    /// What this person allowed and did not take back, the newest first.
    pub(super) fn consents_of(&self, user: &str, now: u64) -> Vec<Consent> {
        let all = self.consents.values(now);
        let mut own: Vec<Consent> = all
            .filter(|consent| consent.user == user)
            .cloned()
            .collect();
        own.sort_by(|one, other| (other.since, &one.id).cmp(&(one.since, &other.id)));
        own
    }

    /// Takes back what `user` allowed under this id, and ends the tokens that came from it. None
    /// when there is no such consent, or when it is another person's.
    pub(super) fn withdraw(&mut self, id: &str, user: &str, now: u64) -> Option<Consent> {
        let mut all = self.consents.values(now);
        let own = all.find(|consent| consent.id == id && consent.user == user);
        let key = own.map(|own| key(&own.user, &own.client.id, own.resource.as_deref()))?;
        drop(all);
        let consent = self.consents.remove(&key, now)?;
        let is_its = |grant: &Grant| grant.consent.as_deref() == Some(id);
        for family in self.families.take(|family| is_its(&family.grant)) {
            self.revoke_tokens(family, now);
        }
        Some(consent)
    }
}

fn key_of(grant: &Grant) -> String {
    key(grant.subject(), &grant.client_id, grant.resource.as_deref())
}

fn key(user: &str, client_id: &str, resource: Option<&str>) -> String {
    // As JSON, so that no part can pretend to be two.
    serde_json::json!([user, client_id, resource]).to_string()
}
