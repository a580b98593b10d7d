use mcp_authz::tool;

#[tool(authenticated, max_age = 0)]
fn at_once() {}

#[tool(authenticated, max_age = "5 min")]
fn in_words() {}

#[tool(authenticated, max_age)]
fn unsaid() {}

#[tool(authenticated, acr_values = [])]
fn by_none() {}

#[tool(authenticated, acr_values = ["phr phrh", "phr", "phr", 1])]
fn mistaken() {}

#[tool(authenticated, acr_values = "phr")]
fn no_list() {}

#[tool(authenticated, max_age = 5m)]
fn in_minutes() {}

fn main() {}
