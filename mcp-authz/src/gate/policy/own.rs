//! The policy that lets the operator's own applications through, and no others.

use std::any::TypeId;

use super::PolicyError;
use crate::auth_info::AuthInfo;

/// Only for the operator's own applications: a policy for what agents of others must not do, whatever the
/// person allows them.
///
/// Which ones those are is written where their issuer is, with
/// [`Issuer::first_party`](crate::Issuer::first_party): no token says it, and an id is unique at its issuer
/// alone. Everybody else is refused with 403 and no challenge, since no consent could cure it; with
/// `conceal` they are not even told that the function exists. A token that names no client is nobody's own.
///
/// ```
/// use mcp_authz::{Issuer, Server, first_party, tool};
///
/// /// Close the account of the person who calls.
/// #[tool(scopes = ["account:close"], policy = first_party, conceal)]
/// fn close_account() -> String {
///     "closed".to_owned()
/// }
///
/// let server = Server::builder("accounts")
///     .issuer(Issuer::logto("https://tenant.logto.app").first_party(["our-console"]));
/// ```
///
/// Ask inside a policy of your own, or in the function by
/// [`AuthInfo::is_first_party`](crate::AuthInfo::is_first_party); in [`Rules`](crate::Rules) it is
/// [`Rule::first_party`](crate::Rule::first_party).
///
/// ```
/// use mcp_authz::{AuthInfo, PolicyError, first_party};
///
/// fn our_staff(auth: &AuthInfo) -> Result<(), PolicyError> {
///     first_party(auth)?;
///     match auth.claims().get("roles").and_then(|roles| roles.as_array()) {
///         Some(roles) if roles.iter().any(|role| role == "staff") => Ok(()),
///         _ => Err(PolicyError::denied("This is for the staff.")),
///     }
/// }
/// ```
///
/// Who has a say in what an agent can do, and where:
///
/// ```text
///   operator, at the provider          which API resource and scopes there are; how far each application
///                                      may ask (its ceiling); which are first-party: nobody is asked there
///   operator, in this server           which clients are its own: Issuer::first_party
///   person, on the consent page        what a third-party application gets, and for how long
///   developer of the agent             where it is sent back to (redirect URIs), what it asks for
///   author of this server              what each function needs: scopes = […], policy = …
///
///        asked for ∩ ceiling ∩ the person's own ∩ consent   =  the scopes of the token
///        the token has what the function needs, and its policies say yes   →  it runs
/// ```
///
/// A client can be first-party and no person's: a machine that acts for itself has a client id, and a
/// [`subject`](crate::AuthInfo::subject) that is no person.
///
/// # Errors
///
/// [`PolicyError::Denied`] for every other client.
pub fn first_party(auth: &AuthInfo) -> Result<(), PolicyError> {
    match auth.is_first_party() {
        true => Ok(()),
        false => Err(PolicyError::denied(
            "This is for the own applications of whoever runs this server.",
        )),
    }
}

/// Whether a policy is this one: then the start can tell whether anybody could pass it.
pub(super) fn is_first_party<F: 'static>() -> bool {
    TypeId::of::<F>() == type_of(&first_party)
}

fn type_of<F: 'static>(_: &F) -> TypeId {
    TypeId::of::<F>()
}
