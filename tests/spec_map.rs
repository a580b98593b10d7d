//! The pages of the checklist and of the journey are true as far as a machine can see: no row is missing,
//! and every test that they name exists.

use std::fs;
use std::path::{Path, PathBuf};

const TOKENS: &str = "docs/spec-map-rows.md";
const GATE: &str = "docs/spec-map-gate.md";
const JOURNEY: &str = "docs/journey.md";

fn read(path: impl AsRef<Path>) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

#[test]
fn no_row_is_missing() {
    let tokens = [lettered("C", 15), lettered("D", 14)].concat();
    let gate = [("E", 13), ("F", 10), ("G", 5), ("H", 11)];
    let gate = gate.map(|(letter, last)| lettered(letter, last)).concat();
    let numbered = |rows: &mut dyn Iterator<Item = u8>| -> Vec<String> {
        rows.map(|row| row.to_string()).collect()
    };
    for (page, rows) in [
        (
            TOKENS,
            [tokens, numbered(&mut (1..=61).chain(79..=87))].concat(),
        ),
        (GATE, [gate, numbered(&mut (88..=141))].concat()),
        (JOURNEY, lettered("J", 24)),
    ] {
        let text = read(page).unwrap();
        let found: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(' ').next())
            .collect();
        for row in rows {
            let times = found.iter().filter(|found| **found == row).count();
            assert_eq!(times, 1, "{page}: row {row}");
        }
    }
}

fn lettered(letter: &str, last: u8) -> Vec<String> {
    (1..=last).map(|row| format!("{letter}{row}")).collect()
}

#[test]
fn every_step_of_the_journey_names_a_test() {
    let page = read(JOURNEY).unwrap();
    let steps = page.lines().filter(|line| line.starts_with("| J"));
    for step in steps {
        let tests = step.trim_end_matches([' ', '|']).rsplit(" | ").next();
        assert!(tests.is_some_and(|tests| tests.contains(".rs::")), "{step}");
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let page = [TOKENS, GATE, JOURNEY]
        .map(|page| read(page).unwrap())
        .concat();
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
    assert!(named > 400, "only {named} were found");
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
