//! Logto's Management API: what an operator does in the console, typed and documented.
//!
//! Needs the feature `logto`.
//!
//! Verifying Logto's tokens takes none of this ([`Issuer::logto`](crate::Issuer::logto) is enough).
//! [`Management`] is for programs that set a tenant up, register agents, or take back what people
//! allowed them; [`Provisioning`] compares a server with a tenant and makes what is missing there;
//! [`UserRecords`] tell a server who the person of a JWT is; [`ClientRegistration`] lets developers
//! register their agents by themselves.
//!
//! ```no_run
//! # async fn example(server: mcp_authz::Server, secret: String) -> Result<(), mcp_authz::logto::Error> {
//! use mcp_authz::logto::{Management, Provisioning};
//!
//! let logto = Management::builder("https://tenant.logto.app")
//!     .app("vd2kxvwp5lkmpyrhcgwlt", secret)
//!     .build()?;
//! let plan = Provisioning::of(server.manifest()).plan(&logto).await?;
//! println!("{plan}"); // reads like a diff
//! plan.apply(&logto).await?;
//! # Ok(()) }
//! ```
//!
//! Each method names its endpoint; `call` and `code` of an [`Error`] are those of
//! [Logto's documentation](https://openapi.logto.io). Ids are Logto's, never names, but for user
//! scopes, which have no ids.

// A file per family of endpoints, below what carries them.
mod error;
mod call;
mod machine_token;
mod management;
mod resources;
mod roles;
mod users;
mod user_records;
mod applications;
mod secrets;
mod consent;
mod metadata_documents;
mod branding;
mod customizer;
mod plan;
mod registration;

pub use applications::{
    Application, ApplicationType, NewThirdPartyApp, OidcClientMetadata, ThirdPartyType,
};
pub use branding::{Logos, SignInBranding};
pub use consent::{AllowedScopes, ConsentScope, ConsentScopes, ResourceName, ScopesOfResource};
pub use customizer::TokenCustomizer;
pub use error::Error;
pub use management::{Management, ManagementBuilder};
pub use plan::{Plan, Provisioning};
pub use registration::{
    ClientRegistration, ClientRegistrationBuilder, Registrant, RegistrationPolicy,
};
pub use resources::{NewResource, Resource, ResourceScope};
pub use roles::{NewRole, Role, RoleType};
pub use secrets::{ApplicationSecret, Rotation};
pub use user_records::UserRecords;
#[cfg(feature = "testing")]
pub(crate) use user_records::record_of;
pub use users::{Grant, GrantsOf, User};
