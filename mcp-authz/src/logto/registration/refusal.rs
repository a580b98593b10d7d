//! Why something is not done, as the person or the program is told.

use std::borrow::Cow;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;

/// How many seconds somebody waits who cannot be served now.
const PAUSE: u64 = 10;

/// A refusal: an error of RFC 7591 §3.2.2 where that has one, else one of RFC 6749 or RFC 6750.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) text: Cow<'static, str>,
}

impl Refusal {
    const fn new(status: StatusCode, code: &'static str, text: Cow<'static, str>) -> Self {
        Self { status, code, text }
    }

    /// A redirect URI that may not be registered.
    pub(super) fn redirect_uri(text: impl Into<Cow<'static, str>>) -> Self {
        let code = "invalid_redirect_uri";
        Self::new(StatusCode::BAD_REQUEST, code, text.into())
    }

    /// Anything else of what was submitted.
    pub(super) fn metadata(text: impl Into<Cow<'static, str>>) -> Self {
        let code = "invalid_client_metadata";
        Self::new(StatusCode::BAD_REQUEST, code, text.into())
    }

    /// RFC 7591 §2.3: nobody's statements are believed here.
    pub(super) const fn statement() -> Self {
        let text = Cow::Borrowed("software statements are not taken here");
        Self::new(
            StatusCode::BAD_REQUEST,
            "unapproved_software_statement",
            text,
        )
    }

    /// No room for another application.
    pub(super) const fn full(text: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "access_denied", Cow::Borrowed(text))
    }

    /// Who asks is known, and is not one of those who may.
    pub(super) const fn not_for_you() -> Self {
        let text = Cow::Borrowed(
            "this token is not one of a person's in an application of the operator's",
        );
        Self::new(StatusCode::FORBIDDEN, "access_denied", text)
    }

    /// Credentials that are nobody's here: also those of an application that is gone (RFC 7592 §2.1).
    pub(super) const fn unauthorized() -> Self {
        let text = Cow::Borrowed("the token is not valid here");
        Self::new(StatusCode::UNAUTHORIZED, "invalid_token", text)
    }

    /// Nothing was presented, and no access token would do.
    pub(super) const fn unauthenticated() -> Self {
        let text = Cow::Borrowed("a token is needed");
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", text)
    }

    /// RFC 6750 §3.1.
    pub(super) const fn malformed() -> Self {
        let text = Cow::Borrowed("send one token, in one Authorization header");
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", text)
    }

    /// There is no such application of this owner's; whose else it is does not show.
    pub(super) const fn unknown() -> Self {
        let text = Cow::Borrowed("there is no such application");
        Self::new(StatusCode::NOT_FOUND, "not_found", text)
    }

    /// Too many ask at a time.
    pub(super) const fn busy() -> Self {
        let text = Cow::Borrowed("too many registrations at a time: come back later");
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "temporarily_unavailable",
            text,
        )
    }

    /// Logto cannot be asked, or did not do it. What it said is the operator's to read.
    pub(super) const fn unavailable() -> Self {
        let text = Cow::Borrowed("registration does not work at the moment: come back later");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            text,
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.code, "error_description": self.text }));
        let mut response = (self.status, NO_STORE, body).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 6750 §3.1: no `error` where nothing was presented.
            let challenge = match self.code {
                "invalid_token" => "Bearer error=\"invalid_token\"",
                _ => "Bearer",
            };
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if self.code == "temporarily_unavailable" {
            headers.insert(RETRY_AFTER, HeaderValue::from(PAUSE));
        }
        response
    }
}

/// RFC 7591 §3.2.1, RFC 7592 §3: what is answered is nobody's to keep.
pub(super) const NO_STORE: [(http::HeaderName, HeaderValue); 2] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (PRAGMA, HeaderValue::from_static("no-cache")),
];
