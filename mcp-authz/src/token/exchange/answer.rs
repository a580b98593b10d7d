//! What the token endpoint answers (RFC 8693 §2.2), read strictly.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Map, Value};

use super::ACCESS_TOKEN;
use crate::bearer::is_token;
use crate::scope::{Scope, ScopeSet};
use crate::token::endpoint::{PAUSE, is_json, retry_after};
use crate::token::json;
use crate::token::secret::Secret;

/// An access token for another API, issued to this server so that it acts for its caller.
///
/// For the HTTP client that calls the API, and for nothing else: not for the caller, not for the model.
/// It is not printed by `Debug`, and wiped when dropped.
///
/// ```no_run
/// use mcp_authz::{AuthInfo, ExchangeError};
///
/// # async fn example(auth: AuthInfo, http: mcp_authz::reqwest::Client) -> Result<(), ExchangeError> {
/// let token = auth.exchange("https://calendar.example.com", ["calendar:read"]).await?;
/// let request = http.get("https://calendar.example.com/today").bearer_auth(token.expose());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ExchangedToken {
    token: Secret,
    scopes: ScopeSet,
    expires_at: Option<SystemTime>,
}

impl ExchangedToken {
    /// The token itself. It belongs in the `Authorization` header of a request to its API.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.token.expose()
    }

    /// What it is good for: all that was asked for, and nothing else.
    #[must_use]
    pub fn scopes(&self) -> &ScopeSet {
        &self.scopes
    }

    /// When it ends (`expires_in`), where the authorization server says so.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }
}

#[cfg(test)]
impl ExchangedToken {
    pub(super) fn new(token: &str, expires_at: Option<SystemTime>) -> Self {
        Self {
            token: Secret::new(token),
            scopes: ScopeSet::new(),
            expires_at,
        }
    }
}

impl fmt::Debug for ExchangedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExchangedToken")
            .field("scopes", &self.scopes)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Why an answer is no token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The authorization server said no, with this code.
    Refused(&'static str),
    /// It said nothing that counts: trouble, to be asked again after the time.
    Useless(Cow<'static, str>, Duration),
}

/// The refusals that standards name (RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 6750 §3.1, RFC 7009 §2.2.1, RFC
/// 9470 §3, OpenID Connect Core §3.1.2.6). Another text may be anybody's, a proxy's or the token itself.
const REFUSALS: [&str; 13] = [
    "invalid_request",
    "invalid_grant",
    "invalid_scope",
    "invalid_target",
    "invalid_token",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_token_type",
    "access_denied",
    "insufficient_scope",
    "insufficient_user_authentication",
    "interaction_required",
    "consent_required",
];

/// Reads the answer to a question for `asked`, sent at `sent`.
pub(super) fn read(
    answer: &Response<Bytes>,
    asked: &ScopeSet,
    sent: SystemTime,
) -> Result<ExchangedToken, Failure> {
    match answer.status() {
        StatusCode::OK => issued(&body(answer)?, asked, sent),
        // RFC 6749 §5.2 says 400; providers that think of a policy say 403.
        StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN => Err(refused(&body(answer)?)),
        status => {
            let hint = match status.as_u16() {
                401 => ": does it know this server's client?",
                300..=399 => ": redirects are not followed",
                _ => "",
            };
            let why = format!("it answers {}{hint}", status.as_u16());
            Err(Failure::Useless(why.into(), retry_after(answer.headers())))
        }
    }
}

fn body(answer: &Response<Bytes>) -> Result<Map<String, Value>, Failure> {
    if !is_json(answer.headers()) {
        return Err(useless("its answer is not JSON"));
    }
    json::object(answer.body()).map_err(|why| useless(why.0))
}

fn refused(body: &Map<String, Value>) -> Failure {
    let code = body.get("error").and_then(Value::as_str);
    match code {
        // Not about the caller: nobody must take it for a no.
        Some("invalid_client") => useless("invalid_client: does it know this server's client?"),
        Some("server_error" | "temporarily_unavailable") => {
            useless("it says that it is in trouble")
        }
        _ => {
            let known = REFUSALS.into_iter().find(|known| Some(*known) == code);
            known.map_or_else(
                || useless("it answers with an error that no standard names"),
                Failure::Refused,
            )
        }
    }
}

fn issued(
    body: &Map<String, Value>,
    asked: &ScopeSet,
    sent: SystemTime,
) -> Result<ExchangedToken, Failure> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let token = text("access_token").filter(|token| is_token(token));
    let token = token.ok_or_else(|| useless("access_token: missing, or no bearer token"))?;
    if text("issued_token_type") != Some(ACCESS_TOKEN) {
        return Err(useless("issued_token_type: not an access token"));
    }
    // RFC 8693 §2.2.1: `N_A` is no access token; one that is bound needs a key that is not ours.
    if !text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("Bearer")) {
        return Err(useless("token_type: not Bearer"));
    }
    Ok(ExchangedToken {
        token: Secret::new(token),
        scopes: granted(body.get("scope"), asked)?,
        expires_at: end(body.get("expires_in"), sent)?,
    })
}

/// What was granted: all that was asked for, or what the authorization server chose where nothing was.
fn granted(scope: Option<&Value>, asked: &ScopeSet) -> Result<ScopeSet, Failure> {
    // Left out, it is what was asked for (RFC 8693 §2.2.1).
    let Some(scope) = scope else {
        return Ok(asked.clone());
    };
    let list = scope.as_str().ok_or_else(|| useless("scope: no string"))?;
    let granted: ScopeSet = list
        .split(' ')
        .filter(|one| !one.is_empty())
        .map(|one| {
            one.parse::<Scope>()
                .map_err(|_| useless("scope: malformed"))
        })
        .collect::<Result<_, _>>()?;
    if asked.is_empty() {
        return Ok(granted);
    }
    if granted.iter().any(|one| !asked.contains(one.as_str())) {
        return Err(useless("scope: wider than what was asked for"));
    }
    match asked.iter().all(|one| granted.contains(one.as_str())) {
        true => Ok(granted),
        false => Err(Failure::Refused("insufficient_scope")),
    }
}

fn end(expires_in: Option<&Value>, sent: SystemTime) -> Result<Option<SystemTime>, Failure> {
    let Some(seconds) = expires_in else {
        return Ok(None);
    };
    let seconds = seconds.as_u64().filter(|seconds| *seconds > 0);
    let end = seconds.and_then(|seconds| sent.checked_add(Duration::from_secs(seconds)));
    end.map(Some)
        .ok_or_else(|| useless("expires_in: no number of seconds"))
}

const fn useless(why: &'static str) -> Failure {
    Failure::Useless(Cow::Borrowed(why), PAUSE)
}

#[cfg(test)]
mod tests {
    use http::header::{CONTENT_TYPE, RETRY_AFTER};
    use serde_json::json;

    use super::*;

    fn answer(status: u16, kind: &str, body: impl Into<String>) -> Response<Bytes> {
        let response = Response::builder().status(status);
        let response = response
            .header(CONTENT_TYPE, kind)
            .header(RETRY_AFTER, "17");
        response.body(Bytes::from(body.into())).unwrap()
    }

    fn reading(status: u16, body: &Value, asked: &str) -> Result<ExchangedToken, Failure> {
        let answer = answer(status, "application/json", body.to_string());
        read(&answer, &ScopeSet::parse(asked), SystemTime::UNIX_EPOCH)
    }

    fn good() -> Value {
        json!({
            "access_token": "abc.def", "issued_token_type": ACCESS_TOKEN,
            "token_type": "bearer", "expires_in": 60, "scope": "b a",
        })
    }

    #[test]
    fn a_token_is_as_good_as_the_answer_says() {
        let token = reading(200, &good(), "a b").unwrap();
        assert_eq!((token.expose(), token.scopes().len()), ("abc.def", 2));
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(60);
        assert_eq!(token.expires_at(), Some(end));
        assert!(!format!("{token:?}").contains("abc"));
        let mut short = good();
        short.as_object_mut().unwrap().remove("scope");
        short.as_object_mut().unwrap().remove("expires_in");
        let token = reading(200, &short, "a b").unwrap();
        assert_eq!(token.scopes().to_string(), "a b");
        assert_eq!(token.expires_at(), None);
        // Where nothing was asked for, it is the authorization server who chooses.
        assert_eq!(reading(200, &good(), "").unwrap().scopes().len(), 2);
    }

    #[test]
    fn an_answer_that_is_odd_in_any_member_is_no_token_and_no_refusal() {
        for (member, value) in [
            ("access_token", Value::Null),
            ("access_token", json!("")),
            ("access_token", json!("a b")),
            ("access_token", json!("a\r\nx: y")),
            ("access_token", json!("a".repeat(16 * 1024 + 1))),
            ("access_token", json!(["abc"])),
            ("issued_token_type", Value::Null),
            (
                "issued_token_type",
                json!("urn:ietf:params:oauth:token-type:id_token"),
            ),
            (
                "issued_token_type",
                json!("urn:ietf:params:oauth:token-type:refresh_token"),
            ),
            ("issued_token_type", json!([ACCESS_TOKEN])),
            ("token_type", Value::Null),
            ("token_type", json!("N_A")),
            ("token_type", json!("DPoP")),
            ("token_type", json!("mac")),
            ("expires_in", json!(0)),
            ("expires_in", json!(-1)),
            ("expires_in", json!("60")),
            ("expires_in", json!(1.5)),
            ("expires_in", json!(u64::MAX)),
            ("expires_in", Value::Null),
            ("scope", json!("a b c")),
            ("scope", json!("a b \"")),
            ("scope", json!(["a", "b"])),
            ("scope", Value::Null),
        ] {
            let mut body = good();
            body[member] = value.clone();
            let outcome = reading(200, &body, "a b");
            assert!(
                matches!(outcome, Err(Failure::Useless(..))),
                "{member} {value}"
            );
        }
        let twice = r#"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#;
        for (kind, body) in [
            ("text/html", good().to_string()),
            ("application/jwt", good().to_string()),
            ("application/json", twice.to_owned()),
            ("application/json", "[]".to_owned()),
            ("application/json", String::new()),
        ] {
            let outcome = read(
                &answer(200, kind, body),
                &ScopeSet::new(),
                SystemTime::now(),
            );
            assert!(matches!(outcome, Err(Failure::Useless(..))), "{kind}");
        }
    }

    #[test]
    fn less_than_was_asked_for_is_a_refusal() {
        for scope in ["a", ""] {
            let mut body = good();
            body["scope"] = scope.into();
            let outcome = reading(200, &body, "a b");
            assert_eq!(outcome.unwrap_err(), Failure::Refused("insufficient_scope"));
        }
    }

    #[test]
    fn only_what_a_standard_calls_a_refusal_is_one() {
        for code in REFUSALS {
            for status in [400, 403] {
                let outcome = reading(status, &json!({ "error": code }), "a");
                assert_eq!(outcome.unwrap_err(), Failure::Refused(code));
            }
            for status in [200, 201, 302, 401, 404, 429, 500, 503] {
                let outcome = reading(status, &json!({ "error": code }), "a");
                assert!(
                    matches!(outcome, Err(Failure::Useless(..))),
                    "{status} {code}"
                );
            }
        }
        for body in [
            json!({ "error": "invalid_client" }),
            json!({ "error": "server_error" }),
            json!({ "error": "temporarily_unavailable" }),
            json!({ "error": "Bad Request", "status": 400 }),
            json!({ "error": ["invalid_grant"] }),
            json!({ "message": "invalid_grant" }),
            json!({}),
        ] {
            let outcome = reading(400, &body, "a");
            assert!(matches!(outcome, Err(Failure::Useless(..))), "{body}");
        }
        let page = answer(403, "text/html", r#"{"error":"access_denied"}"#);
        let outcome = read(&page, &ScopeSet::new(), SystemTime::now());
        assert!(matches!(outcome, Err(Failure::Useless(..))));
    }

    #[test]
    fn trouble_says_when_to_come_back() {
        let outcome = reading(503, &json!({}), "a");
        let Err(Failure::Useless(_, pause)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(pause.as_secs(), 17);
    }
}
