//! What can go wrong between a program and a Logto tenant.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, Response, StatusCode, header};
use serde_json::{Map, Value};

use crate::fetch::FetchError;
use crate::token::json;

/// The longest text of Logto's that an error carries, in characters.
const MAX_TEXT: usize = 400;

/// Why Logto did not do what it was asked.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::Error;
///
/// fn advice(error: &Error) -> String {
///     match error {
///         Error::Config(mistakes) => mistakes.join("; "),
///         _ if error.code() == Some("resource.resource_identifier_in_use") => "take another URI".into(),
///         _ if error.is_not_found() => "there is no such thing, or this Logto is too old".into(),
///         _ if error.status() == Some(403) => "the app lacks the role, or the plan the feature".into(),
///         _ => format!("{} did not work: {error}", error.call().unwrap_or("nothing was sent")),
///     }
/// }
/// # let _ = advice;
/// ```
///
/// No error holds a secret or a token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Something was written wrong, and nothing was sent: each sentence says what to write instead.
    Config(Vec<String>),
    /// Logto answered, and the answer is no.
    #[non_exhaustive]
    Refused {
        /// The call, as Logto's documentation names it: `POST /api/resources`.
        call: &'static str,
        /// The HTTP status.
        status: u16,
        /// Logto's code, such as `scope.name_exists`, or that of OAuth where there was no token.
        /// Empty where somebody else answered, such as a proxy.
        code: String,
        /// What Logto says about it.
        message: String,
        /// When to come back, if Logto says.
        retry_after: Option<Duration>,
    },
    /// There is no answer: nobody knows whether the call was carried out.
    #[non_exhaustive]
    Unavailable {
        /// The call, as Logto's documentation names it.
        call: &'static str,
        /// What is out of order.
        reason: String,
    },
    /// The answer is none that Logto documents.
    #[non_exhaustive]
    Unusable {
        /// The call, as Logto's documentation names it.
        call: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A [`Plan`](super::Plan) that stands against what the tenant has: nothing was changed.
    Conflict(Vec<String>),
}

impl Error {
    /// The HTTP status of a refusal.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Logto's code of a refusal, such as `scope.name_exists`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } if !code.is_empty() => Some(code),
            _ => None,
        }
    }

    /// Whether Logto knows nothing under that id, or has no such endpoint in this version.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Whether Logto itself says that it knows nothing under that id. The 404 of a proxy, or of another
    /// program at this address, has no code of Logto's: what was asked about may well be there.
    pub(super) fn is_gone(&self) -> bool {
        self.is_not_found() && self.code().is_some_and(|code| code.starts_with("entity."))
    }

    /// The call that failed.
    #[must_use]
    pub fn call(&self) -> Option<&'static str> {
        match self {
            Self::Refused { call, .. }
            | Self::Unavailable { call, .. }
            | Self::Unusable { call, .. } => Some(call),
            Self::Config(_) | Self::Conflict(_) => None,
        }
    }

    pub(super) fn config(problem: impl Into<String>) -> Self {
        Self::Config(vec![problem.into()])
    }

    pub(super) fn unusable(call: &'static str, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Unusable { call, reason }
    }

    /// What stands in the way of an answer.
    pub(super) fn unsent(call: &'static str, error: &FetchError) -> Self {
        let reason = error.to_string();
        match error {
            FetchError::Refused(why) => Self::config(format!(
                "{call}: {why} (`.allow_private_addresses()` lets a Logto inside your network be asked)"
            )),
            FetchError::TooLarge => Self::Unusable { call, reason },
            FetchError::Timeout | FetchError::Failed(_) => Self::Unavailable { call, reason },
        }
    }

    /// What Logto says in an answer that is not 2xx: `code` and `message` of its API, `error` and
    /// `error_description` of its token endpoint.
    pub(super) fn refused(call: &'static str, answer: &Response<bytes::Bytes>) -> Self {
        let said = json::object(answer.body()).unwrap_or_default();
        let text = |names: [&str; 2]| {
            let mut found = names.into_iter().filter_map(|name| member(&said, name));
            found.next().unwrap_or_default()
        };
        Self::Refused {
            call,
            status: answer.status().as_u16(),
            // Its token endpoint has a `code` of its own beside OAuth's.
            code: text(["error", "code"]),
            message: text(["error_description", "message"]),
            retry_after: retry_after(answer.headers()),
        }
    }

    /// What helps besides what Logto says.
    fn hint(&self) -> &'static str {
        match (self.status(), self.code()) {
            (_, Some("auth.forbidden")) => {
                ": give the machine-to-machine app a role with the scope `all` of the Management API"
            }
            (_, Some("invalid_client")) => {
                ": are id and secret those of a machine-to-machine app of this tenant?"
            }
            (_, Some("invalid_target")) => {
                ": is the Management API's indicator right? `.management_api(..)` sets it"
            }
            (Some(404), None) => ": does this version of Logto have it?",
            (Some(300..=399), _) => ": redirects are not followed",
            _ => "",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(problems) => f.write_str(&problems.join("; ")),
            Self::Refused {
                call,
                status,
                code,
                message,
                ..
            } => {
                write!(f, "{call}: Logto answers {status}")?;
                if !code.is_empty() {
                    write!(f, " {code}")?;
                }
                if !message.is_empty() {
                    write!(f, " ({message})")?;
                }
                f.write_str(self.hint())
            }
            Self::Unavailable { call, reason } | Self::Unusable { call, reason } => {
                write!(f, "{call}: {reason}")
            }
            Self::Conflict(problems) => {
                f.write_str("the plan was not carried out:")?;
                problems.iter().try_for_each(|one| write!(f, "\n  - {one}"))
            }
        }
    }
}

impl std::error::Error for Error {}

/// A text of somebody else's, short and on one line: it goes to logs and terminals.
fn member(said: &Map<String, Value>, name: &str) -> Option<String> {
    let text = said.get(name)?.as_str()?;
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    Some(plain.take(MAX_TEXT).collect())
}

/// The delay in seconds (RFC 9110 §10.2.3); the form of a date is left alone.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// Whether the same question may get an answer in a moment.
pub(super) fn passes(error: &Error) -> bool {
    match error {
        Error::Unavailable { .. } => true,
        Error::Refused { status, .. } => matches!(
            StatusCode::from_u16(*status),
            Ok(StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT)
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn refused(status: u16, body: &'static str) -> Error {
        let mut answer = Response::new(Bytes::from_static(body.as_bytes()));
        *answer.status_mut() = StatusCode::from_u16(status).unwrap();
        Error::refused("POST /api/resources", &answer)
    }

    #[test]
    fn a_refusal_says_the_call_the_status_and_logto_s_own_words() {
        let body = r#"{"code":"scope.name_exists","message":"The name is in use.","data":{}}"#;
        let error = refused(422, body);
        assert_eq!(
            error.to_string(),
            "POST /api/resources: Logto answers 422 scope.name_exists (The name is in use.)"
        );
        assert_eq!(
            (error.status(), error.code()),
            (Some(422), Some("scope.name_exists"))
        );
        // The token endpoint speaks OAuth, and adds a code of the API's.
        let body =
            r#"{"error":"invalid_client","error_description":"no","code":"oidc.invalid_client"}"#;
        assert_eq!(refused(401, body).code(), Some("invalid_client"));
        assert!(refused(401, body).to_string().ends_with("of this tenant?"));
    }

    #[test]
    fn what_somebody_else_answers_is_no_code_and_no_line_of_a_log() {
        for body in [
            "<html>",
            "[]",
            "",
            r#"{"code":7}"#,
            r#"{"code":"a","code":"b"}"#,
        ] {
            assert_eq!(refused(502, body).code(), None, "{body}");
        }
        let error = refused(400, r#"{"code":"a\nb","message":"x\u001b[31my"}"#);
        assert!(!error.to_string().contains(['\n', '\u{1b}']), "{error}");
        let long: &'static str =
            Box::leak(format!(r#"{{"message":"{}"}}"#, "é".repeat(9_000)).into_boxed_str());
        assert!(refused(400, long).to_string().chars().count() < 500);
    }
}
