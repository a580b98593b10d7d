//! One call of the Management API: its URL, its body, and how often it is tried.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::Management;
use super::error::{self, Error};
use super::machine_token;
use crate::token::secret::Secret;

/// How often a call is sent at most.
const MAX_ATTEMPTS: u32 = 3;

/// A longer pause than this is the caller's decision.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// The first pause where Logto names none; the next one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// How many entries are asked for at a time, Logto's own default: a page of applications, which carry
/// data of their owners', stays far below what the fetcher reads.
const PAGE_SIZE: usize = 20;

/// No list has more pages: two hundred thousand entries.
const MAX_PAGES: usize = 10_000;

/// Longer ids are none of Logto's.
const MAX_ID: usize = 256;

/// RFC 3986 §2.3: what a path segment may hold as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One call. `endpoint` is as the documentation names it, `POST /api/resources/{id}/scopes`, with a
/// value for each brace.
pub(super) struct Call<'a> {
    endpoint: &'static str,
    ids: &'a [&'a str],
    query: Vec<(&'static str, String)>,
    body: Option<Bytes>,
}

impl<'a> Call<'a> {
    pub(super) fn new(endpoint: &'static str, ids: &'a [&'a str]) -> Self {
        Self {
            endpoint,
            ids,
            query: Vec::new(),
            body: None,
        }
    }

    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body);
        let body = body.map_err(|_| Error::config("the values do not fit JSON"))?;
        self.body = Some(body.into());
        Ok(self)
    }

    fn method(&self) -> Method {
        let name = self.endpoint.split(' ').next().unwrap_or_default();
        Method::from_bytes(name.as_bytes()).unwrap_or_default()
    }

    /// The path and query behind the tenant's own URL.
    fn target(&self) -> Result<String, Error> {
        let path = self.endpoint.split(' ').nth(1).unwrap_or_default();
        let mut ids = self.ids.iter();
        let mut target = String::new();
        for piece in path.split('/').skip(1) {
            target.push('/');
            match ids.as_slice().first() {
                Some(id) if piece.starts_with('{') => {
                    target.push_str(&segment(id)?);
                    ids.next();
                }
                _ => target.push_str(piece),
            }
        }
        for (number, (name, value)) in self.query.iter().enumerate() {
            let before = if number == 0 { '?' } else { '&' };
            let value = utf8_percent_encode(value, SEGMENT);
            target.push_str(&format!("{before}{name}={value}"));
        }
        Ok(target)
    }

    fn request(&self, base: &str, token: &Secret) -> Result<Request<Bytes>, Error> {
        let mut request = Request::builder()
            .method(self.method())
            .uri(format!("{base}{}", self.target()?))
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, bearer(token)?);
        if self.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = self.body.clone().unwrap_or_default();
        let request = request.body(body);
        request.map_err(|_| Error::config("a value does not fit a URL"))
    }
}

/// One id as a path segment.
///
/// A URL parser takes `.` and `..` for a way through the path, also when they are encoded: what was
/// to delete one thing would delete another.
fn segment(id: &str) -> Result<String, Error> {
    match id {
        "" | "." | ".." => Err(Error::config(format!("{id:?} is no id of Logto's"))),
        id if id.len() > MAX_ID => Err(Error::config("an id of Logto's is shorter than that")),
        id => Ok(utf8_percent_encode(id, SEGMENT).to_string()),
    }
}

fn bearer(token: &Secret) -> Result<HeaderValue, Error> {
    let text = Zeroizing::new(format!("Bearer {}", token.expose()));
    let value = HeaderValue::from_str(&text);
    let mut value = value.map_err(|_| Error::config("the token does not fit a header"))?;
    // Shown by no HTTP library's log.
    value.set_sensitive(true);
    Ok(value)
}

/// How long to wait before the next attempt, if there is to be one.
///
/// A call that changes something is sent again only where Logto says that it did not run it, and when
/// to come back; a question also where there was no answer.
fn pause(asks: bool, error: &Error, attempt: u32) -> Option<Duration> {
    if attempt + 1 >= MAX_ATTEMPTS || !error::passes(error) {
        return None;
    }
    match error {
        Error::Refused {
            status: 429 | 503,
            retry_after: Some(pause),
            ..
        } => (*pause <= MAX_PAUSE).then_some(*pause),
        _ => asks.then(|| PAUSE * (1 << attempt)),
    }
}

impl Management {
    /// Sends a call until it is answered for good.
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<Response<Bytes>, Error> {
        self.send_until(call, MAX_ATTEMPTS).await
    }

    /// Sends a call for somebody who waits and can come back: there are no pauses.
    pub(super) async fn send_now(&self, call: &Call<'_>) -> Result<Response<Bytes>, Error> {
        self.send_until(call, 1).await
    }

    async fn send_until(&self, call: &Call<'_>, attempts: u32) -> Result<Response<Bytes>, Error> {
        let mut attempt = 0;
        let mut renewed = false;
        loop {
            let (error, token) = match self.once(call).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let of_token = error.call() == Some(machine_token::CALL);
            // A token that was good a moment ago: the tenant's keys may be new. Nothing ran.
            if let (Some(401), Some(token), false) = (error.status(), token, renewed) {
                self.tokens().forget(&token);
                renewed = true;
                continue;
            }
            let asks = of_token || call.method() == Method::GET;
            let pause = pause(asks, &error, attempt).filter(|_| attempt + 1 < attempts);
            let Some(pause) = pause else {
                return Err(error);
            };
            tracing::debug!(%error, ?pause, "Logto is asked again");
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// One attempt; a failure comes with the token that was used.
    async fn once(
        &self,
        call: &Call<'_>,
    ) -> Result<Response<Bytes>, (Error, Option<machine_token::Held>)> {
        let token = self.tokens().get().await.map_err(|error| (error, None))?;
        let request = call.request(self.endpoint(), token.secret());
        let request = request.map_err(|error| (error, None))?;
        let answer = match self.world().fetch.send(request).await {
            Ok(answer) => answer,
            Err(error) => return Err((Error::unsent(call.endpoint, &error), None)),
        };
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err((Error::refused(call.endpoint, &answer), Some(token)))
    }

    /// Sends a call whose answer says nothing that is needed.
    pub(super) async fn tell(&self, call: Call<'_>) -> Result<(), Error> {
        self.send(&call).await.map(drop)
    }

    /// Sends a call and reads its answer.
    pub(super) async fn ask<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, Error> {
        read(call.endpoint, &self.send(&call).await?)
    }

    /// All entries of a list, page by page.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        endpoint: &'static str,
        ids: &[&str],
        query: Option<(&'static str, &str)>,
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        for page in 1..=MAX_PAGES {
            let mut call = Call::new(endpoint, ids);
            if let Some((name, value)) = query {
                call = call.query(name, value);
            }
            let call = call
                .query("page", page.to_string())
                .query("page_size", PAGE_SIZE.to_string());
            let answer = self.send(&call).await?;
            let entries: Vec<T> = read(endpoint, &answer)?;
            let count = entries.len();
            all.extend(entries);
            let is_last = match total(&answer) {
                // An empty page ends a list that shrinks while it is read.
                Some(total) => all.len() >= total || count == 0,
                None => count != PAGE_SIZE,
            };
            if is_last {
                return Ok(all);
            }
        }
        Err(Error::unusable(endpoint, "the list does not end"))
    }
}

/// How many entries Logto says there are.
fn total(answer: &Response<Bytes>) -> Option<usize> {
    let value = answer.headers().get("total-number")?;
    value.to_str().ok()?.parse().ok()
}

/// What serde says may quote the answer, which can hold a secret: only what is missing is told.
fn read<T: DeserializeOwned>(call: &'static str, answer: &Response<Bytes>) -> Result<T, Error> {
    serde_json::from_slice(answer.body()).map_err(|error| {
        let said = error.to_string();
        let missing = said.split(" at line").next();
        let missing = missing.filter(|text| text.starts_with("missing field"));
        let what = missing.unwrap_or("not the JSON that is documented");
        Error::unusable(call, format!("Logto's answer: {what}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_in_its_segment() {
        let target = |ids: &[&str]| Call::new("DELETE /api/a/{id}/b/{name}", ids).target();
        assert_eq!(
            target(&["x", "Default secret"]).unwrap(),
            "/api/a/x/b/Default%20secret"
        );
        assert_eq!(
            target(&["a/../b", "é?#%"]).unwrap(),
            "/api/a/a%2F..%2Fb/b/%C3%A9%3F%23%25"
        );
        for id in ["", ".", "..", &"x".repeat(257)] {
            assert!(target(&[id, "y"]).is_err(), "{id}");
            assert!(target(&["y", id]).is_err(), "{id}");
        }
        let call = Call::new("GET /api/a", &[])
            .query("q", "a b&c")
            .query("page", "1");
        assert_eq!(call.target().unwrap(), "/api/a?q=a%20b%26c&page=1");
    }

    fn refusal(status: u16, seconds: Option<u64>) -> Error {
        Error::Refused {
            call: "",
            status,
            code: String::new(),
            message: String::new(),
            retry_after: seconds.map(Duration::from_secs),
        }
    }

    #[test]
    fn only_what_is_safe_is_sent_again() {
        let unavailable = Error::Unavailable {
            call: "",
            reason: String::new(),
        };
        for (asks, error, wanted) in [
            (true, unavailable.clone(), Some(PAUSE)),
            (false, unavailable, None),
            (true, refusal(502, None), Some(PAUSE)),
            (false, refusal(502, Some(1)), None),
            (true, refusal(503, None), Some(PAUSE)),
            (false, refusal(503, None), None),
            (false, refusal(503, Some(2)), Some(Duration::from_secs(2))),
            (false, refusal(429, Some(0)), Some(Duration::ZERO)),
            (true, refusal(429, Some(11)), None),
            (true, refusal(500, Some(1)), None),
            (true, refusal(404, None), None),
            (true, Error::unusable("", ""), None),
        ] {
            assert_eq!(pause(asks, &error, 0), wanted, "{asks} {error:?}");
            assert_eq!(pause(asks, &error, MAX_ATTEMPTS - 1), None);
        }
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_not_quoted() {
        #[derive(Debug, serde::Deserialize)]
        struct Wanted {
            #[expect(dead_code, reason = "only its absence is looked at")]
            id: u8,
        }
        let said = |body: &'static str| {
            let answer = Response::new(Bytes::from_static(body.as_bytes()));
            read::<Wanted>("GET /x", &answer).unwrap_err().to_string()
        };
        assert!(said("{}").contains("missing field `id`"));
        for body in [r#"{"id":"s3cret"}"#, r#"{"id":1,"id":1}"#, "s3cret", ""] {
            assert!(!said(body).contains("s3cret"), "{body}");
        }
    }
}
