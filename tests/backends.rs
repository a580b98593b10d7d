//! jsonwebtoken panics when two crates of a program have turned on different backends and nobody has
//! chosen one. A server verifies all the same: `backends/` is such a program.

use std::path::Path;
use std::process::Command;

#[test]
fn signatures_are_verified_whatever_backend_others_use() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for what in ["nobody chose", "another was chosen"] {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["run", "--quiet", "--manifest-path"])
            .arg(root.join("tests/backends/Cargo.toml"))
            .arg("--target-dir")
            .arg(root.join("target"))
            .args(["--", what]);
        let output = cargo.output().expect("cargo runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("it holds"),
            "{what}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
