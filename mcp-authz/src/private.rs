//! Everything that the macros' expansions may name, and nothing else. No part of the public API.

pub use crate::extract::{Arguments, Call, Extract, FromCall, Parameter, Probe, Signature, Take};
pub use crate::gate::{
    FromVariable, KnownPolicy, PolicyOver, Rule, Taken, deferred_scopes, require_of, with_variables,
};
pub use crate::registry::{
    Access, Entry, Hints, Origin, PromptPart, ResourcePart, Spec, ToolPart, boxed,
};
pub use crate::reply::{
    Explain, Judge, Outcome, OutputSchema, PromptReply, Reply, ResourceReply, Returned, Turn,
};
pub use crate::scope::{Requirement, Scope, differs};
pub use inventory;
pub use rmcp::handler::server::wrapper::Parameters;
pub use {schemars, serde};

// The language's own, for programs without a prelude or with types of these names.
pub use std::convert::{From, Into};
pub use std::option::Option::{None, Some};
pub use std::time::Duration;
pub use std::{assert, concat, file, line, module_path};

/// What is said of a function.
pub type Words = &'static str;
