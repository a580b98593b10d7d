//! `docs/spec-map-rows.md` is true as far as a machine can see: no row is missing, and every test that
//! it names exists.

use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = "docs/spec-map-rows.md";

fn read(path: impl AsRef<Path>) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

#[test]
fn no_row_is_missing() {
    let page = read(PAGE).unwrap();
    let rows: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next())
        .collect();
    let lettered = (1..=15)
        .map(|row| format!("C{row}"))
        .chain((1..=14).map(|row| format!("D{row}")));
    let numbered = (1..=61).chain(79..=87).map(|row: u8| row.to_string());
    for row in lettered.chain(numbered) {
        let found = rows.iter().filter(|found| **found == row).count();
        assert_eq!(found, 1, "row {row}");
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let page = read(PAGE).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let mut named = 0;
    for text in rows.flat_map(|row| row.split('`').skip(1).step_by(2)) {
        let (file, names) = text.split_once("::").unwrap_or((text, ""));
        if !file.ends_with(".rs") || file.contains(' ') {
            continue;
        }
        let source = source(file).unwrap_or_else(|| panic!("no file {file}"));
        for name in names.trim_matches(['{', '}']).split(", ") {
            if !name.is_empty() {
                named += 1;
                let function = format!("fn {name}(");
                let (before, _) = source
                    .split_once(&function)
                    .unwrap_or_else(|| panic!("no {name} in {file}"));
                let attributes = before.rsplit("\n\n").next().unwrap_or_default();
                assert!(attributes.contains("test"), "{name} in {file} is no test");
            }
        }
    }
    assert!(named > 150, "only {named} were found");
}

/// As the page writes it: under `tests/` or `mcp-authz/src/`.
fn source(file: &str) -> Option<String> {
    let places = ["", "tests", "mcp-authz/src"];
    let mut texts = places
        .map(|place| read(PathBuf::from(place).join(file)))
        .into_iter()
        .flatten();
    texts.next()
}
