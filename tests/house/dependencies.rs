//! A dependency is a decision: what a `Cargo.toml` names, a page of `docs/decisions` gives the reason for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use json::Value;

use crate::{files, read, root};

/// What the packages of a workspace name as theirs, by the names that registries know; without each other.
fn direct(manifest: &Path) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        "--offline",
    ]);
    let output = cargo.arg("--manifest-path").arg(manifest).output();
    let output = output.expect("cargo runs");
    let said: Value = json::from_slice(&output.stdout).expect("what cargo metadata prints");
    let packages = said["packages"].as_array().expect("packages").iter();
    let named = packages.flat_map(|package| package["dependencies"].as_array().expect("a list"));
    named
        .filter(|dependency| dependency["source"].is_string())
        .map(|dependency| dependency["name"].as_str().expect("a name").to_owned())
        .collect()
}

/// Those of `names` that no page speaks of as a crate.
fn without_a_reason<'a>(names: &'a BTreeSet<String>, pages: &str) -> Vec<&'a str> {
    let is_named = |name: &&str| {
        let forms = [format!("`{name}`"), format!("**{name}**")];
        forms.iter().any(|form| pages.contains(form.as_str()))
    };
    let names = names.iter().map(String::as_str);
    names.filter(|name| !is_named(name)).collect()
}

/// The list of types in the interface says what for, and not why.
const NO_REASONS: &str = "foreign-types.md";

#[test]
fn every_dependency_has_its_reason() {
    let of_reasons = |page: &&PathBuf| {
        page.starts_with(root().join("docs/decisions")) && !page.ends_with(NO_REASONS)
    };
    let pages: String = files(&[".md"])
        .iter()
        .filter(of_reasons)
        .map(|page| read(page))
        .collect();
    let mut names = BTreeSet::new();
    for manifest in ["Cargo.toml", "tests/backends/Cargo.toml"] {
        names.extend(direct(&root().join(manifest)));
    }
    assert!(names.len() > 35, "only {names:?}");
    assert!(!names.contains("mcp-authz"), "that is ourselves");
    let missing = without_a_reason(&names, &pages);
    assert!(
        missing.is_empty(),
        "docs/decisions says nothing of {missing:?}"
    );
}

#[test]
fn a_crate_that_is_not_named_as_one_is_missed() {
    let names = ["syn", "url", "maud", "http"].map(str::to_owned);
    let names = BTreeSet::from(names);
    let pages = "| `syn` 3 | … |\n**maud** for the pages, `http*` and https://a/url\n";
    assert_eq!(without_a_reason(&names, pages), ["http", "url"]);
}
