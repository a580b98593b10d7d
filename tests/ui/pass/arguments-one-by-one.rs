#![deny(warnings)]
use std::collections::BTreeMap;
use std::fmt;

use mcp_authz::{AuthInfo, Json, Requirement, prompt, tool};

/// Sends a mail.
#[tool(scopes = ["mail:send"], scopes_for = by_length)]
async fn send(
    auth: AuthInfo,
    /// Whom to write to.
    ///
    /// Several are parted by commas.
    to: String,
    #[arg]
    #[serde(default, rename = "after")]
    #[schemars(range(min = 1))]
    r#await: Option<u32>,
    #[arg] mut options: BTreeMap<String, Vec<u8>>,
    #[arg] _trace: bool,
    #[arg] _type: bool,
) -> Result<Json<u8>, Late> {
    options.clear();
    match (auth.subject(), r#await) {
        (_, Some(_)) => Err(Late(to)),
        _ => Ok(Json(1)),
    }
}

fn by_length(
    to: &str,
    _: &Option<u32>,
    _: &BTreeMap<String, Vec<u8>>,
    _: &bool,
    _: &bool,
    _: &AuthInfo,
) -> Requirement {
    match to.len() {
        ..=20 => Requirement::scope(mcp_authz::Scope::new("mail:send")),
        _ => Requirement::scope(mcp_authz::Scope::new("mail:many")),
    }
}

struct Late(String);

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "too late for {}", self.0)
    }
}

#[prompt(anonymous)]
fn letter(#[arg] to: String) -> Result<String, std::io::Error> {
    Ok(to)
}

fn main() {
    // Still an ordinary function.
    assert_eq!(letter("Dear Carol".into()).unwrap(), "Dear Carol");
    assert_eq!(send::tool().name(), "send");
}
