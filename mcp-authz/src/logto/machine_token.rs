//! The machine-to-machine token that calls are made with: one for everybody, asked for once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Request, Response};
use serde_json::Value;
use tokio::sync::Mutex;
use url::form_urlencoded;

use super::Error;
use crate::World;
use crate::clock::Moment;
use crate::token::{json, secret::Secret};

/// The call that fetches a token (RFC 6749 §4.4).
pub(super) const CALL: &str = "POST /oidc/token";

/// The scope that every endpoint of the Management API asks for.
const SCOPE: &str = "all";

/// So long before its end a token is replaced; a quarter of its life, where that is less.
const LEEWAY: Duration = Duration::from_secs(60);

/// A token that does not say how long it is good is asked for again soon.
const UNSAID: u64 = 60;

/// No token is kept longer.
const MAX_LIFE: u64 = 24 * 60 * 60;

/// Who this program is at the tenant, and what it asks a token for.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) endpoint: String,
    pub(super) app_id: String,
    pub(super) app_secret: Secret,
    /// The indicator of the Management API.
    pub(super) resource: String,
}

/// A token while it is good.
pub(super) struct Token {
    secret: Secret,
    until: Moment,
}

/// A token in the hands of a call.
pub(super) type Held = Arc<Token>;

impl Token {
    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }
}

/// The tokens of one client, one after the other.
pub(super) struct Tokens {
    credentials: Credentials,
    world: World,
    current: ArcSwapOption<Token>,
    /// How many requests for a token have ended.
    ended: AtomicU64,
    /// Held while a token is being asked for; how the last request failed.
    asking: Mutex<Option<Error>>,
}

impl Tokens {
    pub(super) fn new(credentials: Credentials, world: World) -> Self {
        Self {
            credentials,
            world,
            current: ArcSwapOption::empty(),
            ended: AtomicU64::new(0),
            asking: Mutex::new(None),
        }
    }

    /// For the same app, in the world of a test.
    #[cfg(feature = "testing")]
    pub(super) fn in_world(&self, world: &World) -> Self {
        Self::new(self.credentials.clone(), world.clone())
    }

    /// Where they are fetched.
    #[cfg(feature = "testing")]
    pub(super) fn endpoint(&self) -> &str {
        &self.credentials.endpoint
    }

    pub(super) fn app_id(&self) -> &str {
        &self.credentials.app_id
    }

    /// The token to call with now. Whoever comes while one is being asked for waits for that answer,
    /// also where it is a failure.
    pub(super) async fn get(&self) -> Result<Held, Error> {
        if let Some(token) = self.good() {
            return Ok(token);
        }
        let ended = self.ended.load(Ordering::Acquire);
        let mut failed = self.asking.lock().await;
        if let Some(token) = self.good() {
            return Ok(token);
        }
        if let Some(error) = &*failed
            && self.ended.load(Ordering::Acquire) != ended
        {
            return Err(error.clone());
        }
        let outcome = self.ask().await;
        self.ended.fetch_add(1, Ordering::Release);
        match outcome {
            Ok(token) => {
                let token = Arc::new(token);
                self.current.store(Some(Arc::clone(&token)));
                *failed = None;
                Ok(token)
            }
            Err(error) => {
                *failed = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Uses `token` no more: Logto does not take it.
    pub(super) fn forget(&self, token: &Held) {
        let current = self.current.load();
        if current
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, token))
        {
            self.current.store(None);
        }
    }

    fn good(&self) -> Option<Held> {
        let now = self.world.clock.now();
        let current = self.current.load_full();
        current.filter(|token| now.is_before(token.until))
    }

    async fn ask(&self) -> Result<Token, Error> {
        // Before the question: a token is as old as that.
        let now = self.world.clock.now();
        let request = self.credentials.request()?;
        let answer = self.world.fetch.send(request).await;
        let answer = answer.map_err(|error| Error::unsent(CALL, &error))?;
        if !answer.status().is_success() {
            return Err(Error::refused(CALL, &answer));
        }
        let (secret, life) = read(&answer)?;
        let life = Duration::from_secs(life);
        let until = now + (life - LEEWAY.min(life / 4));
        Ok(Token { secret, until })
    }
}

impl Credentials {
    fn request(&self) -> Result<Request<Bytes>, Error> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.app_id)
            .append_pair("client_secret", self.app_secret.expose())
            .append_pair("resource", &self.resource)
            .append_pair("scope", SCOPE)
            .finish();
        Request::post(&self.endpoint)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(form.into())
            .map_err(|_| Error::config("the token endpoint is not a URL that can be asked"))
    }
}

/// The token and its life in seconds (RFC 6749 §5.1).
fn read(answer: &Response<Bytes>) -> Result<(Secret, u64), Error> {
    let unusable = |why: &str| Error::unusable(CALL, format!("Logto's answer: {why}"));
    let said = json::object(answer.body()).map_err(|why| unusable(why.0))?;
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    let kind = text("token_type").unwrap_or_default();
    if !kind.eq_ignore_ascii_case("Bearer") {
        return Err(unusable("`token_type` is not `Bearer`"));
    }
    let token = text("access_token").filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| unusable("it has no `access_token`"))?;
    let life = said.get("expires_in").map_or(Some(UNSAID), Value::as_u64);
    let life = life.ok_or_else(|| unusable("`expires_in` is no number of seconds"))?;
    Ok((Secret::new(token), life.min(MAX_LIFE)))
}

#[cfg(test)]
mod tests;
