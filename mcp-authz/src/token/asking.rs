//! Asking an issuer about a token: once for all who wait, and not again for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use quick_cache::sync::Cache;
use tokio::sync::oneshot;

use super::VerifyError;
use super::cache::{Basis, Memory, TokenHash};
use super::claims::ClaimRules;
use crate::World;
use crate::auth_info::AuthInfo;
use crate::clock::Moment;

/// How long a refusal is remembered: long enough for a client that insists, short enough for a
/// token that its issuer's other replicas do not know yet.
pub(crate) const REFUSED_FOR: Duration = Duration::from_secs(5);

/// How many refused tokens are remembered: some 2 MB.
const MAX_REFUSALS: usize = 10_000;

/// How many tokens may be asked about at one moment: a flood of invented ones must not become a
/// flood at the issuer.
const MAX_UNDER_WAY: usize = 256;

/// What is found out about a token, and how long it may be believed.
pub(crate) type Answer = Result<(AuthInfo, Duration), VerifyError>;

type Outcome = Result<AuthInfo, VerifyError>;

/// A question under way: any number of callers wait for it, none of them carries it.
type Flight = Shared<BoxFuture<'static, Outcome>>;

/// The questions to one endpoint of one issuer, and the answers.
pub(crate) struct Asking {
    rules: Arc<ClaimRules>,
    world: World,
    known: Memory,
    /// Apart from the answers, so that a flood of bad tokens pushes no good one out.
    refused: Cache<TokenHash, (VerifyError, Moment)>,
    under_way: Mutex<UnderWay>,
}

#[derive(Default)]
struct UnderWay {
    flights: HashMap<TokenHash, (u64, Flight)>,
    /// Counts questions; each is known by its number.
    number: u64,
    /// The questions that have not ended, also those whose answers are not wanted any more.
    running: usize,
}

/// Where a caller comes in.
enum Place {
    Answered(Outcome),
    Waiting(Flight),
    /// The first one: to ask is up to them, and to leave the answer for all.
    First(Flight, Asked, oneshot::Sender<Outcome>),
}

/// A question that has not ended; it ends by an answer, a panic, or with its runtime.
struct Asked {
    asking: Arc<Asking>,
    token: TokenHash,
    number: u64,
    /// Before the question: an answer is as old as that.
    at: Moment,
}

impl Asking {
    pub(crate) fn new(rules: Arc<ClaimRules>, world: World) -> Arc<Self> {
        Arc::new(Self {
            rules,
            world,
            known: Memory::new(),
            refused: Cache::new(MAX_REFUSALS),
            under_way: Mutex::default(),
        })
    }

    /// A caller known from before whose token still stands: no waiting.
    pub(crate) fn known(&self, token: TokenHash, now: Moment) -> Option<AuthInfo> {
        self.known.get(token, |basis, exp| {
            matches!(basis, Basis::Answer(until) if now.is_before(until))
                && exp.is_none_or(|exp| !self.rules.is_over(exp, now.wall))
        })
    }

    /// The caller behind `token`: known, being asked about, or asked about now.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        token: TokenHash,
        question: impl FnOnce() -> BoxFuture<'static, Answer>,
    ) -> Outcome {
        match self.place(token) {
            Place::Answered(outcome) => outcome,
            Place::Waiting(flight) => flight.await,
            Place::First(flight, asked, answer) => {
                let question = question();
                // A task of its own: a caller that hangs up must not take the answer away from the
                // others. Begun without the lock, which the end of a question takes.
                tokio::spawn(async move {
                    let found = question.await;
                    asked.remember(&found);
                    drop(asked);
                    // Whoever waited may have gone.
                    let _ = answer.send(found.map(|(caller, _)| caller));
                });
                flight.await
            }
        }
    }

    fn place(self: &Arc<Self>, token: TokenHash) -> Place {
        let now = self.world.clock.now();
        let mut under_way = self.under_way();
        if let Some((_, flight)) = under_way.flights.get(&token) {
            return Place::Waiting(flight.clone());
        }
        // Under the lock: what was under way a moment ago is known by now.
        if let Some(caller) = self.known(token, now) {
            return Place::Answered(Ok(caller));
        }
        if let Some(refusal) = self.refusal(token, now) {
            return Place::Answered(Err(refusal));
        }
        if under_way.running >= MAX_UNDER_WAY {
            return Place::Answered(Err(unavailable("too many tokens are being asked about")));
        }
        self.begin(&mut under_way, token, now)
    }

    fn begin(self: &Arc<Self>, under_way: &mut UnderWay, token: TokenHash, now: Moment) -> Place {
        under_way.running += 1;
        under_way.number += 1;
        let asked = Asked {
            asking: Arc::clone(self),
            token,
            number: under_way.number,
            at: now,
        };
        let (answer, answered) = oneshot::channel();
        let interrupted = |_| Err(unavailable("the question was interrupted"));
        let flight = answered.map(move |outcome| outcome.unwrap_or_else(interrupted));
        let flight = flight.boxed().shared();
        under_way
            .flights
            .insert(token, (asked.number, flight.clone()));
        Place::First(flight, asked, answer)
    }

    fn remember(&self, token: TokenHash, asked_at: Moment, answer: &Answer) {
        match answer {
            Ok((_, lifetime)) if lifetime.is_zero() => {}
            Ok((caller, lifetime)) => {
                let until = Basis::Answer(asked_at + *lifetime);
                self.known.insert(token, caller, until);
            }
            Err(refusal @ VerifyError::Rejected(_)) => {
                let until = asked_at + REFUSED_FOR;
                self.refused.insert(token, (refusal.clone(), until));
            }
            // Nothing was found out, so there is nothing to remember.
            Err(VerifyError::Unavailable { .. }) => {}
        }
    }

    fn refusal(&self, token: TokenHash, now: Moment) -> Option<VerifyError> {
        let (refusal, until) = self.refused.get(&token)?;
        if now.is_before(until) {
            return Some(refusal);
        }
        self.refused.remove(&token);
        None
    }

    /// Forgets one token: also what is being asked about it. Who waits still gets the answer.
    pub(crate) fn forget(&self, token: TokenHash) {
        self.under_way().flights.remove(&token);
        self.known.forget(token);
        self.refused.remove(&token);
    }

    /// Forgets a person: also what is being asked, since nobody knows about whom that is.
    pub(crate) fn forget_subject(&self, issuer: &str, subject: &str) {
        self.under_way().flights.clear();
        self.known.forget_subject(issuer, subject);
    }

    /// Consistent between any two statements, so a poisoned lock is as good as new.
    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay {
    /// Whether the answer to a question is still wanted: nobody has forgotten its token since.
    fn wants(&self, asked: &Asked) -> bool {
        let flight = self.flights.get(&asked.token);
        flight.is_some_and(|(number, _)| *number == asked.number)
    }
}

impl Asked {
    fn remember(&self, answer: &Answer) {
        let under_way = self.asking.under_way();
        if under_way.wants(self) {
            self.asking.remember(self.token, self.at, answer);
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut under_way = self.asking.under_way();
        under_way.running = under_way.running.saturating_sub(1);
        if under_way.wants(self) {
            under_way.flights.remove(&self.token);
        }
    }
}

fn unavailable(why: &'static str) -> VerifyError {
    VerifyError::unavailable(why, Duration::from_secs(1))
}
