//! Helpers for the tests and the examples: the person at the browser, agents on three SDKs, and OpenID
//! providers that others wrote.

mod agent;
mod browser;
mod canaille;
mod dpop;
mod event;
mod exchanging_provider;
mod glewlwyd;
mod lab;
mod lines;
mod logto;
mod oracle;
mod page;
mod person;
mod provider;
mod relay;
mod rmcp_agent;
mod rmcp_connection;
mod scratch;
mod scripted_issuer;
mod setup;
mod single_page;
mod smartmail;
mod stop;
mod signer;
mod suite;
mod user_agent;
mod wire;

pub use agent::{Agent, Errand, Registration, Revision, Step};
pub use browser::{Browser, Look, Visit, Walk};
pub use canaille::Canaille;
pub use dpop::{ClientKey, Proof, hash};
pub use event::{Event, Transcript};
pub use exchanging_provider::ExchangingProvider;
pub use glewlwyd::Glewlwyd;
pub use lab::{Lab, MODERN, Ran, Reply, legacy_body, modern_body, modern_headers};
pub use logto::Logto;
pub use oracle::ScopeOracle;
pub use person::{Answer, Person};
pub use provider::OidcProvider;
pub use relay::Relay;
pub use rmcp_connection::{Connection, connect, redeem, text, without};
pub use scratch::Scratch;
pub use scripted_issuer::{Received, ScriptedIssuer};
pub use setup::{Tool, free_port, have};
pub use signer::{Signer, base64url};
pub use smartmail::{SmartMail, example};
pub use stop::Stop;
pub use suite::{Suite, Verdicts};
pub use user_agent::{UserAgent, parameter};
pub use wire::Wire;

/// Where a test fails, its text is all that anyone reads, so errors are text.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// What a helper returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;
