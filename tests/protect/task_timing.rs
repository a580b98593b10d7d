//! How long the answer to a task id takes: a measurement, not a check, for a machine has its moods.
//!
//! ```sh
//! cargo test --all-features --test protect task_timing -- --ignored --nocapture
//! ```

use std::time::{Duration, Instant};

use json::json;

use crate::office::ALL;
use crate::{ask, lab};

/// Questions of each kind, by turns.
const ROUNDS: usize = 5_000;

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Bob asks for Alice's task, and for two that there are not: as far as these two lie apart, it is noise.
#[tokio::test]
#[ignore = "it prints times, and takes a while"]
async fn of_a_foreign_task_and_of_one_that_there_is_not() {
    let lab = lab().await;
    let alice = lab.token("tasks");
    let made = ask(&lab, Some(&alice), "tools/call", json!({ "name": "long" })).await;
    let id = made.message()["result"]["taskId"].clone();
    let foreign = id.as_str().expect("a task");
    let bob = lab.token_of("bob", "smartmail", ALL);
    let ids = [foreign, "task-8", "task-9"];
    let mut times = ids.map(|_| Vec::with_capacity(ROUNDS));
    for round in 0..ROUNDS {
        // Nobody is always the first.
        for turn in 0..ids.len() {
            let which = (round + turn) % ids.len();
            let params = json!({ "taskId": ids[which] });
            let begun = Instant::now();
            let reply = ask(&lab, Some(&bob), "tasks/get", params).await;
            times[which].push(begun.elapsed());
            assert_eq!(reply.error_code(), -32602, "{reply:?}");
        }
    }
    let [foreign, unknown, other] = times.each_mut().map(|times| median(times));
    println!("foreign {foreign:?}, unknown {unknown:?}, another unknown {other:?}");
}
