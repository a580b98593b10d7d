//! Self-service registration: who may register what, what is there afterwards, and that a refusal leaves
//! the tenant as it was.

mod audit;
mod browser;
mod configuration;
mod example;
mod fairness;
mod flood;
mod guard_rails;
mod half_done;
mod invented;
mod managing;
mod metadata;
mod not_logto;
mod pages;
mod place;
mod quota;
mod races;
mod registering;
mod strangers;
mod who;

use json::{Value, json};

/// A document that is registered.
fn agent() -> Value {
    json!({
        "client_name": "SmartMail AI",
        "redirect_uris": ["https://smartmail.example.com/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "profile mail:send",
    })
}

/// The same with these members.
fn agent_with(members: Value) -> Value {
    let mut document = agent();
    for (name, value) in members.as_object().expect("members") {
        document[name] = value.clone();
    }
    document
}
