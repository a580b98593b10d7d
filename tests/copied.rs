//! The tests in those examples that other tests run as programs: cargo makes of an example the one or the
//! other.

#[allow(dead_code, missing_docs, reason = "its `main` is for people")]
#[path = "../examples/whoami.rs"]
mod whoami;

#[allow(dead_code, missing_docs, reason = "its `main` is for people")]
#[path = "../examples/existing_server.rs"]
mod existing_server;

#[allow(dead_code, missing_docs, reason = "its `main` is for people")]
#[path = "../examples/stdio.rs"]
mod stdio;
