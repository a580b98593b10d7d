//! What each example guards, without a provider, a free port, or anything in its environment.

use std::fs;
use std::path::Path;

use tokio::net::TcpListener;

use crate::example;

/// A client: it guards nothing.
const NO_SERVER: &str = "agent";

fn servers() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = fs::read_dir(folder).expect("a folder");
    let names = files.filter_map(|entry| {
        let name = entry.expect("a file").file_name().into_string();
        Some(name.expect("text").strip_suffix(".rs")?.to_owned())
    });
    names.filter(|name| name != NO_SERVER).collect()
}

#[tokio::test]
async fn every_server_prints_what_it_guards_and_asks_nobody() {
    // Whatever it tried to bind would be taken.
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let servers = servers();
    assert!(servers.len() >= 11, "{servers:?}");
    for name in servers {
        let mut command = example(&name);
        command.arg("--scopes").env_clear();
        for listen in [
            "LISTEN",
            "PROVIDER_LISTEN",
            "PARTNER_LISTEN",
            "CALENDAR_LISTEN",
        ] {
            command.env(listen, &taken);
        }
        let ended = command.output().await.expect("it is built");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{name}: {said}");
        let table = String::from_utf8(ended.stdout).expect("text");
        assert!(table.contains(" guards <http"), "{name}: {table}");
        let declared = format!(", examples/{name}.rs |");
        assert!(table.contains(&declared), "{name}: {table}");
    }
}

#[tokio::test]
async fn the_rules_beside_a_handler_are_in_it_too() {
    let printed = example("existing_server").arg("--scopes").output().await;
    let table = String::from_utf8(printed.unwrap().stdout).unwrap();
    assert!(
        table.contains("| tool `list` | notes:read |  | rules, examples/existing_server.rs |"),
        "{table}"
    );
}
