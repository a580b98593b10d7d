//! Asking an issuer about a token: once for all who wait, and not again for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use quick_cache::sync::Cache;

use super::VerifyError;
use super::cache::{Basis, Memory, TokenHash};
use super::claims::ClaimRules;
use crate::World;
use crate::auth_info::AuthInfo;

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

/// A question under way: any number of callers wait for it, none of them carries it.
type Flight = Shared<BoxFuture<'static, Result<AuthInfo, VerifyError>>>;

/// The questions to one endpoint of one issuer, and the answers.
pub(crate) struct Asking {
    rules: Arc<ClaimRules>,
    world: World,
    known: Memory,
    /// Apart from the answers, so that a flood of bad tokens pushes no good one out.
    refused: Cache<TokenHash, (VerifyError, Instant)>,
    under_way: Mutex<UnderWay>,
}

#[derive(Default)]
struct UnderWay {
    flights: HashMap<TokenHash, (u64, Flight)>,
    /// Counts questions; each is known by its number.
    number: u64,
    /// Questions up to this number were asked before something was forgotten.
    outdated: u64,
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
    pub(crate) fn known(&self, token: TokenHash) -> Option<AuthInfo> {
        let (now, wall) = (self.world.clock.monotonic(), self.world.clock.wall());
        self.known.get(token, |basis, exp| {
            matches!(basis, Basis::Answer(until) if now < until)
                && exp.is_none_or(|exp| !self.rules.is_over(exp, wall))
        })
    }

    /// The caller behind `token`: known, being asked about, or asked about now.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        token: TokenHash,
        question: impl FnOnce() -> BoxFuture<'static, Answer>,
    ) -> Result<AuthInfo, VerifyError> {
        let flight = {
            let mut under_way = self.under_way();
            match under_way.running(token) {
                Some(flight) => flight,
                None => {
                    // Under the lock: what was under way a moment ago is known by now.
                    if let Some(caller) = self.known(token) {
                        return Ok(caller);
                    }
                    if let Some(refusal) = self.refusal(token) {
                        return Err(refusal);
                    }
                    if under_way.flights.len() >= MAX_UNDER_WAY {
                        return Err(VerifyError::unavailable(
                            "too many tokens are being asked about",
                            Duration::from_secs(1),
                        ));
                    }
                    self.begin(&mut under_way, token, question())
                }
            }
        };
        flight.await
    }

    fn begin(
        self: &Arc<Self>,
        under_way: &mut UnderWay,
        token: TokenHash,
        question: BoxFuture<'static, Answer>,
    ) -> Flight {
        under_way.number += 1;
        let (me, number) = (Arc::clone(self), under_way.number);
        // Before the question: an answer is as old as that.
        let asked_at = self.world.clock.monotonic();
        // A task of its own: a caller that hangs up must not take the answer away from the others.
        let task = tokio::spawn(async move {
            let answer = question.await;
            me.finish(token, number, asked_at, &answer);
            answer.map(|(caller, _)| caller)
        });
        let flight = async move {
            task.await.unwrap_or_else(|_| {
                let why = "the question was interrupted";
                Err(VerifyError::unavailable(why, Duration::from_secs(1)))
            })
        };
        let flight = flight.boxed().shared();
        under_way.flights.insert(token, (number, flight.clone()));
        flight
    }

    fn finish(&self, token: TokenHash, number: u64, asked_at: Instant, answer: &Answer) {
        let mut under_way = self.under_way();
        let own = |flight: &(u64, Flight)| flight.0 == number;
        if under_way.flights.get(&token).is_some_and(own) {
            under_way.flights.remove(&token);
        }
        if number <= under_way.outdated {
            return;
        }
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

    fn refusal(&self, token: TokenHash) -> Option<VerifyError> {
        let (refusal, until) = self.refused.get(&token)?;
        if self.world.clock.monotonic() < until {
            return Some(refusal);
        }
        self.refused.remove(&token);
        None
    }

    /// Forgets one token: also what is being asked about it.
    pub(crate) fn forget(&self, token: TokenHash) {
        self.under_way().outdate();
        self.known.forget(token);
        self.refused.remove(&token);
    }

    /// Forgets a person: also what is being asked, since nobody knows about whom that is.
    pub(crate) fn forget_subject(&self, issuer: &str, subject: &str) {
        self.under_way().outdate();
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
    /// The question under way; one that ended without saying so (a panic) is forgotten.
    fn running(&mut self, token: TokenHash) -> Option<Flight> {
        let (_, flight) = self.flights.get(&token)?;
        if flight.peek().is_none() {
            return Some(flight.clone());
        }
        self.flights.remove(&token);
        None
    }

    /// Who waits still gets the answer; nobody else does, and it is not remembered.
    fn outdate(&mut self) {
        self.outdated = self.number;
        self.flights.clear();
    }
}
