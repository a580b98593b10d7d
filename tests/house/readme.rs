//! The README is read in a checkout, on a package registry and in a package: a link within the repository is dead
//! in two of these, so it names places in words, and these places have to be there.

use crate::{links, prose, read, root};

/// What stands in backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Where in the repository something is that the README names: a file or folder, or a page of rustdoc.
fn place(name: &str) -> Option<String> {
    if let Some(chapter) = name.strip_prefix("mcp_authz::guide::") {
        return Some(format!("mcp-authz/src/guide/{chapter}.md"));
    }
    let folders = [".github/", "docs/", "examples/", "mcp-authz/", "tests/"];
    let is_path = folders.iter().any(|folder| name.starts_with(folder));
    (is_path || name.starts_with("LICENSE")).then(|| name.to_owned())
}

#[test]
fn the_readme_names_places_in_the_repository_in_words_and_they_are_there() {
    let page = read(&root().join("README.md"));
    let within = prose(&page)
        .flat_map(links)
        .filter(|link| !link.contains("://"));
    let within: Vec<_> = within.collect();
    assert!(within.is_empty(), "{within:?}");
    let named: Vec<_> = prose(&page).flat_map(quoted).filter_map(place).collect();
    for place in &named {
        assert!(root().join(place).exists(), "{place} is not there");
    }
    assert!(named.len() >= 10, "only {named:?}");
}
