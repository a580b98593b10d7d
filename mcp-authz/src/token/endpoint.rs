//! An endpoint of an issuer that this server asks, and what makes its answer one.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, Request, Response, StatusCode};
use serde_json::{Map, Value};
use url::Url;

use super::documents::Documents;
use super::jose::{self, Typ};
use super::provider::Provider;
use super::{Algorithm, VerifyError, discovery, json};
use crate::World;
use crate::fetch::FetchError;

/// What a caller is told to wait when the endpoint does not say.
pub(super) const PAUSE: Duration = Duration::from_secs(5);

/// The longest wait that an endpoint may impose.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The form that an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Jwt,
}

/// One endpoint of one issuer, configured or by its metadata.
pub(super) struct Endpoint {
    /// `introspection`, `userinfo` or `token endpoint`, for the operator.
    pub(super) name: &'static str,
    pub(super) member: &'static str,
    pub(super) configured: Option<Url>,
    pub(super) documents: Arc<Documents>,
    /// The issuer's keys, for signed answers.
    pub(super) keys: Arc<Provider>,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) world: World,
}

/// The author's own address, where it may be asked.
pub(super) fn configured(url: Option<&str>, issuer: &Url) -> Result<Option<Url>, &'static str> {
    let Some(text) = url else { return Ok(None) };
    let url = Url::parse(text).map_err(|_| "it is not a URL: write `https://…`")?;
    discovery::check_endpoint(&url, issuer)?;
    Ok(Some(url))
}

impl Endpoint {
    /// Where it is.
    pub(super) async fn url(&self) -> Result<Url, discovery::Failure> {
        match &self.configured {
            Some(url) => Ok(url.clone()),
            None => self.documents.endpoint(self.member).await,
        }
    }

    /// Sends a question. Whatever goes wrong says nothing about the token.
    pub(super) async fn send(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, VerifyError> {
        let answer = self.world.fetch.send(request).await;
        answer.map_err(|error: FetchError| self.unavailable(&error.to_string(), PAUSE))
    }

    /// The form and body of an answer that says something.
    pub(super) fn accept(&self, answer: &Response<Bytes>) -> Result<Form, VerifyError> {
        let status = answer.status();
        if status != StatusCode::OK {
            let hint = match status.as_u16() {
                400 | 401 => ": does it know this server's client?",
                403 => ": may this server's client ask, does the token carry `openid`?",
                300..=399 => ": redirects are not followed",
                _ => "",
            };
            let why = format!("it answers {}{hint}", status.as_u16());
            return Err(self.unavailable(&why, retry_after(answer.headers())));
        }
        match media_type(answer.headers()).as_str() {
            "application/jwt" | "application/token-introspection+jwt" => Ok(Form::Jwt),
            _ if is_json(answer.headers()) => Ok(Form::Json),
            _ => Err(self.useless("its answer is neither JSON nor a JWT")),
        }
    }

    pub(super) fn json(&self, body: &[u8]) -> Result<Map<String, Value>, VerifyError> {
        json::object(body).map_err(|why| self.useless(why.0))
    }

    /// The claims of a signed answer, once the issuer's keys have verified them.
    ///
    /// One that does not verify is the endpoint's trouble and no word about the token.
    pub(super) async fn verified(
        &self,
        body: &[u8],
        kind: Typ,
    ) -> Result<Map<String, Value>, VerifyError> {
        let text = std::str::from_utf8(body).map_err(|_| self.useless("its answer is no text"))?;
        let jws = jose::parse_reply(text.trim_ascii(), kind).map_err(|why| self.useless(why.0))?;
        if !self.algorithms.contains(&jws.header.algorithm) {
            return Err(self.useless("alg: not allowed for this issuer"));
        }
        let keys = self.keys.keys().await?;
        match self.keys.prove(keys, &jws).await {
            Ok(_) => Ok(jws.claims),
            Err(VerifyError::Rejected(why)) => Err(self.unavailable(&why, PAUSE)),
            Err(unavailable) => Err(unavailable),
        }
    }

    /// An answer that cannot be used: not believed, and not held against the token.
    pub(super) fn useless(&self, why: &str) -> VerifyError {
        self.unavailable(why, PAUSE)
    }

    fn unavailable(&self, why: &str, retry_after: Duration) -> VerifyError {
        VerifyError::unavailable(format!("{}: {why}", self.name), retry_after)
    }
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = value.and_then(|value| value.split(';').next());
    kind.unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether the body is JSON, by what the headers say (RFC 8259, RFC 6839 §3.1).
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let kind = media_type(headers);
    let has_suffix = kind.starts_with("application/") && kind.ends_with("+json");
    kind == "application/json" || has_suffix
}

/// The delay in seconds (RFC 9110 §10.2.3), within reason; the form of a date is left alone.
pub(super) fn retry_after(headers: &HeaderMap) -> Duration {
    let value = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok());
    value
        .and_then(|value| value.trim().parse().ok())
        .map_or(PAUSE, Duration::from_secs)
        .clamp(Duration::from_secs(1), MAX_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_within_reason() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers).as_secs()
        };
        assert_eq!(of("7"), 7);
        assert_eq!(of("0"), 1);
        assert_eq!(of("86400"), 60);
        assert_eq!(of("-1"), 5);
        assert_eq!(of("Wed, 21 Oct 2026 07:28:00 GMT"), 5);
        assert_eq!(retry_after(&HeaderMap::new()), PAUSE);
    }

    #[test]
    fn an_address_of_the_author_s_is_checked_like_one_of_the_issuer_s() {
        let issuer = "https://as.example.com".parse().unwrap();
        assert!(configured(None, &issuer).unwrap().is_none());
        assert!(configured(Some("https://other.example.com/i"), &issuer).is_ok());
        for bad in [
            "",
            "/i",
            "http://as.example.com/i",
            "https://127.0.0.1/i",
            "https://u:p@h/i",
        ] {
            assert!(configured(Some(bad), &issuer).is_err(), "{bad}");
        }
    }
}
