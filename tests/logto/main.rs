//! Logto's Management API against the stand-in: what each call does, what its refusals say, and what a
//! server's tenant is given.

mod applications;
mod bad_tokens;
mod consent;
mod identity;
mod identity_trouble;
mod people;
mod plan;
mod plan_conflicts;
mod plan_hierarchy;
mod plan_kept_back;
mod registration;
mod resources;
mod roles;
mod script;
mod sending;
mod setup;
mod token;
mod users;

use mcp_authz::Scope;
use mcp_authz::logto::{
    Error, Management, NewResource, NewThirdPartyApp, ResourceScope, ThirdPartyType,
};
use support::Logto;

/// A tenant, and the client that may do everything in it.
async fn tenant() -> (Logto, Management) {
    let logto = Logto::start().await;
    let client = client(&logto, Logto::APP);
    (logto, client)
}

fn client(logto: &Logto, (id, secret): (&str, &str)) -> Management {
    let client = Management::builder(logto.endpoint()).app(id, secret);
    client.build().expect("the configuration is right")
}

/// Status and code of a refusal.
#[track_caller]
fn refusal<T>(outcome: Result<T, Error>) -> (u16, String) {
    match outcome {
        Ok(_) => panic!("it is not refused"),
        Err(error) => (
            error
                .status()
                .unwrap_or_else(|| panic!("no refusal: {error}")),
            error.code().unwrap_or_default().to_owned(),
        ),
    }
}

/// An API resource with these scopes; its id, and theirs.
async fn resource(client: &Management, scopes: &[&str]) -> (String, Vec<ResourceScope>) {
    let new = NewResource::new("Mail", "https://mcp.example.com/mcp");
    let resource = client.create_resource(&new).await.expect("a resource");
    let mut made = Vec::new();
    for scope in scopes {
        let name: Scope = scope.parse().expect("a scope");
        let scope = client.create_resource_scope(&resource.id, &name, "Something");
        made.push(scope.await.expect("a scope"));
    }
    (resource.id, made)
}

/// A third-party app; its id.
async fn agent(client: &Management) -> String {
    let new = NewThirdPartyApp::new("SmartMail", ThirdPartyType::Traditional)
        .redirect_uri("https://smartmail.example.com/callback");
    client
        .create_third_party_app(&new)
        .await
        .expect("an app")
        .id
}
