//! Questions under way: whatever ends them, nothing is left behind, and there are never more than a few.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all, pending};
use tokio::sync::Notify;

use crate::World;
use crate::auth_info::AuthInfo;
use crate::clock::{Clock as _, SystemClock};
use crate::token::VerifyError;
use crate::token::asking::{Answer, Asking};
use crate::token::cache::TokenHash;
use crate::token::claim_options::ClaimOptions;
use crate::token::claims::ClaimRules;

const ISSUER: &str = "https://as.example.com";

/// As many as may be under way.
const ALL: usize = 256;

fn asking() -> Arc<Asking> {
    let rules = ClaimRules {
        issuer: ISSUER.to_owned(),
        audiences: Vec::new(),
        accept_typ_jwt: false,
        options: ClaimOptions::default(),
        leeway: Duration::ZERO,
    };
    Asking::new(Arc::new(rules), World::system())
}

fn hash(number: usize) -> TokenHash {
    TokenHash::of(number.to_string())
}

fn good() -> Answer {
    let caller = AuthInfo::builder(ISSUER).subject("alice").build();
    Ok((caller, Duration::from_secs(60)))
}

fn answered() -> BoxFuture<'static, Answer> {
    async { good() }.boxed()
}

async fn is_answered(asking: &Arc<Asking>, number: usize) -> bool {
    asking.ask(hash(number), answered).await.is_ok()
}

/// Asks about the first `count` tokens, and goes away.
async fn leave_under_way(asking: &Arc<Asking>, count: usize) {
    for number in 0..count {
        let asked = asking.ask(hash(number), || pending().boxed());
        assert!(asked.now_or_never().is_none(), "{number}");
    }
}

#[tokio::test]
async fn a_question_that_panics_takes_no_room() {
    let asking = asking();
    let asked =
        (0..ALL).map(|number| asking.ask(hash(number), || async { panic!("a question") }.boxed()));
    for outcome in join_all(asked).await {
        assert!(matches!(outcome, Err(VerifyError::Unavailable { .. })));
    }
    assert!(is_answered(&asking, ALL).await);
    assert!(is_answered(&asking, 0).await);
}

#[test]
fn a_question_that_ends_with_its_runtime_takes_no_room() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
    };
    let asking = asking();
    runtime().block_on(leave_under_way(&asking, ALL));
    assert!(runtime().block_on(is_answered(&asking, ALL)));
    assert!(runtime().block_on(is_answered(&asking, 0)));
}

#[tokio::test]
async fn evictions_do_not_make_room_for_more_questions() {
    let asking = asking();
    leave_under_way(&asking, ALL).await;
    assert!(!is_answered(&asking, ALL).await);
    asking.forget_subject(ISSUER, "alice");
    assert!(!is_answered(&asking, ALL).await);
    for number in 0..ALL {
        asking.forget(hash(number));
    }
    assert!(!is_answered(&asking, ALL).await);
}

#[tokio::test]
async fn an_eviction_leaves_the_questions_about_other_tokens_alone() {
    let (asking, go) = (asking(), Arc::new(Notify::new()));
    let asked = (0..2).map(|number| {
        let go = Arc::clone(&go);
        let question = async move {
            go.notified().await;
            good()
        };
        let (asking, question) = (Arc::clone(&asking), question.boxed());
        tokio::spawn(async move { asking.ask(hash(number), || question).await })
    });
    let asked: Vec<_> = asked.collect();
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    asking.forget(hash(1));
    go.notify_waiters();
    for outcome in join_all(asked).await {
        assert!(outcome.unwrap().is_ok());
    }
    let now = SystemClock.now();
    assert!(asking.known(hash(0), now).is_some());
    assert!(
        asking.known(hash(1), now).is_none(),
        "asked before it was evicted"
    );
}

/// What an issuer says about sixteen tokens, the first of which are revoked one by one.
#[derive(Default)]
struct Revocations {
    revoked: AtomicUsize,
    /// Revoked, and evicted.
    gone: AtomicUsize,
}

impl Revocations {
    fn question(self: &Arc<Self>, number: usize) -> BoxFuture<'static, Answer> {
        let it = Arc::clone(self);
        async move {
            let is_good = number >= it.revoked.load(Ordering::SeqCst);
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            if !is_good {
                return Err(VerifyError::rejected("revoked"));
            }
            let caller = AuthInfo::builder(ISSUER).subject(number.to_string());
            // Seldom remembered, so that many questions are under way.
            let lifetime = Duration::from_micros(200);
            Ok((caller.build(), lifetime))
        }
        .boxed()
    }

    fn revoke_next(&self, asking: &Asking) {
        let number = self.revoked.fetch_add(1, Ordering::SeqCst);
        match number % 2 {
            0 => asking.forget(hash(number)),
            _ => asking.forget_subject(ISSUER, &number.to_string()),
        }
        self.gone.fetch_add(1, Ordering::SeqCst);
    }
}

/// Answers and evictions cross each other on several threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_gets_the_answer_about_their_own_token_and_what_is_gone_stays_gone() {
    let (asking, it) = (asking(), Arc::new(Revocations::default()));
    let tasks = (0..8).map(|task| {
        let (asking, it) = (Arc::clone(&asking), Arc::clone(&it));
        tokio::spawn(async move {
            for turn in 0..1600 {
                let (number, gone) = ((task + turn) % 16, it.gone.load(Ordering::SeqCst));
                let outcome = asking.ask(hash(number), || it.question(number)).await;
                let known = asking.known(hash(number), SystemClock.now());
                for caller in known.iter().chain(&outcome) {
                    assert_eq!(caller.subject(), Some(&*number.to_string()));
                    assert!(number >= gone, "{number} lives on");
                }
                if task == 0 && turn % 100 == 99 {
                    it.revoke_next(&asking);
                }
            }
        })
    });
    for outcome in join_all(tasks.collect::<Vec<_>>()).await {
        outcome.unwrap();
    }
    assert_eq!(it.gone.load(Ordering::SeqCst), 16);
}
