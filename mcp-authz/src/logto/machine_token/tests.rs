use std::sync::Mutex as Guard;
use std::sync::atomic::AtomicUsize;

use futures_util::future::{BoxFuture, join_all};
use http::StatusCode;

use super::*;
use crate::clock::TestClock;
use crate::fetch::{Fetch, FetchError};

/// A token endpoint that says what a test tells it to, a little later.
struct Endpoint {
    asked: AtomicUsize,
    answer: Guard<(u16, String)>,
}

impl Fetch for Endpoint {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        let form = String::from_utf8_lossy(request.body()).into_owned();
        assert_eq!(
            form,
            "grant_type=client_credentials&client_id=app&client_secret=s%26cret\
             &resource=https%3A%2F%2Fdefault.logto.app%2Fapi&scope=all"
        );
        let (status, body) = self.answer.lock().unwrap().clone();
        Box::pin(async move {
            for _ in 0..5 {
                tokio::task::yield_now().await;
            }
            let mut answer = Response::new(body.replace('#', &number.to_string()).into());
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            Ok(answer)
        })
    }
}

struct Lab {
    endpoint: Arc<Endpoint>,
    clock: Arc<TestClock>,
    tokens: Tokens,
}

impl Lab {
    fn new(answer: &str) -> Self {
        let endpoint = Arc::new(Endpoint {
            asked: AtomicUsize::new(0),
            answer: Guard::new((200, answer.to_owned())),
        });
        let clock = Arc::new(TestClock::new());
        let world = World {
            clock: clock.clone(),
            fetch: endpoint.clone(),
        };
        let credentials = Credentials {
            endpoint: "https://default.logto.app/oidc/token".into(),
            app_id: "app".into(),
            app_secret: Secret::new("s&cret"),
            resource: "https://default.logto.app/api".into(),
        };
        Self {
            endpoint,
            clock,
            tokens: Tokens::new(credentials, world),
        }
    }

    fn answer(&self, status: u16, body: &str) {
        *self.endpoint.answer.lock().unwrap() = (status, body.to_owned());
    }

    fn asked(&self) -> usize {
        self.endpoint.asked.load(Ordering::SeqCst)
    }

    async fn token(&self) -> String {
        let token = self.tokens.get().await.unwrap();
        token.secret().expose().to_owned()
    }
}

const HOUR: &str = r#"{"access_token":"t#","token_type":"Bearer","expires_in":3600}"#;

#[tokio::test]
async fn fifty_who_come_together_ask_once() {
    let lab = Lab::new(HOUR);
    let all = join_all((0..50).map(|_| lab.token())).await;
    assert!(all.iter().all(|token| token == "t0"));
    assert_eq!(lab.asked(), 1);
}

#[tokio::test]
async fn a_failure_is_everybody_s_and_not_kept() {
    let lab = Lab::new(HOUR);
    lab.answer(401, r#"{"error":"invalid_client"}"#);
    let all = join_all((0..50).map(|_| lab.tokens.get())).await;
    let code = |outcome: &Result<Held, Error>| {
        outcome
            .as_ref()
            .err()
            .and_then(Error::code)
            .map(str::to_owned)
    };
    assert!(
        all.iter()
            .all(|one| code(one).as_deref() == Some("invalid_client"))
    );
    assert_eq!(lab.asked(), 1);
    lab.answer(200, HOUR);
    assert_eq!(lab.token().await, "t1");
}

#[tokio::test]
async fn a_caller_who_hangs_up_takes_nothing_from_the_others() {
    let lab = Lab::new(HOUR);
    let mut first = Box::pin(lab.tokens.get());
    assert!(futures_util::poll!(&mut first).is_pending());
    let mut second = Box::pin(lab.tokens.get());
    assert!(futures_util::poll!(&mut second).is_pending());
    drop(first);
    assert!(second.await.is_ok());
}

#[tokio::test]
async fn a_token_is_replaced_before_it_ends() {
    for (life, good, over) in [("3600", 3539, 2), ("40", 29, 2), ("1e9", 0, 0)] {
        let lab = Lab::new(&HOUR.replace("3600", life));
        if life == "1e9" {
            // Not a number of seconds: whoever cannot say how long is not believed.
            assert!(lab.tokens.get().await.is_err());
            continue;
        }
        assert_eq!(lab.token().await, "t0");
        lab.clock.advance(Duration::from_secs(good));
        assert_eq!(lab.token().await, "t0", "{life}");
        lab.clock.advance(Duration::from_secs(over));
        assert_eq!(lab.token().await, "t1", "{life}");
    }
}

#[tokio::test]
async fn no_token_is_kept_longer_than_a_day_or_without_a_word() {
    for (answer, seconds) in [
        (HOUR.replace("3600", "99999999999"), 24 * 60 * 60),
        (HOUR.replace(r#","expires_in":3600"#, ""), 60),
    ] {
        let lab = Lab::new(&answer);
        lab.token().await;
        lab.clock.advance(Duration::from_secs(seconds));
        assert_eq!(lab.token().await, "t1");
    }
}

#[tokio::test]
async fn a_machine_that_slept_has_no_old_token() {
    let lab = Lab::new(HOUR);
    lab.token().await;
    lab.clock.sleep(Duration::from_secs(3600));
    assert_eq!(lab.token().await, "t1");
}

#[tokio::test]
async fn only_the_token_that_failed_is_forgotten() {
    let lab = Lab::new(HOUR);
    let old = lab.tokens.get().await.unwrap();
    lab.tokens.forget(&old);
    assert_eq!(lab.token().await, "t1");
    lab.tokens.forget(&old);
    assert_eq!(lab.token().await, "t1");
}

#[tokio::test]
async fn what_is_no_token_response_is_not_used() {
    for answer in [
        "",
        "[]",
        "{}",
        r#"{"access_token":"t","expires_in":3600}"#,
        r#"{"access_token":"","token_type":"Bearer","expires_in":3600}"#,
        r#"{"access_token":7,"token_type":"Bearer","expires_in":3600}"#,
        r#"{"access_token":"t","token_type":"DPoP","expires_in":3600}"#,
        r#"{"access_token":"t","token_type":"Bearer","expires_in":"3600"}"#,
        r#"{"access_token":"t","token_type":"Bearer","expires_in":-1}"#,
        r#"{"access_token":"t","access_token":"u","token_type":"Bearer","expires_in":3600}"#,
    ] {
        let lab = Lab::new(answer);
        let outcome = lab.tokens.get().await.map(drop);
        assert!(matches!(outcome, Err(Error::Unusable { .. })), "{answer}");
    }
}
