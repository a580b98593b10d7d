use mcp_authz::{AuthInfo, Parameters, State, prompt, schemars, serde, tool};

struct Neither;

#[derive(serde::Deserialize)]
#[serde(crate = "mcp_authz::serde")]
struct Undescribed;

#[derive(schemars::JsonSchema)]
#[schemars(crate = "mcp_authz::schemars")]
struct Unreadable;

#[tool(authenticated)]
async fn neither(arguments: Parameters<Neither>) {
    let _ = arguments;
}

#[tool(authenticated)]
fn undescribed(auth: AuthInfo, Parameters(arguments): Parameters<Undescribed>) {
    let _ = (auth, arguments);
}

#[prompt(authenticated)]
fn unreadable(_: Parameters<Unreadable>) -> String {
    String::new()
}

type Arguments = Parameters<Neither>;

#[tool(authenticated)]
fn behind_an_alias(_: Arguments) {}

/// Each on its own, and what is well next to them.
#[tool(authenticated)]
fn one_by_one(
    _state: State<u8>,
    /// Whom to write to.
    to: Vec<Neither>,
    #[arg] undescribed: Option<Undescribed>,
    #[arg]
    #[serde(rename = "other")]
    unreadable: Unreadable,
    #[arg] fine: bool,
) {
    let _ = (to, undescribed, unreadable, fine);
}

fn main() {}
