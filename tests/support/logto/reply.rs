//! What Logto answers: bodies with a code, and pages.

use http_server::http::header::{CONTENT_TYPE, RETRY_AFTER};
use http_server::http::{HeaderValue, StatusCode};
use http_server::response::{IntoResponse as _, Response};
use json::{Value, json};

use super::request::Request;

/// A page, where the query does not say.
const PAGE_SIZE: usize = 20;

/// Larger pages are refused.
const MAX_PAGE_SIZE: usize = 100;

pub(super) struct Reply {
    status: u16,
    pub(super) body: Value,
    total: Option<usize>,
}

/// What every route returns: a refusal is as good an answer as any.
pub(super) type Answer = Result<Reply, Reply>;

impl Reply {
    pub(super) fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            body,
            total: None,
        }
    }

    pub(super) fn ok(body: Value) -> Answer {
        Ok(Self::new(200, body))
    }

    pub(super) fn created(body: Value) -> Answer {
        Ok(Self::new(201, body))
    }

    pub(super) fn no_content() -> Answer {
        Ok(Self::new(204, Value::Null))
    }

    /// A refusal in Logto's form.
    pub(super) fn refusal(status: u16, code: &str) -> Self {
        let message = format!("{} (said by the stand-in)", code.replace(['.', '_'], " "));
        Self::new(
            status,
            json!({ "code": code, "message": message, "data": null }),
        )
    }

    /// What the guard of the body says.
    pub(super) fn invalid(what: &str) -> Self {
        let mut reply = Self::refusal(400, "guard.invalid_input");
        reply.body["details"] = json!(what);
        reply
    }

    pub(super) fn unknown_id() -> Self {
        Self::refusal(404, "entity.not_exists_with_id")
    }

    /// A refusal in OAuth's form, with the code that Logto adds.
    pub(super) fn oauth(status: u16, error: &str) -> Self {
        let body = json!({
            "error": error, "error_description": "said by the stand-in", "code": format!("oidc.{error}"),
            "message": "said by the stand-in",
        });
        Self::new(status, body)
    }

    /// One page of a list.
    pub(super) fn page(all: Vec<Value>, request: &Request) -> Answer {
        let number = |name: &str, default: usize| match request.query(name) {
            None => Ok(default),
            Some(text) => text.parse().ok().filter(|number| *number > 0).ok_or(()),
        };
        let size = number("page_size", PAGE_SIZE).and_then(|size| match size {
            1..=MAX_PAGE_SIZE => Ok(size),
            _ => Err(()),
        });
        let (Ok(page), Ok(size)) = (number("page", 1), size) else {
            return Err(Self::refusal(400, "guard.invalid_pagination"));
        };
        let total = all.len();
        let some = all.into_iter().skip((page - 1) * size).take(size);
        Ok(Self {
            status: 200,
            body: some.collect(),
            total: Some(total),
        })
    }

    /// Somebody before Logto answers: no JSON.
    pub(super) fn fault(status: u16, retry_after: Option<u64>) -> Response {
        let status = StatusCode::from_u16(status).expect("a status");
        let mut response = (status, "trouble").into_response();
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// What another server answers.
    pub(super) async fn fetched(url: &str) -> Response {
        let Ok(answer) = http_client::get(url).await else {
            return StatusCode::BAD_GATEWAY.into_response();
        };
        let status = StatusCode::from_u16(answer.status().as_u16()).expect("a status");
        let kind = [(CONTENT_TYPE, "application/json")];
        (status, kind, answer.text().await.unwrap_or_default()).into_response()
    }

    pub(super) fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("a status");
        if self.body.is_null() {
            return status.into_response();
        }
        let kind = [(CONTENT_TYPE, "application/json; charset=utf-8")];
        let mut response = (status, kind, self.body.to_string()).into_response();
        if let Some(total) = self.total {
            response
                .headers_mut()
                .insert("total-number", HeaderValue::from(total));
        }
        response
    }
}
