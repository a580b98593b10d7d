//! Exchanged tokens that are used again, where the author says so. All who ask for the same one at the same
//! time wait for one answer; a refusal or an outage is never kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use quick_cache::Weighter;
use quick_cache::unsync::Cache;

use super::{ExchangeError, ExchangedToken};
use crate::auth_info::AuthInfo;
use crate::clock::{Clock, Moment};
use crate::scope::{Scope, ScopeSet};
use crate::token::cache::TokenHash;

/// A function gets no token that ends within this time: it is yet to travel, and to be used.
const MARGIN: Duration = Duration::from_secs(30);

/// No token is used again for longer.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How much all of one issuer may weigh, in bytes of memory: some ten thousand usual ones.
const CAPACITY: u64 = 16 * 1024 * 1024;

/// A usual entry, for the size of the table; and what one needs beside its texts.
const USUAL: u64 = 1_600;
const SLOT: u64 = 400;

pub(super) type Outcome = Result<ExchangedToken, ExchangeError>;

/// What a token was exchanged for: nothing of it may differ.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) token: TokenHash,
    pub(super) target: Box<str>,
    pub(super) scopes: ScopeSet,
}

/// The tokens that one issuer gave.
pub(crate) struct Reuse {
    most: Duration,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    known: Cache<Key, Known, ByMemory>,
    flights: HashMap<Key, Flight>,
    /// Counts questions; each is known by its number.
    number: u64,
}

struct Known {
    token: ExchangedToken,
    until: Moment,
    subject: Subject,
}

type Subject = Option<Arc<str>>;

/// A question under way. Who waits carries it, so with the last of them it ends.
struct Flight {
    number: u64,
    subject: Subject,
    question: WeakShared<BoxFuture<'static, Outcome>>,
}

#[derive(Clone)]
struct ByMemory;

impl Weighter<Key, Known> for ByMemory {
    fn weight(&self, key: &Key, known: &Known) -> u64 {
        let scopes = key.scopes.iter().chain(known.token.scopes());
        let texts = key.target.len()
            + known.token.expose().len()
            + known.subject.as_deref().map_or(0, str::len)
            + scopes
                .map(|scope| scope.as_str().len() + size_of::<Scope>())
                .sum::<usize>();
        SLOT + texts as u64
    }
}

impl Reuse {
    pub(super) fn new(most: Duration, clock: Arc<dyn Clock>) -> Arc<Self> {
        let usual = (CAPACITY / USUAL) as usize;
        Arc::new(Self {
            most,
            clock,
            state: Mutex::new(State {
                known: Cache::with_weighter(usual, CAPACITY, ByMemory),
                flights: HashMap::new(),
                number: 0,
            }),
        })
    }

    /// The token for `key`, which is exchanged for `caller`'s: known, being asked for, or asked for now.
    pub(super) async fn token(
        self: &Arc<Self>,
        key: Key,
        caller: &AuthInfo,
        question: impl FnOnce() -> BoxFuture<'static, Outcome>,
    ) -> Outcome {
        let waiting = match self.known_or_asked_for(key, caller, question) {
            Ok(token) => return Ok(token),
            Err(waiting) => waiting,
        };
        waiting.await
    }

    fn known_or_asked_for(
        self: &Arc<Self>,
        key: Key,
        caller: &AuthInfo,
        question: impl FnOnce() -> BoxFuture<'static, Outcome>,
    ) -> Result<ExchangedToken, Shared<BoxFuture<'static, Outcome>>> {
        let now = self.clock.now();
        let mut state = self.state();
        match state.known.get(&key) {
            Some(known) if now.is_before(known.until) => return Ok(known.token.clone()),
            Some(_) => drop(state.known.remove(&key)),
            None => {}
        }
        let flight = state.flights.get(&key);
        if let Some(waiting) = flight.and_then(|flight| flight.question.upgrade()) {
            return Err(waiting);
        }
        state.number += 1;
        let (own, number) = (key.clone(), state.number);
        let (reuse, question, end) = (Arc::clone(self), question(), caller.expires_at());
        let subject: Subject = caller.subject().map(Arc::from);
        let waiting = async move {
            let outcome = question.await;
            let until = |token: &_| Some(now + reuse.time_of(token, end, now.wall)?);
            reuse.landed(own, number, &outcome, until);
            outcome
        };
        let waiting = waiting.boxed().shared();
        // Those whose last waiter hung up.
        let flights = &mut state.flights;
        flights.retain(|_, flight| flight.question.upgrade().is_some());
        if let Some(question) = waiting.downgrade() {
            let flight = Flight {
                number,
                subject,
                question,
            };
            flights.insert(key, flight);
        }
        Err(waiting)
    }

    /// Keeps an answer, unless its caller was forgotten since it was asked for.
    fn landed(
        &self,
        key: Key,
        number: u64,
        outcome: &Outcome,
        until: impl FnOnce(&ExchangedToken) -> Option<Moment>,
    ) {
        let mut state = self.state();
        let flight = state.flights.get(&key);
        if flight.is_none_or(|flight| flight.number != number) {
            return;
        }
        let subject = state.flights.remove(&key).and_then(|flight| flight.subject);
        let Ok(token) = outcome else { return };
        if let Some(until) = until(token) {
            let token = token.clone();
            let known = Known {
                token,
                until,
                subject,
            };
            state.known.insert(key, known);
        }
    }

    /// How long it may be used again: not into its last moments, and not when the caller's own is over.
    /// One that does not say when it ends is not kept.
    fn time_of(
        &self,
        token: &ExchangedToken,
        caller_s_end: Option<SystemTime>,
        asked: SystemTime,
    ) -> Option<Duration> {
        let left = token.expires_at()?.duration_since(asked).ok()?;
        let mut time = left.checked_sub(MARGIN)?.min(self.most).min(LONGEST);
        if let Some(end) = caller_s_end {
            time = time.min(end.duration_since(asked).ok()?);
        }
        (!time.is_zero()).then_some(time)
    }

    /// Forgets what one token was exchanged for, also what is being asked for. Who waits still gets it.
    pub(crate) fn forget(&self, token: TokenHash) {
        let mut state = self.state();
        state.known.retain(|key, _| key.token != token);
        state.flights.retain(|key, _| key.token != token);
    }

    /// The same for all tokens of one person.
    pub(crate) fn forget_subject(&self, subject: &str) {
        let mut state = self.state();
        let is_other = |own: &Subject| own.as_deref() != Some(subject);
        state.known.retain(|_, known| is_other(&known.subject));
        state.flights.retain(|_, flight| is_other(&flight.subject));
    }

    /// Consistent between any two statements, so a poisoned lock is as good as new.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
