//! The life of an issuer's keys: found once, refreshed by age, kept through an outage, let go.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use url::Url;

use super::discovery::{self, Failure};
use super::documents::Documents;
use super::jose::Jws;
use super::jwks::{KeyId, KeySet, Lookup};
use super::wants::Keys;
use super::{Issuer, VerifyError};
use crate::World;
use crate::clock::Moment;

/// Younger keys are used without a thought.
pub(crate) const FRESH: Duration = Duration::from_secs(5 * 60);

/// Older keys are not used before the issuer has been asked again: so long may a removed key verify.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(10 * 60);

/// Through an outage of the issuer, keys of this age still verify; then the answer is 503.
pub(crate) const MAX_STALE: Duration = Duration::from_secs(60 * 60);

/// How often an unknown `kid` may cause a fetch, whoever sends how many.
pub(crate) const KID_COOLDOWN: Duration = Duration::from_secs(30);

/// The longest pause between attempts while the issuer is in trouble.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// A refresh under way: any number of callers wait for it, none of them carries it.
type Flight = Shared<BoxFuture<'static, Result<(), Failure>>>;

/// One issuer as a source of keys.
pub(crate) struct Provider {
    issuer: Issuer,
    documents: Arc<Documents>,
    world: World,
    current: ArcSwapOption<KeySet>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    flight: Option<Flight>,
    failures: u32,
    /// Set while the last attempt is a failed one.
    outage: Option<Outage>,
    kid_missed_at: Option<Instant>,
}

/// Who tells the operator that the issuer could not be asked.
#[derive(Clone, Copy)]
enum Teller {
    Log,
    Asker,
}

#[derive(Clone)]
struct Outage {
    failure: Failure,
    retry_at: Instant,
}

impl Provider {
    pub(crate) fn new(issuer: Issuer, documents: Arc<Documents>, world: World) -> Arc<Self> {
        Arc::new(Self {
            issuer,
            documents,
            world,
            current: ArcSwapOption::empty(),
            state: Mutex::default(),
        })
    }

    /// What `ask` says of the keys, if they are young: never waits, never fetches. Asked at every request, so
    /// nothing is counted that requests on other cores count as well.
    pub(crate) fn of_fresh<T>(
        &self,
        now: Moment,
        ask: impl FnOnce(&KeySet) -> Option<T>,
    ) -> Option<T> {
        let keys = self.current.load();
        let fresh = keys.as_deref();
        fresh
            .filter(|keys| now.since(keys.fetched_at) <= FRESH)
            .and_then(ask)
    }

    /// The keys to verify with now.
    pub(crate) async fn keys(self: &Arc<Self>) -> Result<Arc<KeySet>, VerifyError> {
        if let Some(keys) = self.current.load_full() {
            let age = self.age(&keys);
            if age <= FRESH {
                return Ok(keys);
            }
            // In an outage nobody waits for an issuer that does not answer.
            if age <= MAX_AGE || (age <= MAX_STALE && self.state().outage.is_some()) {
                drop(self.refresh());
                return Ok(keys);
            }
        }
        if let Some(flight) = self.refresh() {
            // Its outcome is read from the state, like everyone's.
            let _ = flight.await;
        }
        self.current
            .load_full()
            .filter(|keys| self.age(keys) <= MAX_STALE)
            .ok_or_else(|| self.unavailable())
    }

    /// The keys after a token named one that `seen` does not have: asked for again, within limits.
    pub(crate) async fn keys_after_miss(
        self: &Arc<Self>,
        seen: &Arc<KeySet>,
    ) -> Result<Arc<KeySet>, VerifyError> {
        if let Some(flight) = self.refresh_after_miss() {
            let _ = flight.await;
        }
        let keys = self.current.load_full().unwrap_or_else(|| Arc::clone(seen));
        // While the issuer cannot be asked, an unknown key may well be its new one: not a 401.
        let state = self.state();
        if state.outage.is_some() && Arc::ptr_eq(&keys, seen) {
            let asked_again = state.kid_missed_at.map(|at| at + KID_COOLDOWN);
            drop(state);
            return Err(self.unavailable_until(asked_again));
        }
        drop(state);
        Ok(keys)
    }

    /// The key that verifies `jws`: among `keys`, or among what the issuer has published since.
    ///
    /// # Errors
    ///
    /// A refusal when the signature is none of this issuer's; unavailable when that cannot be known.
    pub(crate) async fn prove(
        self: &Arc<Self>,
        mut keys: Arc<KeySet>,
        jws: &Jws<'_>,
    ) -> Result<KeyId, VerifyError> {
        let (kid, algorithm) = (jws.header.kid.as_deref(), jws.header.algorithm);
        if matches!(keys.find(kid, algorithm), Lookup::Unknown) {
            keys = self.keys_after_miss(&keys).await?;
        }
        let key = match keys.find(kid, algorithm) {
            Lookup::Found(key) => key,
            Lookup::Unknown => return Err(unknown_key(kid)),
            Lookup::Refused(why) => return Err(why.into()),
        };
        key.verify(algorithm, jws.signed, &jws.signature)?;
        Ok(key.id)
    }

    /// Asks the issuer now, at start-up: the outcome tells a wrong configuration from an outage. Whoever
    /// asks tells the operator, with what happens next.
    pub(crate) async fn check(self: &Arc<Self>) -> Result<(), Failure> {
        let now = self.world.clock.monotonic();
        let flight = self.begin(&mut self.state(), now, Teller::Asker);
        match flight {
            Some(flight) => flight.await,
            None => self
                .state()
                .outage
                .as_ref()
                .map_or(Ok(()), |outage| Err(outage.failure.clone())),
        }
    }

    fn refresh_after_miss(self: &Arc<Self>) -> Option<Flight> {
        let now = self.world.clock.monotonic();
        let mut state = self.state();
        if let Some(flight) = state.running() {
            return Some(flight);
        }
        let missed = state.kid_missed_at;
        if missed.is_some_and(|at| now.saturating_duration_since(at) < KID_COOLDOWN) {
            return None;
        }
        let flight = self.begin(&mut state, now, Teller::Log)?;
        state.kid_missed_at = Some(now);
        Some(flight)
    }

    /// The refresh under way, or a new one, unless the last failure is too recent.
    fn refresh(self: &Arc<Self>) -> Option<Flight> {
        let now = self.world.clock.monotonic();
        self.begin(&mut self.state(), now, Teller::Log)
    }

    fn begin(self: &Arc<Self>, state: &mut State, now: Instant, teller: Teller) -> Option<Flight> {
        if let Some(flight) = state.running() {
            return Some(flight);
        }
        if state
            .outage
            .as_ref()
            .is_some_and(|outage| now < outage.retry_at)
        {
            return None;
        }
        // A task of its own: a caller that hangs up must not take the refresh down for the others.
        let me = Arc::clone(self);
        let task = tokio::spawn(async move {
            let outcome = me.load().await;
            me.finish(&outcome, teller);
            outcome
        });
        let flight = async move {
            task.await.unwrap_or_else(|_| {
                Err(Failure::Unreachable(
                    "the refresh was interrupted".to_owned(),
                ))
            })
        };
        let flight = flight.boxed().shared();
        state.flight = Some(flight.clone());
        Some(flight)
    }

    async fn load(&self) -> Result<(), Failure> {
        if self.documents.wants().keys == Keys::Never {
            // No key of this issuer verifies anything; its metadata is for clients.
            return self.documents.read().await.map(drop);
        }
        let uri = self.jwks_uri().await?;
        // Before the request: an answer is as old as its question.
        let asked_at = self.world.clock.now();
        let body = discovery::key_set(&*self.world.fetch, &uri).await?;
        let keys = KeySet::parse(&body, &self.issuer.algorithms, asked_at)
            .map_err(|why| Failure::Wrong(format!("{uri}: {why}")))?;
        self.report(&keys);
        self.current.store(Some(Arc::new(keys)));
        Ok(())
    }

    /// Tells the operator what is odd about the keys: once, not at every refresh.
    fn report(&self, keys: &KeySet) {
        let issuer = &self.issuer.identifier;
        let before = self.current.load();
        if before.as_ref().is_some_and(|before| {
            before.skipped == keys.skipped && (before.len() == 0) == (keys.len() == 0)
        }) {
            return;
        }
        if !keys.skipped.is_empty() {
            tracing::info!(issuer, why = ?keys.skipped, "keys of the issuer are not used");
        }
        if keys.len() == 0 {
            tracing::warn!(
                issuer,
                "the issuer has no usable key: every token is refused"
            );
        }
    }

    /// Where the keys are: configured, or by the metadata.
    async fn jwks_uri(&self) -> Result<Url, Failure> {
        match self.issuer.static_jwks_uri(self.documents.url()) {
            Some(uri) => Ok(uri),
            None => self.documents.endpoint("jwks_uri").await,
        }
    }

    fn finish(&self, outcome: &Result<(), Failure>, teller: Teller) {
        let now = self.world.clock.monotonic();
        let mut state = self.state();
        state.flight = None;
        match outcome {
            Ok(()) => {
                state.failures = 0;
                state.outage = None;
            }
            Err(failure) => {
                // The key set may have moved: read the metadata again next time.
                self.documents.forget();
                let pause = backoff(state.failures);
                state.failures = state.failures.saturating_add(1);
                state.outage = Some(Outage {
                    failure: failure.clone(),
                    retry_at: now + pause,
                });
                if matches!(teller, Teller::Log) {
                    tracing::warn!(
                        issuer = %self.issuer.identifier, %failure, failures = state.failures, retry_in = ?pause,
                        "the issuer's keys could not be refreshed"
                    );
                }
            }
        }
    }

    fn unavailable(&self) -> VerifyError {
        self.unavailable_until(None)
    }

    /// Until the issuer is asked again: not before `also`, and not while the last failure is too recent.
    fn unavailable_until(&self, also: Option<Instant>) -> VerifyError {
        let now = self.world.clock.monotonic();
        let outage = self.state().outage.clone();
        let until = outage.as_ref().map(|outage| outage.retry_at).max(also);
        let retry_after = until.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        VerifyError::Unavailable {
            reason: match outage {
                Some(Outage { failure, .. }) => {
                    format!("the issuer's keys cannot be had: {failure}").into()
                }
                None => "the issuer's keys cannot be had".into(),
            },
            retry_after: retry_after.max(Duration::from_secs(1)),
        }
    }

    fn age(&self, keys: &KeySet) -> Duration {
        self.world.clock.now().since(keys.fetched_at)
    }

    /// The state is consistent between any two statements, so a poisoned lock is as good as new.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The refresh under way; one that ended without saying so (a runtime shut down) is forgotten.
    fn running(&mut self) -> Option<Flight> {
        self.flight = self.flight.take().filter(|flight| flight.peek().is_none());
        self.flight.clone()
    }
}

/// An identifier that could be somebody's is repeated for the operator; whatever else a sender put there
/// is not.
fn unknown_key(kid: Option<&str>) -> VerifyError {
    let is_plain = |kid: &&str| {
        let mut bytes = kid.bytes();
        kid.len() <= 64 && bytes.all(|b| b.is_ascii_alphanumeric() || b"-._~=".contains(&b))
    };
    VerifyError::rejected(match kid.filter(is_plain) {
        Some(kid) => format!("kid: the issuer has no such key: {kid}"),
        None => "kid: the issuer has no such key".to_owned(),
    })
}

/// 1 s, 2 s, 4 s … [`MAX_BACKOFF`], and up to a quarter more, so that replicas do not ask in step.
fn backoff(failures: u32) -> Duration {
    let base = Duration::from_secs(1 << failures.min(6)).min(MAX_BACKOFF);
    let mut random = [0];
    // Without randomness there is no jitter, which is no reason to fail.
    let _ = aws_lc_rs::rand::fill(&mut random);
    base + base * u32::from(random[0]) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_a_minute() {
        for (failures, seconds) in [(0, 1), (1, 2), (5, 32), (6, 60), (7, 60), (u32::MAX, 60)] {
            let base = Duration::from_secs(seconds);
            let pause = backoff(failures);
            assert!(
                base <= pause && pause <= base * 5 / 4,
                "{failures}: {pause:?}"
            );
        }
    }
}
