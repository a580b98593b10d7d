//! Whose something is.

use crate::auth_info::AuthInfo;

/// Issuer, subject or none, client or none, in a form that no other triple has. Never the subject
/// alone, never the token.
pub(crate) type Owner = Vec<u8>;

pub(crate) fn owner(caller: &AuthInfo) -> Owner {
    let owner = (caller.issuer(), caller.subject(), caller.client_id());
    // Strings always serialize; were they not to, the empty owner opens nothing.
    serde_json::to_vec(&owner).unwrap_or_default()
}
