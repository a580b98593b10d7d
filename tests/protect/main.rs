//! A handler that was written without the gate, behind it: every method of the protocol, by whoever
//! may not use it and whoever may.

mod asking_back;
mod completions;
mod concealed;
mod every_method;
mod in_session;
mod leftovers;
mod level;
mod liars;
mod listen;
mod lists;
mod lying_pages;
mod manifest;
mod methods;
mod nobody;
mod noting;
mod office;
mod ownership;
mod pages;
mod places;
mod policies;
mod records;
mod rounds;
mod slow_pages;
mod spellings;
mod start;
mod states;
mod steady;
mod streams;
mod task_news;
mod task_timing;
mod twice;
mod two_readings;
mod watching;

use json::{Value, json};
use mcp_authz::Authz;
use support::{Lab, MODERN, Reply, modern_headers};

use office::Office;

async fn lab() -> Lab {
    lab_with(|authz| authz).await
}

async fn lab_with(configure: impl FnOnce(Authz) -> Authz) -> Lab {
    Lab::protecting(Office::new, office::rules(), configure).await
}

/// Any request of 2026-07-28, by a client that can do everything, with the headers that belong to it.
async fn ask(lab: &Lab, token: Option<&str>, method: &str, mut params: Value) -> Reply {
    let named = ["name", "uri", "taskId"];
    let name = named.iter().find_map(|name| params[*name].as_str());
    let headers = modern_headers(method, name.map(str::to_owned).as_deref());
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": { "name": "lab", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {
            "elicitation": {},
            "extensions": { "io.modelcontextprotocol/tasks": {}, "io.modelcontextprotocol/skills": {} },
        },
    });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    Reply::of(lab.post(token).headers(headers).body(body.to_string())).await
}
