//! What the gate costs: the same tool on bare rmcp and behind the gate, in one process, by turns.
//!
//! ```sh
//! cargo bench -p mcp-authz --features dev-server --bench gate
//! ```
//!
//! prints the tables of `docs/benchmarks.md`. Absolute numbers are the machine's; the ratios are
//! ours. After `--`: `--rounds 5` for a shorter run, `--memory` for that alone, `--calls` for a profiler
//! (see `profiled.rs`).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a harness: it stops where it is wrong, and it prints"
)]

mod calls;
mod inprocess;
mod keys;
mod load;
mod machine;
mod memory;
mod office;
mod profiled;
mod rounds;
mod scenarios;
mod servers;
mod tool;
mod verify;

use tokio::runtime::{Builder, Runtime};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let value_of = |name| words.iter().position(|word| *word == name);
    let runtime = single();
    if let Some(at) = value_of("--calls") {
        let count = words[at + 2].parse().expect("--calls SIDE COUNT");
        return runtime.block_on(profiled::run(words[at + 1], count, &words[at + 3..]));
    }
    let rounds = value_of("--rounds").map_or(15, |at| words[at + 1].parse().expect("a number"));
    println!("{}\n", machine::describe());
    if words.contains(&"--memory") {
        return println!("{}", runtime.block_on(memory::measure()));
    }
    // First, while the heap is small and the resident size tells something.
    let memory = runtime.block_on(memory::measure());
    let inprocess = runtime.block_on(inprocess::measure(rounds));
    let verification = runtime.block_on(verify::measure());
    let load = runtime.block_on(scenarios::measure(rounds));
    println!("{load}\n{inprocess}\n{verification}\n{memory}");
}

/// The client's runtime: one thread, so that the servers have theirs to themselves.
fn single() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
