//! From what a server guards to what its tenant must have: compared, shown, made.
//!
//! [`Provisioning`] is what is wanted, `compare` finds what is missing, [`Plan`] holds it, `show` writes
//! it down, `apply` makes it.

mod wanted;
mod words;
mod kept_back;
mod claims;
mod compare;
mod step;
mod show;
mod apply;

pub(super) use claims::is_user_scope;
pub use step::Plan;
pub use wanted::Provisioning;
pub(super) use words::consent as consent_words;
