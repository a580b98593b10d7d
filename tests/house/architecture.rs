//! docs/architecture.md is read before the code: what it names is there, and of what stands at the top of the crate
//! nothing is left out.

use std::fs;

use crate::{prose, read, root};

/// Where a page that speaks of the sources means its files to be.
const PLACES: [&str; 5] = [
    "",
    "mcp-authz/src",
    "mcp-authz/src/logto/registration",
    "mcp-authz/src/testing",
    "mcp-authz-macros/src",
];

/// What CONTRIBUTING adds, to show how.
const PRETENDED: &str = "layer/pace.rs";

/// The files and folders that a page names, as it names them.
fn named(page: &str) -> Vec<&str> {
    let quoted = prose(page).flat_map(|line| line.split('`').skip(1).step_by(2));
    let is_path = |name: &&str| {
        let is_plain = name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
        is_plain && (name.ends_with(".rs") || (name.ends_with('/') && *name != "/"))
    };
    quoted.filter(is_path).collect()
}

fn is_there(name: &str) -> bool {
    PLACES
        .iter()
        .any(|place| root().join(place).join(name).exists())
}

#[test]
fn every_file_that_the_architecture_names_is_there() {
    for (page, least) in [
        ("docs/architecture.md", 100),
        (".github/CONTRIBUTING.md", 15),
    ] {
        let text = read(&root().join(page));
        let named = named(&text);
        assert!(
            named.len() >= least,
            "{page}: only {} are named",
            named.len()
        );
        let missing = named
            .iter()
            .filter(|name| **name != PRETENDED && !is_there(name));
        let missing: Vec<_> = missing.collect();
        assert!(
            missing.is_empty(),
            "{page} names what is not there: {missing:?}"
        );
    }
    assert!(!is_there("nowhere.rs"));
}

#[test]
fn the_architecture_leaves_out_no_stage_of_the_crate() {
    let page = read(&root().join("docs/architecture.md"));
    let sources = fs::read_dir(root().join("mcp-authz/src")).expect("a folder");
    let names = sources.map(|entry| entry.expect("an entry").file_name().into_string());
    let names = names.map(|name| name.expect("text"));
    let stages = names.filter_map(|name| Some(name.strip_suffix(".rs")?.to_owned()));
    let is_named = |name: &String| {
        let forms = [
            format!("`{name}.rs`"),
            format!(" {name}.rs "),
            format!("`{name}/`"),
        ];
        forms.iter().any(|form| page.contains(form))
    };
    let left_out: Vec<_> = stages.filter(|name| !is_named(name)).collect();
    assert!(left_out.is_empty(), "not a word on {left_out:?}");
}
