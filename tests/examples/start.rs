//! What a server says when it starts, to somebody who has no log.

use std::process::Stdio;

use support::example;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::free_addresses;

/// What is printed up to where clients connect, by a server whose provider is not there.
async fn printed(resource: &str) -> Option<String> {
    let [listen, provider] = free_addresses().await;
    let mut command = example("whoami");
    command.env("LISTEN", &listen).stderr(Stdio::piped());
    command.env("RESOURCE", resource.replace("LISTEN", &listen));
    command.env("ISSUER", format!("http://{provider}"));
    let mut server = command.spawn().expect("the example is built");
    let mut lines = BufReader::new(server.stderr.take()?).lines();
    let mut printed = String::new();
    while let Some(line) = lines.next_line().await.expect("text") {
        printed += &(line.clone() + "\n");
        if line.contains("clients connect to") {
            return Some(
                printed
                    .replace(&listen, "LISTEN")
                    .replace(&provider, "PROVIDER"),
            );
        }
    }
    assert!(printed.contains("AddrInUse"), "{printed}");
    None
}

#[tokio::test]
async fn the_start_says_where_clients_connect_and_which_issuer_is_not_there() {
    for (resource, note) in [
        ("http://LISTEN/mcp", ""),
        ("http://LISTEN", ", without a path behind it"),
    ] {
        let mut told = None;
        for _ in 0..10 {
            told = printed(resource).await;
            if told.is_some() {
                break;
            }
        }
        let told = told.expect("a free address");
        let connect =
            format!("\n  listens on        LISTEN\n  clients connect to {resource}{note}\n");
        assert!(told.ends_with(&connect), "{told}");
        let issuer =
            "\n  issuer \"http://PROVIDER\" cannot be reached: http://PROVIDER/.well-known/";
        let (_, rest) = told.split_once(issuer).expect(&told);
        let next = rest.lines().nth(1).unwrap_or_default();
        assert!(
            next.contains("503") && next.contains("asked again"),
            "{told}"
        );
    }
}
