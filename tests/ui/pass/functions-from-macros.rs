#![deny(warnings)]
use mcp_authz::rmcp::model::JsonObject;
use mcp_authz::{AuthInfo, Parameters, PolicyError, Requirement, Scope, resource, tool};

pub const MAIL: Scope = Scope::new("mail");

pub fn nobody_else(_: &AuthInfo) -> Result<(), PolicyError> {
    Ok(())
}

fn more(_: &JsonObject, _: &AuthInfo) -> Requirement {
    Requirement::scope(MAIL)
}

mod facade {
    pub use mcp_authz as inner;
}

/// Everything that a fragment can be.
macro_rules! declare {
    (
        $(#[$meta:meta])* $vis:vis $name:ident($($(#[$of:meta])* $argument:ident: $ty:ty),*) -> $output:ty $body:block
        as $title:literal, $scopes:expr, $policy:path
    ) => {
        $(#[$meta])*
        #[tool(scopes = $scopes, title = $title, policy = $policy)]
        $vis async fn $name($($(#[$of])* $argument: $ty),*) -> $output $body
    };
}

declare! {
    /// Sends.
    #[allow(unused)]
    pub send(
        /// Whom to write to.
        to: String,
        auth: AuthInfo,
        #[arg] copies: Option<Vec<String>>
    ) -> String { to }
    as "Send", all("a", any("b", MAIL)), nobody_else
}

declare!(list(_auth: AuthInfo) -> mcp_authz::Json<u8> { mcp_authz::Json(1) } as "List", ["a", MAIL], nobody_else);

macro_rules! with_arguments {
    ($name:ident, $pattern:pat, $ty:ty) => {
        #[tool(authenticated, scopes_for = more)]
        fn $name($pattern: $ty) {}
    };
}

with_arguments!(decided, _, Parameters<JsonObject>);

macro_rules! from_this_crate {
    ($name:ident, $uri:literal, $variable:ident) => {
        #[$crate::facade::inner::resource(
            uri = $uri,
            scopes = [$crate::MAIL],
            policy = $crate::nobody_else,
            crate = $crate::facade::inner
        )]
        fn $name($variable: String) -> String {
            $variable
        }
    };
}

from_this_crate!(file, "files://{path}", path);

macro_rules! whole {
    ($item:item) => {
        #[resource(uri = "x:y", authenticated)]
        $item
    };
}

whole!(
    fn whole() -> String {
        String::new()
    }
);

fn main() {
    let _ = (send::tool(), list::tool(), decided::tool(), file::resource());
    let _ = whole();
}
