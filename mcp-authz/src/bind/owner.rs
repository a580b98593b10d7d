//! Whose something is.

use crate::auth_info::AuthInfo;

/// Issuer, subject or none, client or none, in a form that no other triple has. Never the subject
/// alone, never the token.
pub(crate) type Owner = Vec<u8>;

/// The owner of something of this kind: nothing of another kind is opened by it.
pub(crate) fn owner(kind: &str, caller: &AuthInfo) -> Owner {
    let owner = (kind, caller.issuer(), caller.subject(), caller.client_id());
    // Strings always serialize; were they not to, the empty owner opens nothing.
    serde_json::to_vec(&owner).unwrap_or_default()
}
