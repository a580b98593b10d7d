//! A refusal becomes an HTTP answer: status, `WWW-Authenticate`, body.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::slice;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use serde_json::json;

use crate::bearer::Scheme;
use crate::scope::ScopeSet;

/// The body of every answer.
pub(crate) type ResponseBody = BoxBody<Bytes, Infallible>;

/// Why a request is refused. It never says more to a client than its class (design rule: reasons
/// go to the operator's log).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    /// 401 without `error` (RFC 6750 §3.1): no credentials; asks for these scopes.
    Unauthenticated(ScopeSet),
    /// 401 `invalid_token`: sign in again.
    InvalidToken,
    /// 400 `invalid_request`: credentials given twice or in no known form (RFC 6750 §3.1).
    MalformedCredentials,
    /// 401 `invalid_dpop_proof` (RFC 9449 §7.1): the token may be good, the proof is not.
    #[cfg(feature = "dpop")]
    InvalidProof,
    /// 401 `use_dpop_nonce` (RFC 9449 §9): the same again, with the nonce of this answer.
    #[cfg(feature = "dpop")]
    NonceNeeded,
    /// 403 `insufficient_scope`: **all** scopes that the operation needs, in one challenge.
    InsufficientScope(ScopeSet),
    /// 403 without a challenge: no consent could cure it. The author's words, for the caller.
    Forbidden(Cow<'static, str>),
    /// 401 `insufficient_user_authentication` (RFC 9470 §3): sign in again, more recently or in
    /// another way.
    InsufficientAuthentication {
        scopes: ScopeSet,
        max_age: Option<Duration>,
        /// Separated by spaces, as they travel.
        acr_values: String,
    },
    /// 400: the message is not given to rmcp, with the reason, for the operator alone.
    Unreadable(&'static str),
    /// 429: the caller holds as many sessions as it may.
    TooManySessions,
    /// 429: the caller watches by as many streams as it may.
    TooManyStreams,
    /// 503: the caller could not be verified right now. No challenge, or everybody would sign in
    /// again during an outage.
    Unavailable {
        retry_after: Duration,
        /// For the operator.
        reason: Cow<'static, str>,
    },
    /// 500: a decision or a tool panicked.
    Failed,
}

/// Writes challenges for one protected resource.
#[derive(Clone, Debug)]
pub(crate) struct Challenger {
    resource_metadata: String,
    initial_scopes: ScopeSet,
    /// Never empty. MCP clients read the first challenge alone.
    offers: Vec<Offer>,
}

/// A scheme that the server understands, as its challenges name it.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) scheme: Scheme,
    /// What is always said of the scheme, each parameter with `, ` behind it.
    pub(crate) parameters: String,
}

impl Offer {
    pub(crate) const fn bearer() -> Self {
        Self {
            scheme: Scheme::Bearer,
            parameters: String::new(),
        }
    }
}

/// The `error` of the body and its text.
struct Words<'a> {
    status: StatusCode,
    error: &'static str,
    description: &'a str,
}

impl Denial {
    fn words(&self) -> Words<'_> {
        let (status, error, description) = match self {
            Self::Unauthenticated(_) => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "An access token is needed.",
            ),
            Self::InvalidToken => (
                StatusCode::UNAUTHORIZED,
                "invalid_token",
                "The access token is not valid here or has expired.",
            ),
            Self::MalformedCredentials => (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "Send one access token, in one Authorization header.",
            ),
            #[cfg(feature = "dpop")]
            Self::InvalidProof => (
                StatusCode::UNAUTHORIZED,
                "invalid_dpop_proof",
                "Send one DPoP proof, made for this request and this access token.",
            ),
            #[cfg(feature = "dpop")]
            Self::NonceNeeded => (
                StatusCode::UNAUTHORIZED,
                "use_dpop_nonce",
                "Make the DPoP proof with the nonce of this answer.",
            ),
            Self::InsufficientScope(_) => (
                StatusCode::FORBIDDEN,
                "insufficient_scope",
                "The person has not consented to what this operation needs.",
            ),
            Self::Forbidden(message) => (StatusCode::FORBIDDEN, "access_denied", &**message),
            Self::InsufficientAuthentication { .. } => (
                StatusCode::UNAUTHORIZED,
                "insufficient_user_authentication",
                "The person must sign in again for this operation.",
            ),
            Self::Unreadable(_) => (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "The message holds more values than are read, or a reserved name.",
            ),
            Self::TooManySessions => (
                StatusCode::TOO_MANY_REQUESTS,
                "temporarily_unavailable",
                "Too many sessions.",
            ),
            Self::TooManyStreams => (
                StatusCode::TOO_MANY_REQUESTS,
                "temporarily_unavailable",
                "Too many streams.",
            ),
            Self::Unavailable { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "The access token cannot be verified right now.",
            ),
            Self::Failed => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "The server failed.",
            ),
        };
        Words {
            status,
            error,
            description,
        }
    }
}

impl Denial {
    /// What the caller is told, as a sentence.
    pub(crate) fn told(&self) -> String {
        let said = self.words().description;
        match self {
            Self::InsufficientScope(scopes) => format!("{said} It needs: {scopes}"),
            _ => said.to_owned(),
        }
    }
}

impl Challenger {
    /// `offers` must not be empty; the first one is what a client without a scheme is told.
    pub(crate) fn new(
        resource_metadata: String,
        initial_scopes: ScopeSet,
        offers: Vec<Offer>,
    ) -> Self {
        Self {
            resource_metadata,
            initial_scopes,
            offers,
        }
    }

    /// The same where there is nobody to send anybody to.
    #[cfg(feature = "testing")]
    pub(crate) fn without_offers(self) -> Self {
        Self {
            offers: Vec::new(),
            ..self
        }
    }

    /// The refusal of a request without credentials, before its body is read.
    pub(crate) fn unauthenticated(&self) -> Denial {
        Denial::Unauthenticated(self.initial_scopes.clone())
    }

    /// The whole answer to a request that presented its token in the scheme `used`.
    pub(crate) fn respond(&self, denial: &Denial, used: Option<Scheme>) -> Response<ResponseBody> {
        let Words {
            status,
            error,
            description,
        } = denial.words();
        let body = json!({ "error": error, "error_description": description }).to_string();
        let mut response = Response::new(Full::new(Bytes::from(body)).boxed());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for value in self.challenges(denial, used) {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.append(WWW_AUTHENTICATE, value);
            }
        }
        if let Some(seconds) = denial.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// One challenge for each way in. Whoever came in one way is answered in that way; a client that
    /// read "Bearer" after a bad proof would come back without any.
    pub(crate) fn challenges(&self, denial: &Denial, used: Option<Scheme>) -> Vec<String> {
        let signs_in = denial.words().status == StatusCode::UNAUTHORIZED;
        let mine = self.offers.iter().find(|offer| Some(offer.scheme) == used);
        let offers = match (mine, self.offers.first()) {
            (Some(mine), _) if mine.scheme != Scheme::Bearer || !signs_in => slice::from_ref(mine),
            (None, Some(first)) if !signs_in => slice::from_ref(first),
            _ => &self.offers,
        };
        offers
            .iter()
            .filter_map(|offer| self.header(offer, denial))
            .collect()
    }

    /// `WWW-Authenticate` (RFC 6750 §3, RFC 9728 §5.1), where the refusal can be cured by signing in
    /// or by consent. The order of the parameters is fixed: some clients search for the first
    /// `scope=`.
    fn header(&self, offer: &Offer, denial: &Denial) -> Option<String> {
        let (error, scopes) = match denial {
            Denial::Unauthenticated(scopes) => (None, Some(scopes)),
            Denial::InvalidToken => (Some("invalid_token"), Some(&self.initial_scopes)),
            Denial::MalformedCredentials => (Some("invalid_request"), None),
            #[cfg(feature = "dpop")]
            Denial::InvalidProof | Denial::NonceNeeded => (Some(denial.words().error), None),
            Denial::InsufficientScope(scopes) => (Some("insufficient_scope"), Some(scopes)),
            Denial::InsufficientAuthentication { scopes, .. } => {
                (Some("insufficient_user_authentication"), Some(scopes))
            }
            Denial::Forbidden(_)
            | Denial::Unreadable(_)
            | Denial::TooManySessions
            | Denial::TooManyStreams
            | Denial::Unavailable { .. }
            | Denial::Failed => return None,
        };
        let mut header = format!("{} {}", offer.scheme.name(), offer.parameters);
        if let Some(error) = error {
            // Writing to a String cannot fail.
            let _ = write!(header, r#"error="{error}", "#);
        }
        if let Some(scopes) = scopes.filter(|scopes| !scopes.is_empty()) {
            let _ = write!(header, r#"scope="{scopes}", "#);
        }
        if let Denial::InsufficientAuthentication {
            max_age,
            acr_values,
            ..
        } = denial
        {
            if let Some(age) = max_age {
                let _ = write!(header, r#"max_age="{}", "#, age.as_secs());
            }
            if !acr_values.is_empty() {
                let _ = write!(header, r#"acr_values="{acr_values}", "#);
            }
        }
        let _ = write!(header, r#"resource_metadata="{}""#, self.resource_metadata);
        if error.is_some() {
            let _ = write!(
                header,
                r#", error_description="{}""#,
                denial.words().description
            );
        }
        Some(header)
    }
}

impl Denial {
    /// `Retry-After`, in whole seconds: never a moment too early.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Unavailable { retry_after, .. } => {
                let whole = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
                Some(whole.max(1))
            }
            Self::TooManySessions | Self::TooManyStreams => Some(60),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(denial: &Denial) -> Option<String> {
        let url = "https://h/.well-known/oauth-protected-resource/mcp".to_owned();
        let challenger = Challenger::new(url, ScopeSet::parse("a b"), vec![Offer::bearer()]);
        let mut challenges = challenger.challenges(denial, None);
        assert!(challenges.len() <= 1);
        challenges.pop()
    }

    fn unavailable(retry_after: Duration) -> Denial {
        Denial::Unavailable {
            retry_after,
            reason: Cow::Borrowed("the database is down"),
        }
    }

    #[test]
    fn challenges_are_deterministic_and_in_a_fixed_order() {
        let metadata = r#"resource_metadata="https://h/.well-known/oauth-protected-resource/mcp""#;
        let cases = [
            (
                Denial::Unauthenticated(ScopeSet::parse("a b")),
                format!(r#"Bearer scope="a b", {metadata}"#),
            ),
            (
                Denial::Unauthenticated(ScopeSet::new()),
                format!("Bearer {metadata}"),
            ),
            (
                Denial::InvalidToken,
                format!(
                    r#"Bearer error="invalid_token", scope="a b", {metadata}, error_description="The access token is not valid here or has expired.""#
                ),
            ),
            (
                Denial::InsufficientScope(ScopeSet::parse("x y")),
                format!(
                    r#"Bearer error="insufficient_scope", scope="x y", {metadata}, error_description="The person has not consented to what this operation needs.""#
                ),
            ),
        ];
        for (denial, expected) in cases {
            assert_eq!(header(&denial), Some(expected));
        }
    }

    #[test]
    fn whoever_waits_as_told_has_waited_long_enough() {
        for (milliseconds, told) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (29_999, 30)] {
            let retry_after = Duration::from_millis(milliseconds);
            let outage = unavailable(retry_after);
            assert_eq!(outage.retry_after(), Some(told), "{milliseconds} ms");
        }
    }

    #[test]
    fn an_outage_or_a_failure_is_no_challenge() {
        let outage = unavailable(Duration::from_millis(1));
        for denial in [outage, Denial::Failed, Denial::TooManySessions] {
            assert_eq!(header(&denial), None);
        }
    }
}
