//! Whose something is.

use crate::auth_info::AuthInfo;

/// Issuer, subject or none, client or none, in a form that no other triple has. Never the subject
/// alone, never the token.
pub(crate) type Owner = String;

pub(crate) fn owner(caller: &AuthInfo) -> Owner {
    // Strings always serialize; were they not to, the empty owner opens nothing.
    serde_json::to_string(&parts(caller)).unwrap_or_default()
}

/// The same as part of something else that is serialized.
pub(super) fn parts(caller: &AuthInfo) -> (&str, Option<&str>, Option<&str>) {
    (caller.issuer(), caller.subject(), caller.client_id())
}
