//! What a client sees, stage by stage, over real HTTP.

mod audit;
mod challenge;
mod connection;
mod credentials;
mod forms;
mod grammar;
mod leftover;
mod lists;
mod metadata;
mod opaque;
mod outages;
mod promptness;
mod revisions;
mod sessions;
mod silence;
mod start;
mod terms;
mod tools;
mod why;

use mcp_authz::{ServerBuilder, ToolEntry};
use support::Lab;
use tools::{broken, hello, pay, send_mail, slow, weather, whoami};

/// The server of most tests: every tool wants somebody. Its first challenge asks for `whoami`'s
/// scopes.
async fn lab() -> Lab {
    lab_with(|server| server).await
}

async fn lab_with(configure: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Lab {
    let server = |server: ServerBuilder| {
        configure(server.tools(closed()).initial_scopes(["profile", "email"]))
    };
    Lab::start(server).await
}

/// One that lets people in without a token, for what is `anonymous`.
async fn open_lab() -> Lab {
    lab_with(|server| server.tool(weather::tool()).allow_anonymous()).await
}

fn closed() -> [ToolEntry; 6] {
    [
        whoami::tool(),
        send_mail::tool(),
        pay::tool(),
        hello::tool(),
        broken::tool(),
        slow::tool(),
    ]
}
