//! The methods that MCP knows. One of these that rmcp hands over as a custom one has an odd shape, and
//! must not be reached by a rule of its own. All but one are decided by what they name.

/// Changes what a handler keeps for all its callers, and names nothing: it has a rule of its own.
pub(crate) const SET_LEVEL: &str = "logging/setLevel";

/// What MCP may still add is below these.
const FAMILIES: [&str; 12] = [
    "completion/",
    "elicitation/",
    "logging/",
    "prompts/",
    "resources/",
    "roots/",
    "sampling/",
    "server/",
    "skills/",
    "subscriptions/",
    "tasks/",
    "tools/",
];

/// Notifications that MCP knows; others may be anybody's.
const NOTIFICATIONS: [&str; 15] = [
    "notifications/cancelled",
    "notifications/elicitation/",
    "notifications/initialized",
    "notifications/message",
    "notifications/progress",
    "notifications/prompts/",
    "notifications/resources/",
    "notifications/roots/",
    "notifications/skills/",
    "notifications/subscriptions/",
    "notifications/tasks",
    "notifications/tools/",
    "notifications/sampling/",
    "notifications/server/",
    "notifications/completion/",
];

/// Whether an author can write a rule for a method.
pub(crate) fn takes_rule(method: &str) -> bool {
    method == SET_LEVEL || !is_mcp_method(method)
}

/// Whether a method is MCP's own, or could become so.
fn is_mcp_method(method: &str) -> bool {
    matches!(method, "initialize" | "ping")
        || FAMILIES
            .iter()
            .chain(&NOTIFICATIONS)
            .any(|own| method.starts_with(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_protocol_is_known() {
        for method in [
            "completion/complete",
            "initialize",
            "logging/setLevel",
            "notifications/cancelled",
            "notifications/initialized",
            "notifications/progress",
            "notifications/roots/list_changed",
            "ping",
            "prompts/get",
            "resources/directory/read",
            "resources/templates/list",
            "server/discover",
            "skills/get",
            "subscriptions/listen",
            "tasks/result",
            "tools/call",
        ] {
            assert!(is_mcp_method(method), "{method}");
        }
        for other in [
            "acme/reindex",
            "Annotated/call",
            "x",
            "",
            "notifications/acme",
        ] {
            assert!(!is_mcp_method(other), "{other}");
        }
    }
}
