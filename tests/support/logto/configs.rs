//! `/api/configs` and `/api/cimd`: the token customizer, client ID metadata documents.

use json::{Value, json};

use super::reply::{Answer, Reply};
use super::request::{Request, text};
use super::tenant::Tenant;

/// What a token customizer may have: the guard is strict.
const MEMBERS: [&str; 5] = [
    "script",
    "environmentVariables",
    "contextSample",
    "tokenSample",
    "blockIssuanceOnError",
];

/// Whose list that of metadata documents is.
const NOBODY: &str = "";

impl Tenant {
    pub(super) fn configs(&mut self, method: &str, path: &[&str], request: &Request) -> Answer {
        match (method, path) {
            (_, ["configs", "jwt-customizer", "access-token"]) => self.customize(method, request),
            _ if !self.has_metadata_documents => Err(Self::no_route()),
            ("GET", ["configs", "cimd"]) => {
                Reply::ok(json!({ "enabled": self.metadata_documents }))
            }
            ("PATCH", ["configs", "cimd"]) => {
                let body = request.json()?;
                let enabled = body["enabled"].as_bool();
                let enabled = enabled.ok_or_else(|| Reply::invalid("enabled"))?;
                if enabled && !self.protects_addresses {
                    return Err(Reply::refusal(422, "request.invalid_input"));
                }
                self.metadata_documents = enabled;
                Reply::ok(json!({ "enabled": enabled }))
            }
            ("POST", ["cimd", "user-consent-scopes"]) => self.allow(NOBODY, &request.json()?),
            (_, ["cimd", "user-consent-scopes", rest @ ..]) => {
                self.consent_list(method, NOBODY, rest)
            }
            _ => Err(Self::no_route()),
        }
    }

    fn customize(&mut self, method: &str, request: &Request) -> Answer {
        let not_there = || Reply::refusal(404, "entity.not_exists");
        match method {
            "GET" => Reply::ok(self.customizer.clone().ok_or_else(not_there)?),
            "PUT" => {
                let body = request.json()?;
                text(&body, "script")?;
                let members = body.as_object().expect("an object");
                let variables = body.get("environmentVariables").and_then(Value::as_object);
                let are_texts = variables.is_none_or(|all| all.values().all(Value::is_string));
                if !are_texts || members.keys().any(|name| !MEMBERS.contains(&name.as_str())) {
                    return Err(Reply::invalid("an unrecognized key"));
                }
                let is_new = self.customizer.replace(body.clone()).is_none();
                Ok(Reply::new(if is_new { 201 } else { 200 }, body))
            }
            "DELETE" => match self.customizer.take() {
                Some(_) => Reply::no_content(),
                None => Err(not_there()),
            },
            _ => Err(Self::no_route()),
        }
    }
}
