//! A text that is kept beside the code, so that a change of it is seen in a review.

use std::path::Path;
use std::{fs, io};

/// Set to `write`, it has snapshots written instead of compared.
const VARIABLE: &str = "MCP_AUTHZ_SNAPSHOTS";

/// The body of [`assert_snapshot!`](crate::assert_snapshot).
#[doc(hidden)]
#[track_caller]
pub fn check_snapshot(root: &str, path: &str, text: &str) {
    let writes = std::env::var(VARIABLE).is_ok_and(|value| value == "write");
    let file = Path::new(root).join(path);
    let text = format!("{}\n", text.trim_end());
    if writes {
        write(&file, &text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        return;
    }
    // Git may have written other line ends.
    let kept = fs::read_to_string(&file).map(|kept| kept.replace("\r\n", "\n"));
    let how = format!("If this is what you want: {VARIABLE}=write cargo test, and commit {path}.");
    match kept {
        Ok(kept) if kept == text => {}
        Ok(kept) => panic!("{path} has changed:\n{}\n{how}", difference(&kept, &text)),
        Err(error) => panic!("{path}: {error}\n{how}"),
    }
}

/// A program whose tests stand in `main.rs` need not have the folder yet.
fn write(file: &Path, text: &str) -> io::Result<()> {
    file.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(file, text)
}

/// How many lines that are the same stand before those that are not: to see what these belong to.
const CONTEXT: usize = 3;

/// The lines that one has and the other has not.
fn difference(kept: &str, text: &str) -> String {
    let (kept, text): (Vec<_>, Vec<_>) = (kept.lines().collect(), text.lines().collect());
    let common = common(&kept, &text);
    let ahead = |kept: &[&str], text: &[&str]| common.get(kept.len())?.get(text.len()).copied();
    let (mut kept, mut text) = (kept.as_slice(), text.as_slice());
    let (mut told, mut same) = (String::new(), Vec::new());
    loop {
        let (sign, line) = match (kept, text) {
            ([gone, on @ ..], [new, further @ ..]) if gone == new => {
                (kept, text) = (on, further);
                same.push(*gone);
                continue;
            }
            ([gone, on @ ..], [_, further @ ..]) if ahead(on, text) >= ahead(kept, further) => {
                kept = on;
                ('-', gone)
            }
            (_, [new, further @ ..]) => {
                text = further;
                ('+', new)
            }
            ([gone, on @ ..], []) => {
                kept = on;
                ('-', gone)
            }
            ([], []) => return told,
        };
        told.extend(context(&same));
        same.clear();
        told += &format!("{sign} {line}\n");
    }
}

/// The last of the lines that are the same.
fn context<'a>(same: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    let left_out = same.len().saturating_sub(CONTEXT);
    let dots = (left_out > 0).then(|| "  …\n".to_owned());
    let shown = same.iter().skip(left_out);
    dots.into_iter()
        .chain(shown.map(|line| format!("{}\n", format!("  {line}").trim_end())))
}

/// How many lines the last `n` of the one and the last `m` of the other have in common, in this order: by `n`
/// and `m`.
fn common(kept: &[&str], text: &[&str]) -> Vec<Vec<usize>> {
    let mut rows = vec![vec![0; text.len() + 1]];
    for line in kept.iter().rev() {
        let below = rows.last().map_or(&[][..], Vec::as_slice);
        let mut row = vec![0];
        for (other, both) in text.iter().rev().zip(below.windows(2)) {
            let &[without, below] = both else { continue };
            let beside = row.last().copied().unwrap_or_default();
            row.push(match line == other {
                true => without + 1,
                false => below.max(beside),
            });
        }
        rows.push(row);
    }
    rows
}

/// Asserts that `value`, printed, is the content of a file beside your `Cargo.toml`. With the
/// environment variable `MCP_AUTHZ_SNAPSHOTS=write` the file is written instead.
///
/// Needs the feature `testing`.
///
/// With the [manifest](crate::Manifest) of a server, every change of access is a line in a review:
///
/// ```no_run
/// use mcp_authz::Server;
/// use mcp_authz::testing::{TestServer, assert_snapshot};
///
/// # async fn example() -> Result<(), mcp_authz::Error> {
/// let server = TestServer::start(Server::builder("mail")).await?;
/// assert_snapshot!("tests/access.md", server.manifest().to_markdown());
/// # Ok(()) }
/// ```
///
/// Anything that can be printed will do: the [JSON](crate::Manifest::to_json) of the manifest, a
/// [`Refused`](crate::testing::Refused), what [`assert_matrix!`](crate::assert_matrix) returns. Those of
/// this crate hold no port, time or token, and can be serialized, so that other snapshot libraries can be
/// used as well: `insta::assert_snapshot!(refused)`, `insta::assert_json_snapshot!(server.manifest())`.
#[macro_export]
macro_rules! assert_snapshot {
    ($path:expr, $value:expr $(,)?) => {
        $crate::testing::check_snapshot(
            ::core::env!("CARGO_MANIFEST_DIR"),
            $path,
            &::std::string::ToString::to_string(&$value),
        )
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_is_what_one_has_and_the_other_has_not() {
        let told = difference("a\nb\nc\n", "a\nx\ny\nc\n");
        assert_eq!(told, "  a\n- b\n+ x\n+ y\n");
        assert_eq!(difference("a\n", "a\nb\n"), "  a\n+ b\n");
        assert_eq!(difference("a\na\n", "a\n"), "  a\n- a\n");
        assert_eq!(difference("", "a\n"), "+ a\n");
        let told = difference("a\nb\nc\nd\ne\n", "b\nc\nx\ne\nf\n");
        assert_eq!(told, "- a\n  b\n  c\n- d\n+ x\n  e\n+ f\n");
        let told = difference("a\nb\nc\nd\ne\n", "a\nb\nc\nd\nx\n");
        assert_eq!(told, "  …\n  b\n  c\n  d\n- e\n+ x\n");
    }

    #[test]
    fn a_folder_that_is_not_there_is_made() {
        let folder = std::env::temp_dir().join(format!("mcp-authz-new-{}", std::process::id()));
        let file = folder.join("access.md");
        write(&file, "a\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "a\n");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_differs_or_is_missing_is_told() {
        let folder = std::env::temp_dir();
        let name = format!("mcp-authz-{}.txt", std::process::id());
        let root = folder.to_string_lossy();
        fs::write(folder.join(&name), "a\r\nb\r\n").unwrap();
        check_snapshot(&root, &name, "a\nb");
        let differs = std::panic::catch_unwind(|| check_snapshot(&root, &name, "a\nc"));
        fs::remove_file(folder.join(&name)).unwrap();
        let missing = std::panic::catch_unwind(|| check_snapshot(&root, &name, "a"));
        let told = |panic: Box<dyn std::any::Any + Send>| *panic.downcast::<String>().unwrap();
        let differs = told(differs.unwrap_err());
        assert!(differs.contains("- b\n+ c\n"), "{differs}");
        assert!(told(missing.unwrap_err()).contains(VARIABLE));
    }
}
