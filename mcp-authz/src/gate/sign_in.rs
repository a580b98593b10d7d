//! How, and how long ago, the person signed in (RFC 9470).

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::auth_info::AuthInfo;
use crate::challenge::Denial;
use crate::scope::ScopeSet;

/// A sign-in cannot lie further in the future than clocks differ.
const LEEWAY: Duration = Duration::from_secs(60);

/// How the person must have signed in (RFC 9470).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SignIn {
    pub(crate) max_age: Option<Duration>,
    pub(crate) acr_values: Vec<String>,
}

impl SignIn {
    pub(crate) fn is_any(&self) -> bool {
        self.max_age.is_none() && self.acr_values.is_empty()
    }

    /// Asks for a sign-in that is no older, besides what is asked for already.
    pub(super) fn ask_for_age(&mut self, age: Duration) {
        let shortest = self.max_age.map_or(age, |asked| asked.min(age));
        self.max_age = Some(shortest);
    }

    /// Asks for one of these ways, besides what is asked for already.
    pub(super) fn ask_for_one_of(&mut self, mut values: Vec<String>) {
        if !self.acr_values.is_empty() {
            values.retain(|value| self.acr_values.contains(value));
        }
        if values.is_empty() {
            // One of no ways is none, and not any: nobody meets it, and the checks at start say so.
            values.push(String::new());
        }
        self.acr_values = values;
    }

    /// Whether the person signed in recently enough, and well enough. A token that does not say
    /// when or how is neither.
    pub(super) fn is_met(&self, auth: &AuthInfo, now: SystemTime) -> bool {
        self.is_recent(auth, now) && self.is_strong(auth)
    }

    fn is_recent(&self, auth: &AuthInfo, now: SystemTime) -> bool {
        let Some(max_age) = self.max_age else {
            return true;
        };
        let signed_in = auth.claims().get("auth_time").and_then(Value::as_u64);
        let signed_in = signed_in
            .and_then(|time| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(time)));
        signed_in.is_some_and(|time| match now.duration_since(time) {
            Ok(age) => age.as_secs() <= max_age.as_secs(),
            Err(ahead) => ahead.duration().as_secs() <= LEEWAY.as_secs(),
        })
    }

    fn is_strong(&self, auth: &AuthInfo) -> bool {
        let acr = auth.claims().get("acr").and_then(Value::as_str);
        self.acr_values.is_empty()
            || acr.is_some_and(|acr| self.acr_values.iter().any(|value| value == acr))
    }

    pub(super) fn denial(&self, scopes: ScopeSet) -> Denial {
        Denial::InsufficientAuthentication {
            scopes,
            max_age: self.max_age,
            acr_values: self.acr_values.join(" "),
        }
    }
}
