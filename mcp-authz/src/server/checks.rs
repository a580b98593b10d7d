//! The start-up checks. Each finds what is wrong and says what to write instead; none stops the
//! others.

mod functions;
mod items;
mod scopes;

use std::sync::Arc;

use super::resource::Resource;
pub(super) use functions::{parameters, some, toolsets};
pub(super) use items::{access, first_party, names, rules};
pub(super) use scopes::{all_scopes, inclusions, initial_scopes};

use crate::World;
use crate::bind::SealingKeys;
use crate::layer::{HostRule, OriginRule, Origins};
use crate::metadata;
use crate::token::{DynVerifier, Issuer, Verifiers};

/// What is said again would take the place of what was said first, and of what that asks for.
pub(super) fn once(said_again: &[&str], problems: &mut Vec<String>) {
    problems.extend(said_again.iter().map(|setting| {
        format!("`.{setting}(..)` is called twice, and can mean one thing only: keep one call")
    }));
}

/// The canonical URI.
pub(super) fn resource(written: Option<&str>, problems: &mut Vec<String>) -> Option<Resource> {
    let parsed = written.map(Resource::parse).unwrap_or_else(|| {
        Err("the server has no resource: add `.resource(\"https://…/mcp\")` with the URI that clients connect to".into())
    });
    parsed.map_err(|problem| problems.push(problem)).ok()
}

/// Where the endpoint is mounted: the resource's path, unless a proxy rewrites it.
pub(super) fn mount(
    written: Option<&str>,
    resource: Option<&Resource>,
    problems: &mut Vec<String>,
) -> String {
    let path = written.or(resource.map(Resource::path)).unwrap_or("/");
    // Segments that the router would take for variables; it panics on some of them.
    let is_pattern = path
        .split('/')
        .any(|segment| segment.starts_with([':', '*']));
    if !path.starts_with('/') || path.contains(['{', '}', '?', '#']) || is_pattern {
        problems.push(format!(
            "mount {path:?} is no plain path: write it like \"/mcp\""
        ));
    }
    if path.starts_with(metadata::WELL_KNOWN) {
        problems.push(format!(
            "mount {path:?} is where clients look for the metadata: write it like \"/mcp\""
        ));
    }
    path.to_owned()
}

/// The lists of hosts and pages.
pub(super) fn origins(
    hosts: Option<&[String]>,
    pages: Option<&[String]>,
    resource: Option<&Resource>,
    problems: &mut Vec<String>,
) -> Origins {
    let hosts = hosts.map_or_else(
        || resource.map(Resource::hosts).unwrap_or_default(),
        Into::into,
    );
    let pages = pages.map_or_else(
        || resource.map(Resource::origins).unwrap_or_default(),
        Into::into,
    );
    Origins {
        hosts: parse_all(
            &hosts,
            HostRule::parse,
            "allowed host",
            "mcp.example.com",
            problems,
        ),
        origins: parse_all(
            &pages,
            OriginRule::parse,
            "allowed origin",
            "https://app.example.com",
            problems,
        ),
    }
}

fn parse_all<T>(
    texts: &[String],
    parse: fn(&str) -> Option<T>,
    what: &str,
    example: &str,
    problems: &mut Vec<String>,
) -> Vec<T> {
    let parsed = texts.iter().filter_map(|text| {
        let parsed = parse(text);
        if parsed.is_none() {
            problems.push(format!(
                "{what} {text:?} is not understood: write it like {example:?}"
            ));
        }
        parsed
    });
    parsed.collect()
}

/// The key ring that seals what clients carry.
pub(super) fn seal(keys: &[(String, Vec<u8>)], problems: &mut Vec<String>) -> Option<SealingKeys> {
    let made = match keys {
        [_, ..] => SealingKeys::shared(keys),
        [] => {
            let mut key = [0; 32];
            if aws_lc_rs::rand::fill(&mut key).is_err() {
                problems.push("the system gives no random bytes for a sealing key".into());
            }
            SealingKeys::own(key)
        }
    };
    let how = "write `.sealing_keys([(\"2026-11\", key)])`, each id once, each key at least 32 random bytes";
    made.map_err(|error| problems.push(format!("sealing_keys: {error}: {how}")))
        .ok()
}

/// Who vouches for callers. Where some of them cannot, the others, so that these can still be asked.
pub(super) fn verifiers(
    issuers: Vec<Issuer>,
    custom: Option<Arc<dyn DynVerifier>>,
    resource: &str,
    world: World,
    problems: &mut Vec<String>,
) -> Option<Verifiers> {
    let good = issuers.iter().filter(|issuer| issuer.problems().is_empty());
    let good: Vec<Issuer> = good.cloned().collect();
    let made = Verifiers::new(issuers, custom.clone(), resource, world.clone());
    made.or_else(|found| {
        problems.extend(found);
        Verifiers::new(good, custom, resource, world)
    })
    .ok()
}
