//! The start-up checks. Each finds what is wrong and says what to write instead; none stops the
//! others.

use std::fmt::Write as _;
use std::sync::Arc;

use rmcp::model::RequestStateCodec;

use super::resource::Resource;
use crate::World;
use crate::extract::{App, Signature};
use crate::layer::{HostRule, OriginRule, Origins};
use crate::registry::{Access, Origin, ToolEntry};
use crate::scope::{Hierarchy, Inclusions, Scope, ScopeSet};
use crate::token::{DynVerifier, Issuer, Verifiers};

/// Two declarations cannot share a name: which one would a scope guard?
pub(super) fn names(tools: &[ToolEntry], problems: &mut Vec<String>) {
    for (index, tool) in tools.iter().enumerate() {
        let twins = tools
            .iter()
            .skip(index + 1)
            .filter(|other| other.name() == tool.name());
        for twin in twins {
            problems.push(format!(
                "two tools are named {:?} ({} and {}): give one another name with `#[tool(name = \"…\")]`",
                tool.name(), place(tool), place(twin),
            ));
        }
    }
    if tools.is_empty() {
        problems.push(
            "no tool is declared: put `#[tool(..)]` above a function; if your tools live in another crate, name that crate in code (`use my_tools as _;`)".into(),
        );
    }
}

/// Who may call must be decidable: anonymous tools are agreed to, all others need an issuer.
pub(super) fn access(
    tools: &[ToolEntry],
    has_verifier: bool,
    allow_anonymous: bool,
    problems: &mut Vec<String>,
) {
    for tool in tools {
        match tool.access() {
            Access::Anonymous if !allow_anonymous => problems.push(format!(
                "{} is declared `anonymous`: add `.allow_anonymous()` to the server, or say in `#[tool(..)]` who may call it",
                name(tool)
            )),
            Access::Anonymous => {}
            _ if !has_verifier => problems.push(format!(
                "{} wants a verified caller, and no issuer can vouch for one: add `.issuer(\"https://…\")` with your authorization server",
                name(tool)
            )),
            _ => {}
        }
    }
}

/// Everything that a tool takes must be there.
pub(super) fn parameters(tools: &[ToolEntry], app: &App, problems: &mut Vec<String>) {
    for tool in tools {
        let mut signature = Signature::default();
        (tool.spec().signature)(&mut signature);
        for (state, type_name) in &signature.states {
            if !app.holds(*state) {
                problems.push(format!(
                    "{} takes `State<{type_name}>`, which the server was not given: add `.state(..)` with a value of that type",
                    name(tool)
                ));
            }
        }
        if signature.caller && tool.access() == Access::Anonymous {
            problems.push(format!(
                "{} is declared `anonymous` but takes `AuthInfo`: take `Option<AuthInfo>`",
                name(tool)
            ));
        }
        if signature.input.len() > 1 {
            problems.push(format!(
                "{} takes `Parameters` twice: a call has one set of arguments, so put them into one struct",
                name(tool)
            ));
        }
        for error in signature
            .input
            .iter()
            .filter_map(|schema| schema.as_ref().err())
        {
            problems.push(format!("the arguments of {}: {error}", name(tool)));
        }
    }
}

/// The scopes that a client is told to ask for first.
pub(super) fn initial_scopes(
    written: Option<&[String]>,
    tools: &[ToolEntry],
    problems: &mut Vec<String>,
) -> ScopeSet {
    let Some(written) = written else {
        return all_scopes(tools);
    };
    let mut scopes = ScopeSet::new();
    for text in written {
        match text.parse::<Scope>() {
            Ok(scope) if scope.as_str() == OFFLINE_ACCESS => problems.push(
                "initial_scopes must not name \"offline_access\": whether to stay signed in is for the client to ask".into(),
            ),
            Ok(scope) => scopes.insert(scope),
            Err(error) => problems.push(format!("initial scope {text:?} is {error}")),
        }
    }
    scopes
}

/// Everything that any tool requires, except what a resource must not ask for (SEP-2207).
pub(super) fn all_scopes(tools: &[ToolEntry]) -> ScopeSet {
    let required = tools.iter().filter_map(|tool| match tool.access() {
        Access::Scopes(requirement) => Some(requirement.scopes()),
        Access::Authenticated | Access::Anonymous => None,
    });
    required
        .flatten()
        .filter(|scope| scope.as_str() != OFFLINE_ACCESS)
        .collect()
}

const OFFLINE_ACCESS: &str = "offline_access";

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

/// What includes what.
pub(super) fn inclusions(hierarchy: &Hierarchy, problems: &mut Vec<String>) -> Inclusions {
    hierarchy.close().unwrap_or_else(|found| {
        problems.extend(found);
        Inclusions::default()
    })
}

/// The key ring that seals what clients carry.
pub(super) fn seal(
    keys: &[(String, Vec<u8>)],
    problems: &mut Vec<String>,
) -> Option<RequestStateCodec> {
    let made = match keys.first() {
        Some((active, _)) => RequestStateCodec::new_with_keyring(active, keys.iter().cloned()),
        None => {
            let mut key = [0; 32];
            if aws_lc_rs::rand::fill(&mut key).is_err() {
                problems.push("the system gives no random bytes for a sealing key".into());
            }
            RequestStateCodec::try_new(key)
        }
    };
    made.map_err(|error| problems.push(format!("sealing_keys: {error}")))
        .ok()
}

/// Who vouches for callers.
pub(super) fn verifiers(
    issuers: Vec<Issuer>,
    custom: Option<Arc<dyn DynVerifier>>,
    resource: &str,
    world: World,
    problems: &mut Vec<String>,
) -> Option<Verifiers> {
    let made = Verifiers::new(issuers, custom, resource, world);
    made.map_err(|found| problems.extend(found)).ok()
}

fn name(tool: &ToolEntry) -> String {
    let mut name = format!("tool {:?} ", tool.name());
    // Writing to a String cannot fail.
    let _ = write!(name, "({})", place(tool));
    name
}

fn place(tool: &ToolEntry) -> String {
    let Origin { file, line, .. } = tool.spec().origin;
    format!("{file}:{line}")
}
