//! Identity on consent: which scopes release claims, and the script that puts these into tokens.

use std::collections::BTreeMap;

use crate::logto::TokenCustomizer;

/// The variable of the script that names the servers whose tokens get claims, separated by spaces.
const SERVERS: &str = "MCP_AUTHZ_SERVERS";

/// Puts the claims of the granted scopes into tokens for the servers that the variable names.
pub(super) const SCRIPT: &str = include_str!("customizer.js");

/// The scopes that release claims, with what a person reads: `customizer.js` has the same.
const RELEASING: [(&str, &str); 5] = [
    (
        "profile",
        "See your profile: your name, user name, picture and the like",
    ),
    ("email", "See your e-mail address"),
    ("phone", "See your phone number"),
    ("address", "See your postal address"),
    ("roles", "See your roles"),
];

/// Logto's user scopes: an application may ask for one of these only if it is in its list by name,
/// also where the scope of an API resource has the same name.
const USER_SCOPES: [&str; 11] = [
    "profile",
    "email",
    "phone",
    "address",
    "custom_data",
    "identities",
    "roles",
    "urn:logto:scope:organizations",
    "urn:logto:scope:organization_roles",
    "urn:logto:scope:sessions",
    "urn:logto:scope:trusted_devices",
];

/// What a person reads of a scope that releases claims.
pub(super) fn words(scope: &str) -> Option<&'static str> {
    let mut all = RELEASING.iter();
    all.find(|(name, _)| *name == scope)
        .map(|(_, words)| *words)
}

pub(in crate::logto) fn is_user_scope(scope: &str) -> bool {
    USER_SCOPES.contains(&scope)
}

/// How a tenant's customizer stands to the one that a server needs.
#[derive(Debug, PartialEq)]
pub(super) enum Standing {
    /// It adds the claims already.
    Done,
    /// This one adds them.
    Set(TokenCustomizer),
    /// It is somebody else's.
    Foreign,
}

/// What is to become of the tenant's customizer, so that tokens for `server` carry claims.
pub(super) fn customizer(current: Option<TokenCustomizer>, server: &str) -> Standing {
    let Some(mut current) = current else {
        return Standing::Set(TokenCustomizer::new(SCRIPT).variable(SERVERS, server));
    };
    if current.script.trim() != SCRIPT.trim() {
        return Standing::Foreign;
    }
    let servers = servers(&current.environment_variables);
    if servers.contains(&server) {
        return Standing::Done;
    }
    let all = [servers, vec![server]].concat().join(" ");
    current
        .environment_variables
        .insert(SERVERS.to_owned(), all);
    Standing::Set(current)
}

fn servers(variables: &BTreeMap<String, String>) -> Vec<&str> {
    let list = variables.get(SERVERS).map(String::as_str);
    list.unwrap_or_default().split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_script_serves_several_servers() {
        let Standing::Set(first) = customizer(None, "https://a/mcp") else {
            panic!("nothing is set")
        };
        assert_eq!(
            customizer(Some(first.clone()), "https://a/mcp"),
            Standing::Done
        );
        // A name that begins like another one is not that one.
        let with_sample = TokenCustomizer {
            rest: serde_json::from_str(r#"{"tokenSample":{"scope":"x"}}"#).unwrap(),
            ..first
        };
        let Standing::Set(second) = customizer(Some(with_sample), "https://a/mc") else {
            panic!("nothing is set")
        };
        assert_eq!(
            second.environment_variables[SERVERS],
            "https://a/mcp https://a/mc"
        );
        assert!(second.rest.contains_key("tokenSample"));
    }

    #[test]
    fn a_script_that_somebody_wrote_or_changed_is_theirs() {
        for script in [
            "const getCustomJwtClaims = async () => ({});",
            &format!("{SCRIPT}//"),
            "",
        ] {
            let theirs = TokenCustomizer::new(script).variable(SERVERS, "https://a/mcp");
            assert_eq!(customizer(Some(theirs), "https://a/mcp"), Standing::Foreign);
        }
    }
}
