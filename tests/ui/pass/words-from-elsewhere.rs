#![deny(warnings)]
use mcp_authz::{prompt, resource, tool};

const TITLE: &str = "Water";

/// A line of its own, and a file.
#[doc = include_str!("words-from-elsewhere.rs")]
#[tool(authenticated, title = TITLE)]
fn file(#[doc = concat!("How", " much.")] _litres: u8) {}

#[prompt(authenticated, description = concat!("Waters", " all plants."), title = TITLE)]
fn joined() -> String {
    String::new()
}

#[resource(uri = "x:y", authenticated, description = TITLE)]
fn constant() -> String {
    String::new()
}

fn main() {
    file(1);
    let _ = (joined(), constant());
}
