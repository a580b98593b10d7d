//! Dynamic client registration (RFC 7591) and the metadata that both it and client ID metadata
//! documents use.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::authorize::parse_scopes;
use super::client::{Client, Origin};
use super::client_auth::METHODS;
use super::error::OAuthError;
use super::provider::Provider;
use super::redirect;
use super::secret::Secret;
use crate::page::is_deceptive;
use crate::scope::ScopeSet;

const MOST_REDIRECT_URIS: usize = 20;
const LONGEST_URI: usize = 2_048;
const LONGEST_NAME: usize = 100;

/// RFC 7591 §2, as far as it changes anything here.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    #[serde(default)]
    redirect_uris: Vec<String>,
    client_name: Option<String>,
    token_endpoint_auth_method: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    scope: Option<String>,
    application_type: Option<String>,
}

pub(super) async fn register(
    State(provider): State<Arc<Provider>>,
    body: Bytes,
) -> Result<Response, OAuthError> {
    let metadata: Metadata = serde_json::from_slice(&body)
        .map_err(|_| invalid("the body is not client metadata in JSON"))?;
    // The default of RFC 7591 §2.
    let method = metadata.token_endpoint_auth_method.as_deref();
    let method = method.unwrap_or("client_secret_basic").to_owned();
    if !METHODS.contains(&method.as_str()) {
        let text = "clients that register themselves use a secret, or none";
        return Err(invalid(text));
    }
    let mut client = metadata.client(Secret::random()?.fingerprint(), Origin::Registered)?;
    if method != "none" {
        client.secret = Some(Secret::random()?);
    }
    let now = provider.now();
    let answer = metadata.registered(&client, &method, now);
    provider.store.lock().register(client, now);
    let headers = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::CREATED, headers, Json(answer)).into_response())
}

impl Metadata {
    /// The client that it describes, without a secret.
    ///
    /// A `scope` is what it asks for by default, no ceiling: an agent that is told by a challenge
    /// that it needs more could otherwise never get it.
    pub(super) fn client(&self, id: String, origin: Origin) -> Result<Client, OAuthError> {
        self.check_redirect_uris()?;
        if !includes(self.response_types.as_ref(), "code") {
            return Err(invalid("the only response type is code"));
        }
        if !includes(self.grant_types.as_ref(), "authorization_code") {
            return Err(invalid("grant_types has to contain authorization_code"));
        }
        let mut client = Client::new(id, self.name()?, origin);
        client.redirect_uris.clone_from(&self.redirect_uris);
        client.default_scopes = self.scopes()?;
        client.refreshes = self.refreshes();
        Ok(client)
    }

    pub(super) fn auth_method(&self) -> Option<&str> {
        self.token_endpoint_auth_method.as_deref()
    }

    fn check_redirect_uris(&self) -> Result<(), OAuthError> {
        let wrong = |text: String| OAuthError::new("invalid_redirect_uri", text);
        if self.redirect_uris.is_empty() || self.redirect_uris.len() > MOST_REDIRECT_URIS {
            return Err(wrong(format!(
                "register 1 to {MOST_REDIRECT_URIS} redirect_uris"
            )));
        }
        for uri in &self.redirect_uris {
            if uri.len() > LONGEST_URI {
                return Err(wrong("a redirect URI is too long".into()));
            }
            redirect::parse(uri).map_err(wrong)?;
        }
        Ok(())
    }

    fn name(&self) -> Result<Option<String>, OAuthError> {
        let name = self
            .client_name
            .as_deref()
            .map(str::trim)
            .filter(|name| !name.is_empty());
        // Control and direction characters could make a page say something else than it says.
        match name {
            Some(name) if name.chars().count() > LONGEST_NAME || name.chars().any(is_deceptive) => {
                Err(invalid(
                    "client_name is too long or has invisible characters",
                ))
            }
            name => Ok(name.map(str::to_owned)),
        }
    }

    fn scopes(&self) -> Result<ScopeSet, OAuthError> {
        let scopes = self.scope.as_deref().map(parse_scopes).transpose();
        Ok(scopes
            .map_err(|error| invalid(error.description))?
            .unwrap_or_default())
    }

    fn refreshes(&self) -> bool {
        self.grant_types
            .iter()
            .flatten()
            .any(|own| own == "refresh_token")
    }

    /// RFC 7591 §3.2.1: everything that was registered, defaults included.
    fn registered(&self, client: &Client, method: &str, now: u64) -> Value {
        let mut grant_types = vec!["authorization_code"];
        if client.refreshes {
            grant_types.push("refresh_token");
        }
        let mut answer = json!({
            "client_id": client.id,
            "client_id_issued_at": now,
            "redirect_uris": client.redirect_uris,
            "token_endpoint_auth_method": method,
            "grant_types": grant_types,
            "response_types": ["code"],
            "application_type": self.application_type.as_deref().unwrap_or("web"),
        });
        let Some(fields) = answer.as_object_mut() else {
            return answer;
        };
        if let Some(name) = &client.name {
            fields.insert("client_name".into(), name.clone().into());
        }
        if !client.default_scopes.is_empty() {
            fields.insert("scope".into(), client.default_scopes.to_string().into());
        }
        if let Some(secret) = &client.secret {
            fields.insert("client_secret".into(), secret.expose().into());
            fields.insert("client_secret_expires_at".into(), 0.into());
        }
        answer
    }
}

/// Both lists have a default that contains what this provider supports (RFC 7591 §2).
fn includes(list: Option<&Vec<String>>, value: &str) -> bool {
    list.is_none_or(|list| list.iter().any(|own| own == value))
}

fn invalid(description: impl Into<std::borrow::Cow<'static, str>>) -> OAuthError {
    OAuthError::new("invalid_client_metadata", description)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(metadata: Value) -> Result<Client, &'static str> {
        let metadata: Metadata = serde_json::from_value(metadata).unwrap();
        metadata
            .client("id".into(), Origin::Registered)
            .map_err(|error| error.code)
    }

    #[test]
    fn what_a_client_may_say_of_itself() {
        let uris = ["http://127.0.0.1:1/cb"];
        let client = read(json!({
            "redirect_uris": uris, "scope": "a b", "client_name": " Agent ",
            "grant_types": ["authorization_code", "refresh_token", "urn:other"],
        }));
        let client = client.unwrap();
        assert_eq!(client.default_scopes.to_string(), "a b");
        assert_eq!(client.display_name(), "Agent");
        assert!(client.refreshes);
        assert!(!read(json!({ "redirect_uris": uris })).unwrap().refreshes);
        for (metadata, code) in [
            (json!({}), "invalid_redirect_uri"),
            (
                json!({ "redirect_uris": ["http://evil.test/cb"] }),
                "invalid_redirect_uri",
            ),
            (
                json!({ "redirect_uris": ["javascript:alert(1)"] }),
                "invalid_redirect_uri",
            ),
            (
                json!({ "redirect_uris": vec!["a:/b"; 21] }),
                "invalid_redirect_uri",
            ),
            (
                json!({ "redirect_uris": uris, "scope": "a\"" }),
                "invalid_client_metadata",
            ),
            (
                json!({ "redirect_uris": uris, "client_name": "a\u{202e}b" }),
                "invalid_client_metadata",
            ),
            (
                json!({ "redirect_uris": uris, "client_name": "\u{3164}" }),
                "invalid_client_metadata",
            ),
            (
                json!({ "redirect_uris": uris, "client_name": "a\u{61c}b" }),
                "invalid_client_metadata",
            ),
            (
                json!({ "redirect_uris": uris, "response_types": ["token"] }),
                "invalid_client_metadata",
            ),
            (
                json!({ "redirect_uris": uris, "grant_types": ["password"] }),
                "invalid_client_metadata",
            ),
        ] {
            assert_eq!(read(metadata.clone()).unwrap_err(), code, "{metadata}");
        }
    }
}
