//! Which client calls the token, revocation or introspection endpoint (RFC 6749 §2.3).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::assertion;
use super::client::Client;
use super::error::OAuthError;
use super::params::Params;
use super::provider::Provider;
use super::secret::Secret;

/// The methods of clients that register themselves.
pub(super) const METHODS: [&str; 3] = ["none", "client_secret_basic", "client_secret_post"];

/// The method of configured clients with a key.
pub(super) const BY_KEY: &str = "private_key_jwt";

#[derive(Debug)]
struct Credentials {
    id: String,
    proof: Option<Proof>,
}

#[derive(Debug)]
enum Proof {
    Secret(Secret),
    Assertion(Secret),
}

/// Finds the client and, if it is confidential, checks its secret or its assertion.
pub(super) async fn authenticate(
    provider: &Provider,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Arc<Client>, OAuthError> {
    let sent = Credentials::read(headers, params)?;
    let client = provider.client(&sent.id).await;
    let client = client.map_err(OAuthError::invalid_client)?;
    let is_proven = match (&client.secret, &client.key, &sent.proof) {
        (None, None, None) => true,
        (Some(own), None, Some(Proof::Secret(sent))) => own.is(sent.expose()),
        (None, Some(Ok(key)), Some(Proof::Assertion(sent))) => {
            assertion::is_good(provider, &client, key, sent.expose(), provider.now())
        }
        _ => false,
    };
    match is_proven {
        true => Ok(client),
        false => Err(OAuthError::invalid_client(
            "the client's secret or assertion is missing or wrong",
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
        match (basic.transpose()?, id, Proof::read(params)?) {
            // RFC 6749 §2.3: not more than one method per request.
            (Some(_), _, Some(_)) => Err(two_ways()),
            (Some(basic), Some(id), None) if basic.id != id => {
                Err(OAuthError::invalid_request("the request names two clients"))
            }
            (Some(basic), _, None) => Ok(basic),
            (None, Some(id), proof) => Ok(Self {
                id: id.to_owned(),
                proof,
            }),
            (None, None, _) => Err(OAuthError::invalid_client(
                "the client does not say who it is: send client_id",
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
            proof: Some(Proof::Secret(Secret::new(form_decode(secret)))),
        })
    }
}

impl Proof {
    /// What the form holds.
    fn read(params: &Params) -> Result<Option<Self>, OAuthError> {
        let secret = params.get("client_secret")?;
        let assertion = params.get("client_assertion")?;
        match (secret, assertion, params.get("client_assertion_type")?) {
            (Some(_), Some(_), _) => Err(two_ways()),
            (Some(secret), None, _) => Ok(Some(Self::Secret(Secret::new(secret)))),
            (None, Some(jwt), Some(assertion::JWT_BEARER)) => {
                Ok(Some(Self::Assertion(Secret::new(jwt))))
            }
            (None, Some(_), _) => Err(OAuthError::invalid_client(
                "the client_assertion_type is not jwt-bearer",
            )),
            (None, None, _) => Ok(None),
        }
    }
}

fn two_ways() -> OAuthError {
    OAuthError::invalid_request("the client authenticates in two ways")
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
        let Some(Proof::Secret(secret)) = read.proof else {
            panic!("no secret");
        };
        assert_eq!(secret.expose(), "s&e c&r=t");
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
        for second in ["client_secret=b", "client_assertion=b"] {
            let second = format!("{second}&client_assertion_type={}", assertion::JWT_BEARER);
            assert_eq!(read(&headers, &second), Err("invalid_request"), "{second}");
        }
        headers.clear();
        let both = "client_id=a&client_secret=b&client_assertion=c";
        assert_eq!(read(&headers, both), Err("invalid_request"));
        let untyped = "client_id=a&client_assertion=c";
        assert_eq!(read(&headers, untyped), Err("invalid_client"));
    }
}
