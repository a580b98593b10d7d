//! Annotated functions compile wherever their author's code does: without a prelude, under strict
//! lints, next to types of any name, in a block, through a renamed crate.
#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    missing_copy_implementations,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    single_use_lifetimes,
    clippy::all,
    clippy::pedantic
)]

extern crate mcp_authz as renamed;

use ::mcp_authz::{
    AuthInfo, Json, Parameters, PolicyError, PromptEntry, Requirement, ResourceEntry, Scope,
    ToolEntry, prompt, resource, rmcp, tool,
};
use ::std::borrow::ToOwned as _;
use ::std::iter::{IntoIterator as _, Iterator as _};
use ::std::option::Option::Some as Just;
use ::std::string::String as Text;
use ::std::{assert, assert_eq};

/// The names that expansions of careless macros trip over.
pub mod shadows {
    use ::mcp_authz::{AuthInfo, tool};
    use ::std::string::String as Text;

    /// Not the one of the prelude.
    #[derive(Clone, Copy, Debug)]
    pub struct Result;
    /// Not the one of the prelude.
    #[derive(Clone, Copy, Debug)]
    pub struct Option;
    /// Not the one of the prelude.
    #[derive(Clone, Copy, Debug)]
    pub struct String;
    /// Not the one of the prelude.
    #[derive(Clone, Copy, Debug)]
    pub struct Box;
    /// Not the one of the prelude.
    #[derive(Clone, Copy, Debug)]
    pub struct Some;
    /// Not ours.
    #[derive(Clone, Copy, Debug)]
    pub struct Access;
    /// Not ours.
    #[derive(Clone, Copy, Debug)]
    pub struct Scope;
    /// Not the language's.
    pub mod std {}
    /// Not the language's.
    pub mod core {}
    /// Not ours.
    pub mod mcp_authz {}

    /// Takes and says everything.
    ///
    /// # Errors
    ///
    /// Never.
    #[tool(
        scopes = all("a", any("d", super::B)),
        name = "shadows.everything",
        title = "Everything",
        read_only,
        destructive = false,
        idempotent,
        open_world = true
    )]
    pub async fn everything(auth: AuthInfo) -> ::std::result::Result<Text, Text> {
        ::std::future::ready(()).await;
        ::std::result::Result::Ok(::std::borrow::ToOwned::to_owned(auth.subject_or_empty()))
    }

    trait SubjectOrEmpty {
        fn subject_or_empty(&self) -> &str;
    }

    impl SubjectOrEmpty for AuthInfo {
        fn subject_or_empty(&self) -> &str {
            self.subject().unwrap_or("")
        }
    }
}

/// A scope with a name.
pub const B: Scope = Scope::new("b");

type Object = rmcp::model::JsonObject;

fn more(_: &Object, _: &AuthInfo) -> Requirement {
    Requirement::scope(B)
}

async fn allowed(_: &AuthInfo, _: &Object) -> ::std::result::Result<(), PolicyError> {
    ::std::future::ready(()).await;
    ::std::result::Result::Ok(())
}

/// Decides on its arguments.
#[tool(
    scopes = ["a"],
    scopes_for = more,
    policy = allowed,
    max_age = 300,
    acr_values = ["phr"],
    conceal,
    toolset = "hygiene"
)]
pub fn decides(parameters: Parameters<Object>, auth: AuthInfo) {
    ::std::mem::drop((parameters, auth));
}

/// A prompt that decides on its arguments.
#[prompt(scopes = ["a", B], scopes_for = more, policy = allowed, crate = renamed)]
#[must_use]
pub fn decided_prompt(parameters: Parameters<Object>) -> Text {
    ::std::mem::drop(parameters);
    Text::new()
}

/// Takes its arguments one by one, next to names that a derive would trip over.
pub mod one_by_one {
    use ::mcp_authz::{AuthInfo, Requirement, tool};
    use ::std::primitive::bool as Yes;
    use ::std::string::String as Text;

    /// Not the one of the prelude.
    #[derive(Clone, Copy, Debug)]
    pub struct Result;
    /// Not the one of the prelude.
    #[derive(Clone, Copy, Debug)]
    pub struct Option;
    /// Not serde's.
    pub mod serde {}
    /// Not that of JSON Schema.
    pub mod schemars {}
    /// Not the language's.
    pub mod std {}
    /// Not the language's.
    pub mod core {}

    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn more(_: &str, _: &Yes, _: &AuthInfo) -> Requirement {
        Requirement::scope(super::B)
    }

    /// Takes two of them.
    ///
    /// # Errors
    ///
    /// Always.
    #[tool(scopes = ["a"], scopes_for = more, crate = super::renamed)]
    pub fn one_by_one(
        /// One.
        one: Text,
        auth: AuthInfo,
        #[arg]
        #[serde(rename = "two")]
        r#type: Yes,
    ) -> ::std::result::Result<Text, ::std::fmt::Error> {
        ::std::mem::drop((one, auth, r#type));
        ::std::result::Result::Err(::std::fmt::Error)
    }
}

/// Owns what it reads, and takes more than other functions do.
#[tool(authenticated)]
#[must_use]
pub fn many(
    auth: AuthInfo,
    #[arg] to: Text,
    #[arg] now: bool,
    #[arg] twice: bool,
    #[arg] softly: bool,
    #[arg] signed: bool,
    #[arg] first: u8,
    #[arg] last: u8,
) -> Text {
    let all = [now, twice, softly, signed, first < last];
    ::std::format!("{:?} {} {all:?}", auth.subject(), to.len())
}

fn more_of(_: &str, _: &str, _: &AuthInfo) -> Requirement {
    Requirement::scope(B)
}

async fn allowed_of(_: &AuthInfo, _: &str, _: &str) -> ::std::result::Result<(), PolicyError> {
    ::std::future::ready(()).await;
    ::std::result::Result::Ok(())
}

/// A resource that decides on its variables.
#[resource(
    uri = "x://{type}/{n}",
    scopes = ["a:{type}", B],
    scopes_for = more_of,
    policy = allowed_of,
    mime_type = "text/plain",
    crate = renamed
)]
#[must_use]
pub fn decided_resource(r#type: Text, n: Text, auth: AuthInfo) -> Text {
    ::std::mem::drop((n, auth));
    r#type
}

/// Of every visibility.
pub mod visible {
    use ::mcp_authz::tool;

    /// Everywhere.
    #[tool(anonymous)]
    pub fn everywhere() {}

    #[tool(anonymous)]
    pub(crate) fn in_the_crate() {}

    #[tool(anonymous)]
    pub(super) fn above() {}

    #[tool(anonymous)]
    pub(in crate::visible) fn here() {}

    #[tool(anonymous)]
    fn private() {}

    #[::core::prelude::v1::test]
    fn all_are_named() {
        ::std::assert_eq!(here::tool().name(), "here");
        ::std::assert_eq!(private::tool().name(), "private");
    }
}

/// Renamed, and a reserved word.
#[tool(authenticated, crate = renamed)]
#[must_use]
pub fn r#type() -> Json<u8> {
    Json(1)
}

/// Deprecated and never called here.
#[deprecated]
#[tool(authenticated)]
#[must_use]
pub const fn old() -> Text {
    Text::new()
}

#[tool(authenticated)]
#[cfg(any())]
fn absent() -> Nothing {}

/// What is declared by another macro.
macro_rules! declare {
    ($name:ident, $scope:literal, $title:expr) => {
        #[tool(scopes = [$scope, B], title = $title)]
        fn $name() -> Text {
            $scope.to_owned()
        }
    };
    ($name:ident, $argument:ident: $ty:ty) => {
        #[tool(authenticated)]
        fn $name(#[arg] $argument: $ty, #[arg] own: $ty) {
            ::std::mem::drop(($argument, own));
        }
    };
}

declare!(declared, "c", "Declared");
declare!(with_an_argument, argument: Text);

#[::core::prelude::v1::test]
fn each_kind_is_registered_apart() {
    let prompts = ::mcp_authz::__private::inventory::iter::<PromptEntry>;
    let names = prompts.into_iter().map(PromptEntry::name);
    assert!(names.eq(["decided_prompt"]));
    assert!(!registered("decided_prompt"));
    let resources = ::mcp_authz::__private::inventory::iter::<ResourceEntry>;
    let names = resources.into_iter().map(ResourceEntry::name);
    assert!(names.eq(["decided_resource"]));
}

fn registered(name: &str) -> bool {
    ::mcp_authz::__private::inventory::iter::<ToolEntry>
        .into_iter()
        .any(|tool| tool.name() == name)
}

#[::core::prelude::v1::test]
fn every_function_is_registered() {
    for name in [
        "shadows.everything",
        "decides",
        "one_by_one",
        "many",
        "everywhere",
        "in_the_crate",
        "above",
        "here",
        "private",
        "type",
        "old",
        "declared",
        "with_an_argument",
        "inside",
    ] {
        assert!(registered(name), "{name}");
    }
    assert!(!registered("absent"));
}

#[::core::prelude::v1::test]
fn functions_and_entries_share_a_name() {
    visible::above();
    visible::in_the_crate();
    assert_eq!(visible::above::tool().name(), "above");
    assert_eq!(visible::in_the_crate::tool().name(), "in_the_crate");
    assert_eq!(r#type().0, 1);
    assert_eq!(r#type::tool().name(), "type");
    assert_eq!(declared(), "c");
}

#[::core::prelude::v1::test]
fn a_function_inside_a_block_is_a_tool() {
    struct Local(Json<u8>);

    const LOCAL: Scope = Scope::new("local");

    #[tool(scopes = [LOCAL])]
    fn inside(auth: ::std::option::Option<AuthInfo>) -> Json<u8> {
        let Local(json) = Local(Json(auth.map_or(1, |_| 2)));
        json
    }

    assert_eq!(inside(::std::option::Option::None).0, 1);
    let ::mcp_authz::Access::Scopes(scopes) = inside::tool().access() else {
        ::std::panic!("no scopes");
    };
    assert_eq!(scopes.scopes().iter().next(), Just(&LOCAL));
}
