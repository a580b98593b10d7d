//! A server with a mistake of every kind is told of all of them in one start.

use std::time::Duration;

use json::json;
use mcp_authz::{
    AuthInfo, ClientAuth, Dpop, Error, Hierarchy, Issuer, Server, State, TokenExchange,
    first_party, prompt, resource, tool,
};
use support::ScriptedIssuer;

const METADATA: &str = "/.well-known/oauth-authorization-server";

/// Behind an alias, where the macro cannot see it.
type Caller = AuthInfo;

#[tool(scopes = ["mail:read"])]
fn inbox(_: State<u128>) {}

mod twin {
    #[mcp_authz::tool(authenticated)]
    pub(super) fn inbox() {}
}

#[tool(anonymous)]
fn weather(_: Caller) {}

#[tool(authenticated, policy = first_party)]
fn settings() {}

#[prompt(scopes = ["mail:read"])]
fn letter(#[arg] pages: u32) -> String {
    pages.to_string()
}

#[resource(uri = "files://{bucket}{name}", scopes = ["files:read"])]
fn file(bucket: String, name: String) -> String {
    bucket + &name
}

#[tokio::test]
async fn mistakes_of_every_kind_are_told_at_once_each_with_what_to_write() {
    let other = ScriptedIssuer::start(&[]).await;
    let elsewhere =
        json!({ "issuer": "https://other.example.com", "jwks_uri": other.url("/jwks") });
    other.page(METADATA, 200, &elsewhere);
    let exchange = TokenExchange::new(ClientAuth::secret_basic("mail", "a-secret-that-is-long"));
    let server = Server::builder("wrong")
        .resource("http://mcp.example.com/mcp")
        .issuer(other.identifier())
        .issuer(Issuer::new("https://as.example.com").leeway(Duration::from_secs(600)))
        .issuer("as.example.org")
        .tools([
            inbox::tool(),
            twin::inbox::tool(),
            weather::tool(),
            settings::tool(),
        ])
        .prompts([letter::prompt()])
        .mcp_resources([file::resource()])
        .toolset("admin-of-nothing")
        .initial_scopes(["mail:read mail:send"])
        .hierarchy(Hierarchy::new().includes("a", ["b"]).includes("b", ["a"]))
        .sealing_keys([("k1", b"short")])
        .allowed_hosts(["https://mcp.example.com"])
        .allowed_origins(["app.example.com"])
        .mount("mcp")
        .token_exchange(exchange)
        .dpop(Dpop::required().remembered_proofs(0));
    let Err(Error::Config(error)) = server.build().await else {
        panic!("it started");
    };
    let mut rest = error.problems().to_vec();
    for parts in [
        &["resource \"http://mcp.example.com/mcp\"", "write `https://"][..],
        &[other.identifier(), "its `issuer` is another one"],
        &["issuer \"https://as.example.com\"", "leeway", "60 s"],
        &["issuer \"as.example.org\""],
        &["two tools are named \"inbox\"", "name = "],
        &["tool \"inbox\"", "State<u128>", ".state(..)"],
        &["tool \"weather\"", ".allow_anonymous()"],
        &["tool \"weather\"", "Option<AuthInfo>"],
        &["tool \"settings\"", ".first_party("],
        &["prompt \"letter\"", "\"pages\"", "String"],
        &["resource \"files://{bucket}{name}\""],
        &["admin-of-nothing", ".toolset("],
        &["initial scope \"mail:read mail:send\""],
        &["hierarchy", "circle"],
        &["sealing_keys", "32 random bytes"],
        &["allowed host", "mcp.example.com"],
        &["allowed origin", "https://app.example.com"],
        &["mount \"mcp\"", "\"/mcp\""],
        &["token exchange", "several issuers"],
        &["DPoP remembers no proof", ".remembered_proofs(..)"],
    ] {
        let is_told = |problem: &String| parts.iter().all(|part| problem.contains(part));
        let told = rest.iter().position(is_told);
        let told = told.unwrap_or_else(|| panic!("{parts:?}: {error}"));
        let told = rest.remove(told);
        // An item is named with the place where it is declared.
        if ["tool \"", "prompt \"", "resource \"files"]
            .iter()
            .any(|kind| told.contains(kind))
        {
            assert!(told.contains("(tests/items/mistakes.rs:"), "{told}");
        }
    }
    assert_eq!(rest, [""; 0], "told besides");
}
