//! Whoever lands on the page of a type, trait, macro or free function sees there how it is used. (That each says
//! what it is, and a function when it fails, the compiler and clippy ask for.)

use std::path::PathBuf;

use crate::features::{defined, items, module, source, used};
use crate::read;

/// The modules that a user sees: what they define or re-export is the interface.
const MODULES: [&str; 5] = [
    "lib.rs",
    "danger.rs",
    "dev/mod.rs",
    "logto/mod.rs",
    "testing/mod.rs",
];

/// What is defined in a file by itself, and in no `impl` or module of it.
fn at_the_top(source: &str) -> String {
    let begins = |line: &str| {
        ["///", "#[", "pub "]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let lines = source
        .lines()
        .filter(|line| !(line.starts_with(' ') && begins(line.trim_start())));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Whether an item of this name is defined in `files`, and shows how it is used.
fn is_shown(files: &[PathBuf], name: &str) -> bool {
    let all = files
        .iter()
        .flat_map(|file| items(&at_the_top(&read(file))));
    let mut of_the_name = all.filter(|item| defined(&item.line) == Some(name));
    of_the_name.any(|item| item.docs.contains("```"))
}

/// What a module defines or re-exports, with the files that can define it; without what others wrote.
fn interface(file: &str) -> Vec<(String, Vec<PathBuf>)> {
    let file = source().join(file);
    let folder = file.parent().expect("a folder").to_owned();
    let mut found = Vec::new();
    for item in items(&at_the_top(&read(&file))) {
        if item.is_hidden() {
            continue;
        }
        if let Some(name) = defined(&item.line) {
            found.push((name.to_owned(), vec![file.clone()]));
        } else if let Some((path, names)) = used(&item.line) {
            // Macros are exported at the root, and defined in the module.
            let there = match path {
                "" => Vec::new(),
                "crate" => module(&folder, ""),
                path => module(&folder, path),
            };
            let is_ours = |_: &&str| !there.is_empty();
            found.extend(
                names
                    .into_iter()
                    .filter(is_ours)
                    .map(|name| (name.to_owned(), there.clone())),
            );
        }
    }
    found
}

#[test]
fn what_a_user_names_is_shown_in_use() {
    let all: Vec<_> = MODULES.into_iter().flat_map(interface).collect();
    assert!(all.len() > 110, "only {} were found", all.len());
    let bare: Vec<_> = all
        .iter()
        .filter(|(name, files)| !is_shown(files, name))
        .map(|(name, _)| name)
        .collect();
    assert!(bare.is_empty(), "without an example: {bare:?}");
}

#[test]
fn the_search_for_examples_looks_at_the_item_itself() {
    let source = "/// A.\n///\n/// ```\n/// a();\n/// ```\npub fn a() {}\n\n/// B.\npub struct B;\n\nimpl B {\n    \
                  /// ```\n    /// ```\n    pub fn c() {}\n}\n\n/// ```\n/// ```\n#[derive(Clone)]\npub enum D {}\n";
    let found = items(&at_the_top(source));
    let shown: Vec<_> = found
        .iter()
        .map(|item| {
            (
                defined(&item.line).unwrap_or_default(),
                item.docs.contains("```"),
            )
        })
        .collect();
    assert_eq!(shown, [("a", true), ("B", false), ("D", true)]);
}
