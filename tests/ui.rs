//! The compile errors of the attribute, one file for each, named after the mistake.
//!
//! `TRYBUILD=overwrite cargo test --test ui` rewrites what is expected; read the difference.

use std::env;
use std::process::Command;

/// Whose words `tests/ui/fail/*.stderr` are: other compilers say the same in others.
const PINNED: &str = "rustc 1.95.";

#[test]
fn what_compiles() {
    trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
}

#[test]
fn what_does_not_compile() {
    let version = rustc_version();
    if version.starts_with(PINNED) {
        trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
    } else {
        println!("skipped: the messages are pinned to {PINNED}*, this is {version}");
    }
}

fn rustc_version() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    output.map_or_else(
        |error| format!("no rustc: {error}"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
