//! The pages of the checklist, of the journey and of what is settled are true as far as a machine can see: no row is
//! missing, and every test that they name exists.

#[path = "spec_map/tests_of.rs"]
mod tests_of;

use std::fs;
use std::path::{Path, PathBuf};

use tests_of::{has_test, tests_of};

const TOKENS: &str = "docs/spec-map-rows.md";
const GATE: &str = "docs/spec-map-gate.md";
const JOURNEY: &str = "docs/journey.md";
const SETTLED: &str = "docs/decisions/settled.md";
const BY_MODULE: [&str; 4] = [
    "docs/spec-map.md",
    "docs/spec-map-token.md",
    "docs/spec-map-dpop.md",
    "docs/spec-map-registration.md",
];

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
        (BY_MODULE[1], numbered(&mut (62..=78))),
        (JOURNEY, lettered("J", 24)),
    ] {
        let text = read(page).unwrap();
        let found: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(' ').next())
            .collect();
        for row in rows {
            let times = found.iter().filter(|found| **found == row).count();
            // A row of the oldest pages may take several lines.
            let most = if BY_MODULE.contains(&page) { 9 } else { 1 };
            assert!((1..=most).contains(&times), "{page}: row {row}");
        }
    }
}

fn lettered(letter: &str, last: u8) -> Vec<String> {
    (1..=last).map(|row| format!("{letter}{row}")).collect()
}

#[test]
fn every_step_of_the_journey_and_every_settled_question_names_a_test() {
    let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| question");
    for (page, least) in [(JOURNEY, 24), (SETTLED, 20)] {
        let text = read(page).unwrap();
        let all = text.lines().filter(is_row);
        let rows: Vec<&str> = match page {
            JOURNEY => all.filter(|line| line.starts_with("| J")).collect(),
            _ => all.collect(),
        };
        assert!(rows.len() >= least, "{page}: {}", rows.len());
        for row in rows {
            let tests = row.trim_end_matches([' ', '|']).rsplit(" | ").next();
            assert!(tests.is_some_and(|tests| tests.contains(".rs::")), "{row}");
        }
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let page = [TOKENS, GATE, JOURNEY, SETTLED]
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
        let tests = tests_of(&source);
        for name in names.trim_matches(['{', '}']).split(", ") {
            if !name.is_empty() {
                named += 1;
                assert!(has_test(&tests, name), "no test {name} in {file}");
            }
        }
    }
    assert!(named > 400, "only {named} were found");
}

/// The older pages name a test by its module. Whatever their last column names is somewhere.
#[test]
fn every_test_that_is_named_by_its_module_exists() {
    let sources = sources();
    let has_file = |name: &str| {
        let ends = format!("/{}", name.trim_start_matches("../"));
        sources.iter().any(|(path, _)| path.ends_with(&ends))
    };
    let is_there = |module: &str, name: &str| {
        let (file, folder) = (format!("/{module}.rs"), format!("/{module}/"));
        let inside = |path: &str| path.ends_with(&file) || path.contains(&folder);
        // The module of a file's own tests.
        name == "tests"
            || sources
                .iter()
                .any(|(path, text)| inside(path) && has_test(&tests_of(text), name))
    };
    let mut named = 0;
    for page in BY_MODULE {
        let text = read(page).unwrap();
        let tests = text.lines().filter_map(|row| {
            let row = row.strip_prefix("| ")?.trim_end_matches([' ', '|']);
            row.rsplit(" | ").next()
        });
        for test in tests.flat_map(|tests| tests.split('`').skip(1).step_by(2)) {
            let Some((module, names)) = test.rsplit_once("::") else {
                let is_file = has_file(test) || !test.ends_with(".rs");
                assert!(is_file, "{page}: no {test}");
                continue;
            };
            named += 1;
            let module = module.rsplit("::").next().unwrap().trim_end_matches(".rs");
            let module = module.rsplit('/').next().unwrap();
            for name in names.trim_matches(['{', '}']).split(", ") {
                assert!(is_there(module, name), "{page}: no {name} in {module}");
            }
        }
    }
    assert!(named > 100, "only {named} were found");
}

/// Everything that can hold a test.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("tests"), root.join("mcp-authz/src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                sources.push((path.to_string_lossy().into_owned(), text));
            }
        }
    }
    sources
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
