//! A handler in rmcp's own style, with rules beside it.

use mcp_authz::rmcp::{self, ServerHandler, tool, tool_handler, tool_router};
use mcp_authz::{Authz, Protect, Rule, Rules};
use support::Ran;

pub(super) struct Notes(Ran);

#[tool_router]
impl Notes {
    #[tool(description = "Adds a note.")]
    fn add(&self) -> String {
        self.0.note();
        "added".to_owned()
    }
}

#[tool_handler]
impl ServerHandler for Notes {}

/// `add` asks for `notes`, and notes in `ran` that it ran.
pub(super) fn notes(ran: &Ran) -> Protect<Notes> {
    let rules = Rules::new().tool("add", Rule::from(mcp_authz::scopes!["notes"]));
    Authz::new().protect(Notes(ran.clone()), rules)
}
