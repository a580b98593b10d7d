//! Which client calls the token, revocation or introspection endpoint (RFC 6749 §2.3).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::client::Client;
use super::error::OAuthError;
use super::params::Params;
use super::provider::Provider;
use super::secret::Secret;

/// The methods, as metadata names them.
pub(super) const METHODS: [&str; 3] = ["none", "client_secret_basic", "client_secret_post"];

#[derive(Debug)]
struct Credentials {
    id: String,
    secret: Option<Secret>,
}

/// Finds the client and, if it is confidential, checks its secret.
pub(super) async fn authenticate(
    provider: &Provider,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Arc<Client>, OAuthError> {
    let sent = Credentials::read(headers, params)?;
    let client = provider.client(&sent.id).await;
    let client = client.map_err(OAuthError::invalid_client)?;
    match (&client.secret, &sent.secret) {
        (None, None) => Ok(client),
        (Some(own), Some(sent)) if own.is(sent.expose()) => Ok(client),
        _ => Err(OAuthError::invalid_client(
            "the client's secret is missing or wrong",
        )),
    }
}

impl Credentials {
    fn read(headers: &HeaderMap, params: &Params) -> Result<Self, OAuthError> {
        let basic = headers.get(AUTHORIZATION).map(|value| {
            let value = value.to_str().ok();
            let malformed = || OAuthError::invalid_client("the Authorization header is not Basic");
            value.and_then(Self::from_basic).ok_or_else(malformed)
        });
        let id = params.get("client_id")?;
        let secret = params.get("client_secret")?;
        match (basic.transpose()?, id, secret) {
            // RFC 6749 §2.3: not more than one method per request.
            (Some(_), _, Some(_)) => Err(OAuthError::invalid_request(
                "the client authenticates in two ways",
            )),
            (Some(basic), Some(id), None) if basic.id != id => {
                Err(OAuthError::invalid_request("the request names two clients"))
            }
            (Some(basic), _, None) => Ok(basic),
            (None, Some(id), secret) => Ok(Self {
                id: id.to_owned(),
                secret: secret.map(Secret::new),
            }),
            (None, None, _) => Err(OAuthError::invalid_client(
                "the client does not say who it is",
            )),
        }
    }

    /// RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
    fn from_basic(value: &str) -> Option<Self> {
        let (scheme, encoded) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = STANDARD.decode(encoded.trim_matches(' ')).ok()?;
        let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        Some(Self {
            id: form_decode(id),
            secret: Some(Secret::new(form_decode(secret))),
        })
    }
}

fn form_decode(text: &str) -> String {
    // A lone value without `&` and `=` would be read as a name: so give it one. What is left of an
    // unencoded `&` is still part of the value.
    let joined = format!("v={}", text.replace('&', "%26"));
    let mut pairs = url::form_urlencoded::parse(joined.as_bytes());
    pairs
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_decoded() {
        let header = format!("basic {}", STANDARD.encode("my%3Aapp:s%26e+c&r=t"));
        let read = Credentials::from_basic(&header).unwrap();
        assert_eq!(read.id, "my:app");
        assert_eq!(read.secret.unwrap().expose(), "s&e c&r=t");
        assert!(Credentials::from_basic("Bearer x").is_none());
        assert!(Credentials::from_basic("Basic !").is_none());
    }

    #[test]
    fn one_method_and_one_client_at_a_time() {
        let mut headers = HeaderMap::new();
        let read = |headers: &HeaderMap, form: &str| {
            let read = Credentials::read(headers, &Params::parse(form.as_bytes()));
            read.map(|read| read.id).map_err(|error| error.code)
        };
        assert_eq!(read(&headers, ""), Err("invalid_client"));
        assert_eq!(read(&headers, "client_id=a"), Ok("a".into()));
        let basic = format!("Basic {}", STANDARD.encode("a:b"));
        headers.insert(AUTHORIZATION, basic.try_into().unwrap());
        assert_eq!(read(&headers, "client_id=a"), Ok("a".into()));
        assert_eq!(read(&headers, "client_id=b"), Err("invalid_request"));
        assert_eq!(read(&headers, "client_secret=b"), Err("invalid_request"));
    }
}
