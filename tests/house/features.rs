//! rustdoc shows which feature an item needs on docs.rs alone, so what a feature brings says it in words:
//! on the page that a reader lands on.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::{files, read, root};

/// Something public, with what stands above it.
pub(crate) struct Item {
    pub(crate) docs: String,
    attributes: String,
    pub(crate) line: String,
}

impl Item {
    /// The feature that it is behind, by itself.
    fn feature(&self) -> Option<&str> {
        let (_, rest) = self.attributes.split_once("#[cfg(feature = \"")?;
        rest.split('"').next()
    }

    fn says(&self, feature: &str) -> bool {
        self.docs.contains(&words(feature))
    }

    pub(crate) fn is_hidden(&self) -> bool {
        self.attributes.contains("doc(hidden)")
    }
}

fn words(feature: &str) -> String {
    format!("Needs the feature `{feature}`")
}

/// What is public in a file: functions, types, macros, modules and what is re-exported.
pub(crate) fn items(source: &str) -> Vec<Item> {
    let (mut items, mut docs, mut attributes) = (Vec::new(), String::new(), String::new());
    let mut lines = source.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if let Some(doc) = line.strip_prefix("///") {
            docs += doc;
        } else if line.starts_with("#[") {
            attributes += line;
            // One of several lines ends in a line of its own.
            if !line.ends_with(']') {
                lines.by_ref().take_while(|line| *line != ")]").count();
            }
        } else {
            let mut line = line.to_owned();
            // A list of names may take several lines.
            while line.starts_with("pub use ") && !line.ends_with(';') {
                line += lines.next().unwrap_or(";");
            }
            let (docs, attributes) = (std::mem::take(&mut docs), std::mem::take(&mut attributes));
            if line.starts_with("pub ") || line.starts_with("macro_rules! ") {
                items.push(Item {
                    docs,
                    attributes,
                    line,
                });
            }
        }
    }
    items
}

/// The name that a line defines, if it defines a type, function or macro.
pub(crate) fn defined(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let kinds = [
        "struct ",
        "enum ",
        "trait ",
        "type ",
        "fn ",
        "async fn ",
        "const fn ",
        "macro_rules! ",
    ];
    let rest = kinds.iter().find_map(|kind| line.strip_prefix(kind))?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
}

/// `a::b::{C, D}` as the path and its names.
pub(crate) fn used(line: &str) -> Option<(&str, Vec<&str>)> {
    let line = line.strip_prefix("pub use ")?.strip_suffix(';')?;
    let (path, names) = match line.split_once('{') {
        Some((path, names)) => (path, names.trim_end_matches('}')),
        None => line.split_at(line.rfind("::")? + 2),
    };
    let names = names
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    Some((path.trim_end_matches("::"), names.collect()))
}

/// The files of the module `path`, seen from the module in `folder`.
pub(crate) fn module(folder: &Path, path: &str) -> Vec<PathBuf> {
    let (start, path) = match path.strip_prefix("crate") {
        Some(rest) => (source(), rest.trim_start_matches("::")),
        None => (folder.to_owned(), path),
    };
    let place = path.split("::").fold(start, |place, part| place.join(part));
    let file = place.with_extension("rs");
    let all = files(&[".rs"]).into_iter();
    all.filter(|one| one.starts_with(&place) || *one == file)
        .collect()
}

pub(crate) fn source() -> PathBuf {
    root().join("mcp-authz/src")
}

/// What is wrong with the item `name`, which is defined in one of `files`.
fn silent(files: &[PathBuf], name: &str, feature: &str) -> Option<String> {
    let items = files.iter().flat_map(|file| items(&read(file)));
    let found: Vec<Item> = items
        .filter(|item| defined(&item.line) == Some(name))
        .collect();
    let says = !found.is_empty() && found.iter().any(|item| item.says(feature));
    (!says).then(|| format!("{name} does not say: {}", words(feature)))
}

/// What is silent of the module in `folder`, which is behind `feature` as a whole.
fn silent_in(folder: &Path, feature: &str) -> Vec<String> {
    let (mut wrong, own) = (Vec::new(), folder.join("mod.rs"));
    let text = read(&own);
    if !text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .any(|line| line.contains(&words(feature)))
    {
        wrong.push(format!("{}: {}", own.display(), words(feature)));
    }
    for item in items(&text).iter().filter(|item| !item.is_hidden()) {
        match used(&item.line) {
            // Macros are exported at the root, and defined in the module.
            Some(("crate", names)) => {
                let here = module(folder, "");
                wrong.extend(names.iter().filter_map(|name| silent(&here, name, feature)));
            }
            Some((path, names)) => {
                let there = module(folder, path);
                wrong.extend(
                    names
                        .iter()
                        .filter_map(|name| silent(&there, name, feature)),
                );
            }
            None => wrong.extend(
                defined(&item.line)
                    .filter(|name| name.starts_with(char::is_uppercase) && !item.says(feature))
                    .map(|name| format!("{name} does not say: {}", words(feature))),
            ),
        }
    }
    wrong
}

/// What modules behind `feature` add to types that are there without it, and do not say.
fn silent_additions(folder: &Path, feature: &str) -> Vec<String> {
    let texts: Vec<String> = module(folder, "").iter().map(|file| read(file)).collect();
    let of_their_own: HashSet<&str> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| {
            defined(
                line.trim_start_matches("pub(crate) ")
                    .trim_start_matches("pub(super) "),
            )
        })
        .collect();
    let mut wrong = Vec::new();
    for text in &texts {
        for block in text.split("\nimpl ").skip(1) {
            let (head, rest) = block.split_once('\n').unwrap_or((block, ""));
            let name = head
                .split(|c: char| !c.is_alphanumeric())
                .next()
                .unwrap_or_default();
            if head.contains(" for ") || of_their_own.contains(name) {
                continue;
            }
            let body = rest.split("\n}").next().unwrap_or_default();
            let silent = items(body).into_iter().filter(|item| !item.says(feature));
            wrong.extend(
                silent.map(|item| format!("{name}: {} is silent: {}", item.line, words(feature))),
            );
        }
    }
    wrong
}

#[test]
fn what_a_feature_brings_says_so() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for file in module(&source(), "") {
        let folder = file.parent().expect("a folder").to_owned();
        for item in items(&read(&file)) {
            let Some(feature) = item.feature() else {
                continue;
            };
            seen += 1;
            if let Some(name) = item.line.strip_prefix("pub mod ") {
                let folder = folder.join(name.trim_end_matches(';'));
                wrong.extend(silent_in(&folder, feature));
                wrong.extend(silent_additions(&folder, feature));
            } else if let Some((path, names)) = used(&item.line) {
                let there = module(&folder, path);
                wrong.extend(
                    names
                        .iter()
                        .filter_map(|name| silent(&there, name, feature)),
                );
            } else if !item.says(feature) {
                wrong.push(format!("{} does not say: {}", item.line, words(feature)));
            }
        }
    }
    assert!(seen >= 9, "only {seen} were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_search_for_features_finds_what_is_behind_one() {
    let source = "/// Needs the feature `a`.\n#[cfg(feature = \"a\")]\n#[must_use]\npub fn f() {}\n\
                  /// B.\n#[cfg(feature = \"b\")]\npub struct B;\n#[cfg(test)]\npub fn g() {}\n\
                  #[cfg(feature = \"c\")]\npub use d::{\n    E, F,\n};\n#[cfg(feature = \"c\")]\npub(crate) fn h() {}\n";
    let found = items(source);
    let behind: Vec<_> = found
        .iter()
        .map(|item| (item.feature(), defined(&item.line)))
        .collect();
    let names = [
        (Some("a"), Some("f")),
        (Some("b"), Some("B")),
        (None, Some("g")),
        (Some("c"), None),
    ];
    assert_eq!(behind, names);
    assert!(found[0].says("a") && !found[0].says("b") && !found[1].says("b"));
    assert_eq!(used(&found[3].line), Some(("d", vec!["E", "F"])));
    assert_eq!(used("pub use a::b::C;"), Some(("a::b", vec!["C"])));
}
