//! The issuer's own metadata with the endpoint that Logto lacks, for the host of the issuer.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Request, StatusCode};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::super::Management;
use super::refusal::Refusal;
use crate::token::json;

/// How long Logto's document is served without a look at it.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// How long it is served while Logto cannot be asked.
const STALE: Duration = Duration::from_secs(60 * 60);

/// After a failure Logto is left alone for so long.
const COOLDOWN: Duration = Duration::from_secs(5);

/// What is served, as it was last put together.
pub(super) struct Discovery {
    logto: Management,
    issuer: String,
    registration_endpoint: String,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    document: Option<(Instant, Bytes)>,
    failed: Option<Instant>,
}

impl Discovery {
    pub(super) fn new(logto: Management, registration_endpoint: String) -> Self {
        let issuer = format!("{}/oidc", logto.endpoint());
        Self {
            logto,
            issuer,
            registration_endpoint,
            memory: Mutex::default(),
        }
    }

    /// RFC 8414 §3.1: the path of the issuer behind the well-known part. Logto answers 404 there.
    pub(super) fn path(&self) -> String {
        let path = url::Url::parse(&self.issuer).map(|url| url.path().to_owned());
        let path = path.unwrap_or_default();
        format!("/.well-known/oauth-authorization-server{path}")
    }

    pub(super) async fn answer(&self) -> Response {
        match self.document().await {
            Some(document) => {
                let headers = [
                    (CONTENT_TYPE, HeaderValue::from_static("application/json")),
                    (
                        CACHE_CONTROL,
                        HeaderValue::from_static("public, max-age=300"),
                    ),
                ];
                (StatusCode::OK, headers, document).into_response()
            }
            None => Refusal::unavailable().into_response(),
        }
    }

    /// One look at Logto for all who wait; an outage is bridged for an hour.
    async fn document(&self) -> Option<Bytes> {
        let mut memory = self.memory.lock().await;
        let is_within = |at: Instant, time| at.elapsed() < time;
        if let Some((at, document)) = &memory.document
            && is_within(*at, FRESH)
        {
            return Some(document.clone());
        }
        if !memory.failed.is_some_and(|at| is_within(at, COOLDOWN)) {
            match self.fetch().await {
                Ok(document) => {
                    memory.failed = None;
                    memory.document = Some((Instant::now(), document.clone()));
                    return Some(document);
                }
                Err(reason) => {
                    tracing::warn!(issuer = self.issuer, reason, "no metadata to add to");
                    memory.failed = Some(Instant::now());
                }
            }
        }
        let stale = memory.document.as_ref();
        stale
            .filter(|(at, _)| is_within(*at, STALE))
            .map(|(_, document)| document.clone())
    }

    /// From the one place where Logto has it. The path that is served here is not asked: the request
    /// would come back.
    async fn fetch(&self) -> Result<Bytes, String> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer);
        let request = Request::get(url).header(ACCEPT, "application/json");
        let request = request
            .body(Bytes::new())
            .map_err(|error| error.to_string())?;
        let answer = self.logto.world().fetch.send(request).await;
        let answer = answer.map_err(|error| error.to_string())?;
        if answer.status() != StatusCode::OK {
            return Err(format!("Logto answers {}", answer.status().as_u16()));
        }
        let document = json::object(answer.body());
        self.complete(document.map_err(|reject| reject.0.to_owned())?)
    }

    /// Everything that Logto says, and where agents register.
    fn complete(&self, mut document: Map<String, Value>) -> Result<Bytes, String> {
        // RFC 8414 §3.3: the document speaks for this issuer, or for nobody.
        if document.get("issuer").and_then(Value::as_str) != Some(&self.issuer) {
            return Err("its issuer is another one: is the endpoint the tenant's own?".to_owned());
        }
        let endpoint = self.registration_endpoint.clone();
        document.insert("registration_endpoint".to_owned(), endpoint.into());
        let document = serde_json::to_vec(&document);
        document.map(Bytes::from).map_err(|error| error.to_string())
    }
}
