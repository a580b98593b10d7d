use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::oneshot;

use super::*;
use crate::clock::TestClock;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Option<Duration> = Some(Duration::from_secs(60 * 60));

/// A memory, a clock, and a provider that counts.
struct Lab {
    clock: Arc<TestClock>,
    reuse: Arc<Reuse>,
    asked: AtomicUsize,
}

fn key(token: &str, scopes: &str) -> Key {
    Key {
        token: TokenHash::of(token),
        target: "https://calendar.example.com".into(),
        scopes: ScopeSet::parse(scopes),
    }
}

fn nobody() -> AuthInfo {
    AuthInfo::builder("https://as.example.com").build()
}

impl Lab {
    fn new() -> Self {
        let clock = Arc::new(TestClock::new());
        let reuse = Reuse::new(5 * MINUTE, Arc::clone(&clock) as Arc<dyn Clock>);
        let asked = AtomicUsize::new(0);
        Self {
            clock,
            reuse,
            asked,
        }
    }

    /// Alice, whose token ends then.
    fn alice(&self, lives: Option<Duration>) -> AuthInfo {
        let alice = AuthInfo::builder("https://as.example.com").subject("alice");
        match lives {
            Some(time) => alice.expires_at(self.clock.wall() + time).build(),
            None => alice.build(),
        }
    }

    /// A token that says that it ends then.
    fn token(&self, lives: Option<Duration>) -> ExchangedToken {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        let end = lives.map(|time| self.clock.wall() + time);
        ExchangedToken::new(&format!("token-{number}"), end)
    }

    /// How often the provider is asked when this is asked for once more.
    async fn asks(&self, key: Key, caller: &AuthInfo, lives: Option<Duration>) -> usize {
        let before = self.asked.load(Ordering::SeqCst);
        let question = || {
            let token = self.token(lives);
            async { Ok(token) }.boxed()
        };
        self.reuse.token(key, caller, question).await.unwrap();
        self.asked.load(Ordering::SeqCst) - before
    }
}

#[tokio::test]
async fn a_token_is_used_again_as_long_as_everybody_lets_it() {
    for (lives, caller, most) in [
        (HOUR, HOUR, 5 * MINUTE),
        (HOUR, None, 5 * MINUTE),
        (Some(2 * MINUTE), HOUR, 2 * MINUTE - MARGIN),
        (HOUR, Some(MINUTE), MINUTE),
    ] {
        let lab = Lab::new();
        let alice = lab.alice(caller);
        assert_eq!(lab.asks(key("a", "x"), &alice, lives).await, 1);
        lab.clock.advance(most - Duration::from_secs(1));
        assert_eq!(lab.asks(key("a", "x"), &alice, lives).await, 0, "{most:?}");
        lab.clock.advance(Duration::from_secs(1));
        assert_eq!(lab.asks(key("a", "x"), &alice, lives).await, 1, "{most:?}");
    }
    // A machine that slept counts.
    let lab = Lab::new();
    assert_eq!(lab.asks(key("a", "x"), &nobody(), HOUR).await, 1);
    lab.clock.sleep(6 * MINUTE);
    assert_eq!(lab.asks(key("a", "x"), &nobody(), HOUR).await, 1);
}

#[tokio::test]
async fn what_soon_ends_or_does_not_say_when_is_not_used_again() {
    let lab = Lab::new();
    for (lives, caller) in [
        (None, None),
        (Some(MARGIN), None),
        (Some(Duration::from_secs(1)), None),
        (Some(MINUTE), Some(Duration::ZERO)),
    ] {
        let alice = lab.alice(caller);
        for _ in 0..2 {
            let asked = lab.asks(key("a", "x"), &alice, lives).await;
            assert_eq!(asked, 1, "{lives:?}");
        }
    }
}

#[tokio::test]
async fn nothing_of_it_may_differ() {
    let lab = Lab::new();
    let alice = lab.alice(None);
    let mut elsewhere = key("a", "x");
    elsewhere.target = "https://calendar.example.com/".into();
    let others = ["x", "x y", ""].map(|scopes| key("a", scopes));
    for key in others.into_iter().chain([key("b", "x"), elsewhere]) {
        assert_eq!(lab.asks(key.clone(), &alice, HOUR).await, 1);
        assert_eq!(lab.asks(key, &alice, HOUR).await, 0);
    }
}

#[tokio::test]
async fn what_is_forgotten_is_asked_for_again() {
    let lab = Lab::new();
    let alice = lab.alice(None);
    lab.asks(key("a", "x"), &alice, HOUR).await;
    lab.asks(key("b", "x"), &alice, HOUR).await;
    lab.asks(key("c", "x"), &nobody(), HOUR).await;
    lab.reuse.forget(TokenHash::of("a"));
    assert_eq!(lab.asks(key("a", "x"), &alice, HOUR).await, 1);
    assert_eq!(lab.asks(key("b", "x"), &alice, HOUR).await, 0);
    lab.reuse.forget_subject("bob");
    assert_eq!(lab.asks(key("b", "x"), &alice, HOUR).await, 0);
    lab.reuse.forget_subject("alice");
    assert_eq!(lab.asks(key("a", "x"), &alice, HOUR).await, 1);
    assert_eq!(lab.asks(key("b", "x"), &alice, HOUR).await, 1);
    assert_eq!(lab.asks(key("c", "x"), &nobody(), HOUR).await, 0);
}

#[tokio::test]
async fn who_come_together_wait_for_one_answer_and_hanging_up_takes_it_from_nobody() {
    let lab = Lab::new();
    let alice = lab.alice(None);
    let (answer, answered) = oneshot::channel();
    let question = || async { answered.await.unwrap() }.boxed();
    let mut first = Box::pin(lab.reuse.token(key("a", "x"), &alice, question));
    assert!(first.as_mut().now_or_never().is_none());
    let never = || -> BoxFuture<'static, Outcome> { panic!("it is being asked for") };
    let mut second = Box::pin(lab.reuse.token(key("a", "x"), &alice, never));
    assert!(second.as_mut().now_or_never().is_none());
    drop(first);
    drop(answer.send(Ok(lab.token(HOUR))));
    assert_eq!(second.await.unwrap().expose(), "token-0");
    assert_eq!(lab.asks(key("a", "x"), &alice, HOUR).await, 0);
    // With the last who waits, the question ends, and the next one asks anew.
    let silence = || std::future::pending().boxed();
    let waits = lab.reuse.token(key("b", "x"), &alice, silence);
    assert!(waits.now_or_never().is_none());
    assert_eq!(lab.asks(key("b", "x"), &alice, HOUR).await, 1);
    assert!(lab.reuse.state().flights.is_empty());
}

#[tokio::test]
async fn what_was_asked_before_it_was_forgotten_is_not_kept() {
    for by_subject in [false, true] {
        let lab = Lab::new();
        let alice = lab.alice(None);
        let (answer, answered) = oneshot::channel();
        let question = || async { answered.await.unwrap() }.boxed();
        let mut waiting = Box::pin(lab.reuse.token(key("a", "x"), &alice, question));
        assert!(waiting.as_mut().now_or_never().is_none());
        match by_subject {
            true => lab.reuse.forget_subject("alice"),
            false => lab.reuse.forget(TokenHash::of("a")),
        }
        drop(answer.send(Ok(lab.token(HOUR))));
        assert!(waiting.await.is_ok(), "who waits gets it");
        assert_eq!(lab.asks(key("a", "x"), &alice, HOUR).await, 1);
    }
}

#[tokio::test]
async fn what_is_no_token_is_not_kept() {
    let lab = Lab::new();
    let alice = lab.alice(None);
    for error in [
        ExchangeError::Refused {
            code: "invalid_target",
        },
        ExchangeError::Unavailable {
            retry_after: MINUTE,
        },
    ] {
        let told = error.clone();
        let question = || async { Err(told) }.boxed();
        let outcome = lab.reuse.token(key("a", "x"), &alice, question).await;
        assert_eq!(outcome.unwrap_err(), error);
    }
    assert_eq!(lab.asks(key("a", "x"), &alice, HOUR).await, 1);
}

#[tokio::test]
async fn the_memory_is_bounded() {
    let lab = Lab::new();
    for number in 0..3_000 {
        let mut key = key(&number.to_string(), "x");
        key.target = "x".repeat(16 * 1024).into();
        lab.asks(key, &nobody(), HOUR).await;
    }
    let state = lab.reuse.state();
    assert!(state.known.len() < 1_024, "{}", state.known.len());
    assert!(state.known.weight() <= CAPACITY);
}
