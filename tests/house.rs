//! What a reader trips over: links that lead nowhere, and examples that no compiler has seen.

#[path = "house/architecture.rs"]
mod architecture;
#[path = "house/dependencies.rs"]
mod dependencies;
#[path = "house/features.rs"]
mod features;
#[path = "house/readme.rs"]
mod readme;
#[path = "house/shown.rs"]
mod shown;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of the project with these endings, in no other's folders.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root().to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let foreign = ["target", "node_modules", ".git", ".venv"].contains(&&*name);
            if foreign || path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines of a page without its blocks of code.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    page.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence
    })
}

/// Where the links of a line lead, without what is in code.
fn links(line: &str) -> Vec<String> {
    let text: Vec<_> = line.split('`').step_by(2).collect();
    let text = text.join("`");
    let starts = text.match_indices("](").map(|(at, _)| &text[at + 2..]);
    let targets = starts.filter_map(|rest| rest.split([')', ' ']).next());
    targets.map(str::to_owned).collect()
}

/// The places on a page that a link can name, as GitHub makes them of its headings.
fn anchors(page: &str) -> HashSet<String> {
    let headings = prose(page).filter(|line| line.starts_with('#'));
    let headings = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let anchor = |heading: String| -> String {
        let words: String = heading.chars().filter(kept).collect();
        words.replace(' ', "-")
    };
    headings.map(anchor).collect()
}

/// What is wrong with a link on `page`, if anything is.
fn broken(page: &Path, link: &str) -> Option<String> {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => page.to_owned(),
        file => page.parent()?.join(file),
    };
    let shown = page
        .strip_prefix(root())
        .unwrap_or(page)
        .display()
        .to_string();
    if !target.exists() {
        return Some(format!("{shown}: {link} leads nowhere"));
    }
    let is_there = anchor.is_empty() || anchors(&read(&target)).contains(anchor);
    (!is_there).then(|| format!("{shown}: {link}: no such heading"))
}

#[test]
fn every_link_within_the_project_leads_somewhere() {
    let (mut seen, mut wrong) = (0, Vec::new());
    // What rustdoc shows has links of its own, which rustdoc checks.
    let pages = files(&[".md"])
        .into_iter()
        .filter(|page| !page.starts_with(root().join("mcp-authz/src")));
    for page in pages {
        let text = read(&page);
        let outside = |link: &String| link.contains("://") || link.starts_with("mailto:");
        for link in prose(&text).flat_map(links).filter(|link| !outside(link)) {
            seen += 1;
            wrong.extend(broken(&page, &link));
        }
    }
    assert!(seen > 30, "only {seen} links were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_search_for_links_finds_what_is_wrong() {
    let page = root().join("docs/architecture.md");
    assert!(broken(&page, "../README.md").is_none());
    assert!(broken(&page, "../README.md#try-it").is_none());
    assert!(broken(&page, "#tests").is_none());
    for wrong in [
        "README.md",
        "../README.md#try",
        "#no-such-heading",
        "nowhere.md#tests",
    ] {
        assert!(broken(&page, wrong).is_some(), "{wrong}");
    }
    assert_eq!(links("a [b](c) `[d](e)` [f](g#h \"i\")"), ["c", "g#h"]);
    let page = "# A `b` c: d\n```sh\n# no heading\n[x](y)\n```\n[z](w)\n";
    assert_eq!(anchors(page), HashSet::from(["a-b-c-d".to_owned()]));
    assert_eq!(prose(page).flat_map(links).collect::<Vec<_>>(), ["w"]);
}

#[test]
fn the_compiler_sees_every_block_of_code() {
    let mut blocks = 0;
    for file in files(&[".rs", ".md"]) {
        for line in read(&file).lines() {
            let text = line
                .trim_start()
                .trim_start_matches(['/', '!'])
                .trim_start();
            let Some(info) = text.strip_prefix("```") else {
                continue;
            };
            blocks += 1;
            let skips = info
                .split([',', ' '])
                .any(|word| word.starts_with("ignore"));
            assert!(!skips, "{}: {line}", file.display());
        }
    }
    assert!(blocks > 200, "only {blocks} were found");
}

/// A block of code on a page of Markdown, by the line that opens it.
fn block<'a>(page: &'a str, fence: &str) -> &'a str {
    let (_, rest) = page.split_once(fence).expect("such a block");
    let (block, _) = rest.split_once("```\n").expect("its end");
    block
}

/// Without comments, and however the lines are broken.
fn tokens<'a>(code: impl Iterator<Item = &'a str>) -> String {
    let code = code.map(|line| match line.find("// ") {
        Some(comment) if !line.contains("///") => &line[..comment],
        _ => line,
    });
    code.flat_map(str::split_whitespace).collect()
}

/// What a visitor copies from the front page is on the README too, and is what its test there has run.
#[test]
fn the_first_program_is_the_same_wherever_it_stands() {
    let library = read(&root().join("mcp-authz/src/lib.rs"));
    let front_page: String = library
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect();
    let program = block(&front_page, "```no_run\n");
    assert!(program.lines().count() <= 25, "a program, not a book");
    let readme = read(&root().join("README.md"));
    assert_eq!(block(&readme, "```rust,no_run\n"), program);

    let (served, _) = program.split_once("#[tokio::main]").expect("a `main`");
    let test = read(&root().join("mcp-authz/src/docs/its_test.md"));
    let hidden = block(&test, "```standalone_crate\n");
    let hidden = hidden.lines().map_while(|line| line.strip_prefix("# "));
    let tested = hidden.take_while(|line| *line != "#[tokio::main]");
    assert_eq!(tokens(tested), tokens(served.lines()));
    assert_eq!(tokens(["a(); // b", "/// c", "x"].into_iter()), "a();///cx");
}
