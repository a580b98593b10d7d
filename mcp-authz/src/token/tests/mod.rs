//! Verification against a real HTTP server on loopback, with real keys and a clock that tests move.

mod bad_tokens;
mod discovery;
mod good_tokens;
mod jwks_life;
mod key_sets;
mod support;
