//! An answer that is sent in pieces waits for nobody to acknowledge one of them (`TCP_NODELAY`).

use std::time::{Duration, Instant};

use crate::lab_with;

/// What a client's system keeps an acknowledgement back for is 40 ms, from the second answer on.
const KEPT_BACK: Duration = Duration::from_millis(30);

#[tokio::test]
async fn pieces_of_an_answer_are_sent_at_once() {
    let lab = lab_with(|server| server.json_replies(false)).await;
    let token = lab.token("");
    let mut took = Vec::new();
    for _ in 0..30 {
        let begun = Instant::now();
        let reply = lab.call(Some(&token), "hello").await;
        took.push(begun.elapsed());
        assert_eq!(reply.header("content-type"), "text/event-stream");
    }
    took.sort();
    // Few have to be, since the machine may be busy; without the option none but the first is.
    assert!(took[4] < KEPT_BACK, "{took:?}");
}
