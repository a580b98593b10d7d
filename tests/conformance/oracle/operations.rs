//! What is asked of both sides.

use http_client::{Client, RequestBuilder};
use json::{Value, json};
use support::{Reply, legacy_body, modern_body, modern_headers};

/// How a message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Revision {
    V2025_11_25,
    V2026_07_28,
}

/// One request.
pub(super) struct Operation {
    /// Of what it is about, for the table of differences.
    pub(super) name: &'static str,
    pub(super) revision: Revision,
    method: &'static str,
    /// What `Mcp-Name` repeats.
    item: Option<&'static str>,
    params: Value,
    headers: &'static [(&'static str, &'static str)],
    /// Instead of the body that the others make.
    body: Option<String>,
}

impl Operation {
    fn new(name: &'static str, method: &'static str, params: Value) -> Self {
        Self {
            name,
            revision: Revision::V2026_07_28,
            method,
            item: None,
            params,
            headers: &[],
            body: None,
        }
    }

    fn tool(name: &'static str, tool: &'static str, arguments: Value) -> Self {
        let params = json!({ "name": tool, "arguments": arguments });
        Self {
            item: Some(tool),
            ..Self::new(name, "tools/call", params)
        }
    }

    fn prompt(name: &'static str, prompt: &'static str) -> Self {
        let params = json!({ "name": prompt, "arguments": { "folder": "inbox" } });
        Self {
            item: Some(prompt),
            ..Self::new(name, "prompts/get", params)
        }
    }

    fn resource(name: &'static str, uri: &'static str) -> Self {
        Self {
            item: Some(uri),
            ..Self::new(name, "resources/read", json!({ "uri": uri }))
        }
    }

    fn with_header(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    pub(super) async fn send(&self, http: &Client, url: &str, token: Option<&str>) -> Reply {
        let request = http
            .post(url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        let request = self.with_body(request);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        Reply::of(request).await
    }

    fn with_body(&self, request: RequestBuilder) -> RequestBuilder {
        let (request, body) = match self.revision {
            Revision::V2025_11_25 => (
                request.header("mcp-protocol-version", "2025-11-25"),
                legacy_body(self.method, self.params.clone()),
            ),
            Revision::V2026_07_28 => (
                request.headers(modern_headers(self.method, self.item)),
                modern_body(self.method, self.params.clone()),
            ),
        };
        let request = self.headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        request.body(self.body.clone().unwrap_or(body))
    }
}

/// Everything that is asked in one revision.
pub(super) fn operations(revision: Revision) -> Vec<Operation> {
    let mut all = common();
    match revision {
        Revision::V2026_07_28 => all.extend(modern()),
        Revision::V2025_11_25 => all.extend(legacy()),
    }
    for operation in &mut all {
        operation.revision = revision;
    }
    all
}

fn common() -> Vec<Operation> {
    let reference = |kind: &str, name: &str, value: &str| {
        json!({
            "ref": { "type": kind, name: value },
            "argument": { "name": "folder", "value": "" },
        })
    };
    vec![
        Operation::tool("a tool for everybody", "about", json!({})),
        Operation::tool("a tool", "read_mail", json!({})),
        Operation::tool("a tool of two scopes", "send_mail", json!({})),
        Operation::tool("an unknown tool", "delete_mail", json!({})),
        Operation::tool("a tool in other letters", "Read_Mail", json!({})),
        Operation::prompt("a prompt", "summarize"),
        Operation::prompt("an unknown prompt", "criticize"),
        Operation::resource("a resource", "mail://folders"),
        Operation::resource("one of a template", "mail://folders/inbox"),
        Operation::resource("another of a template", "mail://folders/sent"),
        Operation::resource("an unknown resource", "mail://nowhere/at/all"),
        Operation::resource("a scheme in capitals", "MAIL://folders/inbox"),
        Operation::resource("an escaped letter", "mail://folders/%69nbox"),
        Operation::resource("a way around", "mail://folders/sent/../inbox"),
        Operation::resource("no URI", "inbox"),
        Operation::new("the tools", "tools/list", json!({})),
        Operation::new("the prompts", "prompts/list", json!({})),
        Operation::new("the resources", "resources/list", json!({})),
        Operation::new("the templates", "resources/templates/list", json!({})),
        Operation::new(
            "a completion for a prompt",
            "completion/complete",
            reference("ref/prompt", "name", "summarize"),
        ),
        Operation::new("an unknown method", "mail/burn", json!({})),
    ]
}

fn modern() -> Vec<Operation> {
    let region = json!({ "region": "eu" });
    vec![
        Operation::new("the opening", "server/discover", json!({})),
        Operation::tool("a repeated argument", "route_mail", region.clone())
            .with_header(&[("mcp-param-region", "eu")]),
        Operation::tool("an argument that is repeated wrong", "route_mail", region)
            .with_header(&[("mcp-param-region", "us")]),
    ]
}

fn legacy() -> Vec<Operation> {
    let hello = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "lab", "version": "1" },
    });
    let call = |tool: &str| json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool, "arguments": {} } });
    let named_twice = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"about","name":"read_mail","arguments":{}}}"#;
    let tool = |name, body| Operation {
        body: Some(body),
        ..Operation::tool(name, "read_mail", json!({}))
    };
    vec![
        Operation::new("the opening", "initialize", hello),
        Operation::new("a ping", "ping", json!({})),
        tool(
            "a batch",
            json!([call("about"), call("read_mail")]).to_string(),
        ),
        tool("two names", named_twice.to_owned()),
    ]
}
