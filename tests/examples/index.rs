//! The index, and the size that an example may have.

use std::fs;
use std::path::Path;

/// What is longer is no example any more.
const LINES: std::ops::RangeInclusive<usize> = 40..=150;

#[test]
fn every_example_is_in_the_index_and_short() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let index = fs::read_to_string(folder.join("README.md")).expect("an index");
    let mut found = 0;
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a file").path();
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        assert!(index.contains(&format!("[{name}]({name}.rs)")), "{name}");
        let text = fs::read_to_string(&path).expect("text");
        assert!(LINES.contains(&text.lines().count()), "{name}: how long?");
        assert!(
            text.contains(&format!("--example {name}")),
            "{name} does not say how it is run"
        );
        found += 1;
    }
    assert!(found >= 10, "{found} examples");
}
