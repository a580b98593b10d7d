//! Client metadata of RFC 7591 §2: what is honoured, what is refused, and what is ignored.

use serde_json::{Map, Value};

use super::super::ThirdPartyType;
use super::policy::Submission;
use super::refusal::Refusal;
use super::register::Order;
use crate::token::json;
use crate::token::secret::Secret;

/// What Logto takes from applications with a secret; it takes either from any.
const WITH_SECRET: [&str; 2] = ["client_secret_basic", "client_secret_post"];

const GRANT_TYPES: [&str; 2] = ["authorization_code", "refresh_token"];

/// The order that a document describes, managed afterwards by `token`.
pub(super) fn read(body: &[u8], token: Secret) -> Result<Order, Refusal> {
    let document = json::object(body);
    let document = document.map_err(|_| Refusal::metadata("the body is no JSON object"))?;
    let document = Document(document);
    if document.get("software_statement").is_some() {
        return Err(Refusal::statement());
    }
    let redirect_uris = match document.texts("redirect_uris") {
        Ok(uris) => uris.unwrap_or_default(),
        Err(_) => return Err(Refusal::redirect_uri("`redirect_uris` is no list of texts")),
    };
    let (kind, auth_method) = document.kind(&redirect_uris)?;
    document.check_response_types()?;
    Ok(Order {
        auth_method,
        grant_types: document.grant_types()?,
        submission: Submission {
            name: document.text("client_name")?.map(str::to_owned),
            kind,
            redirect_uris,
            scope: document.text("scope")?.map(str::to_owned),
        },
        token: Some(token),
    })
}

/// Members that are not read are ignored (RFC 7591 §2).
struct Document(Map<String, Value>);

impl Document {
    /// What is null was left out by a client whose serializer writes every member.
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let text = value.as_str();
        text.map(Some)
            .ok_or_else(|| Refusal::metadata(format!("`{name}` is no text")))
    }

    fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let texts = value.as_array().into_iter().flatten();
        let texts: Option<Vec<String>> = texts.map(|one| one.as_str().map(str::to_owned)).collect();
        match texts.filter(|_| value.is_array()) {
            Some(texts) => Ok(Some(texts)),
            None => Err(Refusal::metadata(format!("`{name}` is no list of texts"))),
        }
    }

    /// Logto's type of application, and how the client is to prove itself. Logto gives a secret to web
    /// applications with a server of their own, and to no others.
    fn kind(&self, redirect_uris: &[String]) -> Result<(ThirdPartyType, String), Refusal> {
        let method = self.text("token_endpoint_auth_method")?;
        let has_secret = match method {
            None => None,
            Some("none") => Some(false),
            Some(method) if WITH_SECRET.contains(&method) => Some(true),
            Some(_) => {
                return Err(Refusal::metadata(
                    "`token_endpoint_auth_method` is `client_secret_basic`, `client_secret_post` or `none`",
                ));
            }
        };
        let kind = match (self.text("application_type")?, has_secret) {
            (Some("native"), None | Some(false)) => ThirdPartyType::Native,
            (Some("native"), Some(true)) => {
                return Err(Refusal::metadata(
                    "a native application keeps no secret: its `token_endpoint_auth_method` is `none`",
                ));
            }
            // The default of RFC 7591 §2 is a secret.
            (None | Some("web"), None | Some(true)) => ThirdPartyType::Traditional,
            (Some("web"), Some(false)) => ThirdPartyType::Spa,
            // Clients from before `application_type` was asked for.
            (None, Some(false)) if redirect_uris.iter().any(|uri| uri.starts_with("http:")) => {
                ThirdPartyType::Native
            }
            (None, Some(false)) => ThirdPartyType::Spa,
            _ => return Err(Refusal::metadata("`application_type` is `web` or `native`")),
        };
        let default = match kind {
            ThirdPartyType::Traditional => "client_secret_basic",
            ThirdPartyType::Spa | ThirdPartyType::Native => "none",
        };
        Ok((kind, method.unwrap_or(default).to_owned()))
    }

    fn grant_types(&self) -> Result<Vec<String>, Refusal> {
        let types = self.texts("grant_types")?;
        let types = types.unwrap_or_else(|| vec!["authorization_code".to_owned()]);
        let is_known = |one: &String| GRANT_TYPES.contains(&one.as_str());
        let is_code = |one: &String| one == "authorization_code";
        if types.len() > GRANT_TYPES.len()
            || !types.iter().all(is_known)
            || !types.iter().any(is_code)
        {
            return Err(Refusal::metadata(
                "`grant_types` are `authorization_code` and, if wanted, `refresh_token`",
            ));
        }
        Ok(types)
    }

    fn check_response_types(&self) -> Result<(), Refusal> {
        match self.texts("response_types")?.as_deref() {
            None => Ok(()),
            Some([only]) if only == "code" => Ok(()),
            Some(_) => Err(Refusal::metadata("the one response type is `code`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(members: &Value) -> Result<Order, &'static str> {
        let mut document = json!({ "redirect_uris": ["https://agent.example/cb"] });
        for (name, value) in members.as_object().unwrap() {
            document[name] = value.clone();
        }
        let body = document.to_string();
        read(body.as_bytes(), Secret::new("token")).map_err(|refusal| refusal.code)
    }

    #[test]
    fn what_an_application_is() {
        use ThirdPartyType::{Native, Spa, Traditional};
        let basic = "client_secret_basic";
        for (members, kind, method) in [
            (json!({}), Traditional, basic),
            (json!({ "application_type": "web" }), Traditional, basic),
            (json!({ "application_type": null }), Traditional, basic),
            (
                json!({ "token_endpoint_auth_method": "client_secret_post" }),
                Traditional,
                "client_secret_post",
            ),
            (json!({ "token_endpoint_auth_method": "none" }), Spa, "none"),
            (json!({ "application_type": "native" }), Native, "none"),
            (
                json!({ "token_endpoint_auth_method": "none", "redirect_uris": ["http://127.0.0.1/"] }),
                Native,
                "none",
            ),
        ] {
            let order = order(&members).unwrap();
            assert_eq!(order.submission.kind, kind, "{members}");
            assert_eq!(order.auth_method, method, "{members}");
        }
    }

    #[test]
    fn what_is_refused_and_what_is_ignored() {
        let ignored = json!({
            "client_uri": "x", "logo_uri": 7, "client_name#fr": "y", "contacts": {}, "foo": [],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        });
        assert_eq!(order(&ignored).unwrap().grant_types.len(), 2);
        for members in [
            json!({ "application_type": "service" }),
            json!({ "application_type": ["web"] }),
            json!({ "application_type": "native", "token_endpoint_auth_method": "client_secret_basic" }),
            json!({ "token_endpoint_auth_method": "private_key_jwt" }),
            json!({ "token_endpoint_auth_method": "" }),
            json!({ "grant_types": [] }),
            json!({ "grant_types": ["refresh_token"] }),
            json!({ "grant_types": ["authorization_code", "client_credentials"] }),
            json!({ "grant_types": "authorization_code" }),
            json!({ "response_types": ["token"] }),
            json!({ "response_types": ["code", "token"] }),
            json!({ "client_name": 7 }),
            json!({ "scope": ["profile"] }),
        ] {
            let code = order(&members).err();
            assert_eq!(code, Some("invalid_client_metadata"), "{members}");
        }
        for uris in [json!("https://agent.example/cb"), json!([7]), json!({})] {
            let code = order(&json!({ "redirect_uris": uris })).err();
            assert_eq!(code, Some("invalid_redirect_uri"), "{uris}");
        }
        let statement = order(&json!({ "software_statement": "e30.e30." }));
        assert_eq!(statement.err(), Some("unapproved_software_statement"));
        for body in ["", "[]", "{", r#"{"scope":"a","scope":"b"}"#] {
            let refusal = read(body.as_bytes(), Secret::new("token")).err().unwrap();
            assert_eq!(refusal.code, "invalid_client_metadata", "{body}");
        }
    }
}
