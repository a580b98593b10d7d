//! Where the two sides differ, and why ours stays as it is.

use super::Outcome;
use super::operations::{Operation, Revision};

const ALIASES: &str = "a resource has one spelling here; there, whatever `URL` makes of it is read";
const ARGUMENTS: &str = "whoever may not call a tool learns nothing of its arguments";
const BATCHES: &str = "a batch is none since 2025-06-18; there, its parts are still decided";
const COMPLETIONS: &str = "a completion takes what its prompt takes (MCP Completion §Security)";
const FIRST_CONTACT: &str =
    "a 401 says what to begin with, and no error where nothing was presented";
const NOT_FOUND: &str = "the code of 2025-11-25 for a resource that there is not is -32002";
const TWO_NAMES: &str = "what says two things is refused; there, the last one counts";

/// All of them, in alphabetical order.
pub(super) const ALL: [&str; 7] = [
    FIRST_CONTACT,
    BATCHES,
    COMPLETIONS,
    ALIASES,
    NOT_FOUND,
    TWO_NAMES,
    ARGUMENTS,
];

/// The reason for a difference; none for one that is a mistake. Ours runs nothing in any of them.
pub(super) fn reason(
    operation: &Operation,
    token: &str,
    ours: &Outcome,
    theirs: &Outcome,
) -> Option<&'static str> {
    if ours.ran {
        return None;
    }
    let legacy = operation.revision == Revision::V2025_11_25;
    let is_not_found = ours.status == 200 && ours.code == if legacy { -32002 } else { -32602 };
    let (holds, reason) = match operation.name {
        _ if theirs.status == 401 => (is_first_contact(token, ours, theirs), FIRST_CONTACT),
        "a batch" => (ours.status == 415, BATCHES),
        "two names" => (ours.code == -32601, TWO_NAMES),
        "a scheme in capitals" | "an escaped letter" | "a way around" => (is_not_found, ALIASES),
        "an unknown resource" | "no URI" => (is_not_found && theirs.code == -32602, NOT_FOUND),
        "a completion for a prompt" => (ours.status == 403 && theirs.ran, COMPLETIONS),
        "an argument that is repeated wrong" => {
            let kept_quiet = ours.status == 403 && ours.scopes.contains("mail:send");
            (kept_quiet && theirs.code == -32020, ARGUMENTS)
        }
        _ => return None,
    };
    holds.then_some(reason)
}

fn is_first_contact(token: &str, ours: &Outcome, theirs: &Outcome) -> bool {
    let error = (token != "none").then_some("invalid_token");
    ours.status == 401
        && ours.error.as_deref() == error
        && ours.scopes.iter().eq(["mail:read", "mail:send"])
        && ours.leads_to_metadata
        && theirs.leads_to_metadata
}
