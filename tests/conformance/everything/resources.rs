//! Resources, one template of them, and the files of the skills.

use json::json;
use mcp_authz::rmcp::ErrorData;
use mcp_authz::rmcp::model::{
    CacheScope, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
};

use super::content::PNG;
use super::{Answer, MINUTE, model, skills};

/// The URIs of the fixed resources.
pub(crate) const URIS: [&str; 3] = [
    "test://static-text",
    "test://static-binary",
    "test://watched-resource",
];

/// The template of the others.
pub(crate) const TEMPLATE: &str = "test://template/{id}/data";

/// What its variable is completed to.
pub(super) const IDS: [&str; 2] = ["123", "456"];

pub(super) fn all() -> Vec<Resource> {
    let fixed = URIS.into_iter().map(|uri| {
        let name = uri.trim_start_matches("test://");
        Resource::new(uri, name).with_description("A resource for tests")
    });
    fixed.chain(skills::resources()).collect()
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![model(json!({
        "uriTemplate": TEMPLATE,
        "name": "template",
        "description": "Data by its number",
        "mimeType": "application/json",
    }))]
}

pub(super) fn read(uri: &str) -> Answer<ReadResourceResult> {
    let contents = match uri {
        "test://static-text" => text(uri, "This is the content of the static text resource."),
        "test://watched-resource" => text(uri, "This is what there is to watch."),
        "test://static-binary" => ResourceContents::blob(PNG, uri).with_mime_type("image/png"),
        _ => by_template(uri)
            .or_else(|| skills::read(uri))
            .ok_or_else(|| {
                ErrorData::resource_not_found("resource not found", Some(json!({ "uri": uri })))
            })?,
    };
    Ok(ReadResourceResult::new(vec![contents])
        .with_ttl_ms(MINUTE)
        .with_cache_scope(CacheScope::Public))
}

fn text(uri: &str, text: &str) -> ResourceContents {
    ResourceContents::text(text, uri)
}

fn by_template(uri: &str) -> Option<ResourceContents> {
    let id = uri
        .strip_prefix("test://template/")?
        .strip_suffix("/data")?;
    let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
    let contents = ResourceContents::text(data.to_string(), uri);
    Some(contents.with_mime_type("application/json"))
}
