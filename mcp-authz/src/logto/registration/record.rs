//! What is kept with an application at Logto: whose it is, and how it was registered. There is no
//! other memory of it.

use serde::{Deserialize, Serialize};

use super::super::{Application, NewThirdPartyApp};
use super::registrant::Registrant;
use super::secrecy;

/// The member of the application's custom data.
const MEMBER: &str = "mcpAuthzRegistration";

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    /// Several services may register at one tenant.
    pub(super) service: String,
    pub(super) owner: Registrant,
    /// Seconds since 1970.
    pub(super) issued_at: u64,
    /// What was registered, to be answered again (RFC 7592 §2.1).
    pub(super) auth_method: String,
    pub(super) grant_types: Vec<String>,
    /// Which attempt made it, to be found again if Logto's answer was lost.
    pub(super) attempt: String,
    /// The fingerprint of the registration access token, if one was handed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl Record {
    /// `token` is the registration access token itself, of which a fingerprint is kept.
    pub(super) fn with_token(mut self, token: Option<&str>) -> Self {
        self.token = token.map(secrecy::fingerprint);
        self
    }

    pub(super) fn new(service: &str, owner: Registrant, issued_at: u64, attempt: String) -> Self {
        Self {
            service: service.to_owned(),
            owner,
            issued_at,
            auth_method: String::new(),
            grant_types: Vec::new(),
            attempt,
            token: None,
        }
    }

    /// That of an application which this service registered.
    pub(super) fn of(app: &Application, service: &str) -> Option<Self> {
        let record = app.custom_data.get(MEMBER)?;
        let record = Self::deserialize(record).ok()?;
        (app.is_third_party && record.service == service).then_some(record)
    }

    /// Keeps it with what is about to be made.
    pub(super) fn attach(&self, new: NewThirdPartyApp) -> NewThirdPartyApp {
        // Strings and numbers always serialize.
        let record = serde_json::to_value(self).unwrap_or_default();
        new.custom_data(MEMBER, record)
    }

    /// Whether `token` is the one that was handed out for this application.
    pub(super) fn is_managed_by(&self, token: &str) -> bool {
        let own = self.token.as_deref();
        own.is_some_and(|own| secrecy::same(own, &secrecy::fingerprint(token)))
    }
}
