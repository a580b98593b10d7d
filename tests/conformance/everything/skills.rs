//! Two skills (SEP-2640) and their files.

use json::json;
use mcp_authz::rmcp::ErrorData;
use mcp_authz::rmcp::model::{
    CacheScope, DIRECTORY_MIME_TYPE, GetSkillResult, Resource, ResourceContents, Skill,
    SkillFrontmatter, SkillResource, SkillResources,
};

use super::{Answer, MINUTE};

/// Names and what they are for.
const SKILLS: [(&str, &str); 2] = [
    ("greeting", "How to greet"),
    ("farewell", "How to say goodbye"),
];

const MARKDOWN: &str = "text/markdown";

fn manifest(name: &str) -> String {
    format!("skill://{name}/SKILL.md")
}

fn example(name: &str) -> String {
    format!("skill://{name}/examples/first.md")
}

fn manifest_text((name, description): (&str, &str)) -> String {
    format!("---\nname: {name}\ndescription: {description}\n---\n\n# {description}\n")
}

fn example_text(name: &str) -> String {
    format!("An example of a {name}.\n")
}

pub(super) fn all() -> Vec<Skill> {
    let skill = |(name, description)| {
        let files = vec![
            SkillResource::from_bytes(
                manifest(name),
                manifest_text((name, description)).as_bytes(),
            ),
            SkillResource::from_bytes(example(name), example_text(name).as_bytes()),
        ];
        Skill::new(
            manifest(name),
            SkillFrontmatter::new(name, description),
            SkillResources::Files(files),
        )
    };
    SKILLS.into_iter().map(skill).collect()
}

pub(super) fn get(uri: &str) -> Answer<GetSkillResult> {
    let skill = all().into_iter().find(|skill| skill.uri == uri);
    let unknown = || ErrorData::invalid_params("resource not found", Some(json!({ "uri": uri })));
    let result = GetSkillResult::new(skill.ok_or_else(unknown)?);
    Ok(result
        .with_ttl_ms(MINUTE)
        .with_cache_scope(CacheScope::Public))
}

/// The manifests, as resources like any other.
pub(super) fn resources() -> impl Iterator<Item = Resource> {
    SKILLS.into_iter().map(manifest_resource)
}

fn manifest_resource((name, description): (&str, &str)) -> Resource {
    Resource::new(manifest(name), name)
        .with_description(description)
        .with_mime_type(MARKDOWN)
}

pub(super) fn read(uri: &str) -> Option<ResourceContents> {
    SKILLS.into_iter().find_map(|skill @ (name, _)| {
        let text = match uri {
            _ if uri == manifest(name) => manifest_text(skill),
            _ if uri == example(name) => example_text(name),
            _ => return None,
        };
        Some(ResourceContents::text(text, uri).with_mime_type(MARKDOWN))
    })
}

/// What is in a directory of a skill.
pub(super) fn directory(uri: &str) -> Answer<Vec<Resource>> {
    let found = SKILLS.into_iter().find_map(|skill @ (name, _)| {
        let root = format!("skill://{name}");
        let examples = format!("{root}/examples");
        if uri == root {
            let below = Resource::new(examples, "examples").with_mime_type(DIRECTORY_MIME_TYPE);
            Some(vec![manifest_resource(skill), below])
        } else if uri == examples {
            let file = Resource::new(example(name), "first.md").with_mime_type(MARKDOWN);
            Some(vec![file])
        } else {
            None
        }
    });
    found.ok_or_else(|| ErrorData::invalid_params("not a directory", Some(json!({ "uri": uri }))))
}
