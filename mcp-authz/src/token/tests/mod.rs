//! Verification against a real HTTP server on loopback, with real keys and a clock that tests move.

mod addresses;
mod asking;
mod bad_claims;
mod bad_forms;
mod bad_headers;
mod bad_signatures;
mod claim_options;
mod client_auth;
mod clocks;
mod composition;
mod discovery;
#[cfg(feature = "dpop")]
mod dpop;
mod endless;
mod exchange;
mod flights;
mod good_tokens;
mod introspection;
mod jwks_life;
mod key_sets;
mod metadata_life;
mod opaque;
mod opaque_attacks;
mod opaque_support;
mod presets;
mod presets_opaque;
mod reports;
mod support;
mod userinfo;
mod wants;
