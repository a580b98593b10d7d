"""What a program pays for mcp-authz when it builds: crates, and the time of a cold build.

    cost.py CHECKOUT TARGET

Three empty programs: on rmcp and axum as we use them; the same with an HTTPS client and a JWT library, which
whoever verifies tokens needs; and on mcp-authz with its default features. Time is what the compiler used on all
cores, which depends less on who else is at the machine than the clock does.
"""

import os
import pathlib
import resource
import shutil
import subprocess
import sys
import time

checkout, target = (pathlib.Path(argument) for argument in sys.argv[1:])
PLAIN = """
rmcp = { version = "3.11", default-features = false, features = ["server", "schemars", "transport-streamable-http-server", "request-state"] }
axum = { version = "0.8", default-features = false, features = ["http1", "http2", "tokio", "json"] }
tokio = { version = "1", features = ["io-std", "macros", "net", "rt", "signal", "sync", "time"] }
serde = { version = "1", features = ["derive"] }
schemars = "1"
serde_json = "1"
"""
VERIFYING = PLAIN + """
reqwest = { version = "0.13", default-features = false, features = ["rustls"] }
jsonwebtoken = { version = "11.1", default-features = false, features = ["aws_lc_rs"] }
"""
OURS = f'mcp-authz = {{ path = "{checkout}/mcp-authz" }}\n'


def program(name, dependencies):
    folder = checkout / "programs" / name
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "src/main.rs").write_text("fn main() {}\n")
    head = f'[package]\nname = "{name}"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\n'
    (folder / "Cargo.toml").write_text(head + dependencies)
    shutil.copy(checkout / "Cargo.lock", folder)
    return folder


def crates(folder):
    tree = ["cargo", "tree", "-e", "normal,build", "--prefix", "none", "--format", "{p}"]
    lines = subprocess.check_output(tree, cwd=folder, text=True, stderr=subprocess.DEVNULL).splitlines()
    return len({" ".join(line.split()[:2]) for line in lines if line}) - 1


def build(folder):
    shutil.rmtree(target, ignore_errors=True)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
    subprocess.run(["cargo", "build", "-q"], cwd=folder, env=environment, check=True)
    after, elapsed = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - start
    shutil.rmtree(target, ignore_errors=True)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime), elapsed


for name, dependencies in [("plain", PLAIN), ("verifying", VERIFYING), ("ours", OURS)]:
    folder = program(name, dependencies)
    used, elapsed = build(folder)
    print(f"{name:10} {crates(folder):4} crates  {used:5.0f} s of the compiler  {elapsed:5.0f} s by the clock", flush=True)
