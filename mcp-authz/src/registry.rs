//! What annotated functions declared: the one place where a tool's access is written.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use rmcp::ErrorData;
use rmcp::model::{CallToolResponse, JsonObject};

use crate::extract::{Call, Signature};
use crate::gate::Rule;
use crate::scope::Requirement;

/// Who may call a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// A caller whose token carries these scopes.
    Scopes(Requirement),
    /// Any caller with a valid token.
    Authenticated,
    /// Anybody, once the server says [`allow_anonymous`](crate::ServerBuilder::allow_anonymous).
    Anonymous,
}

/// One declared tool: what `whoami::tool()` returns for an annotated `fn whoami`.
///
/// ```
/// use mcp_authz::tool;
///
/// /// The smallest tool.
/// #[tool(scopes = ["math"])]
/// fn one() -> String {
///     "1".to_owned()
/// }
///
/// assert_eq!(one::tool().name(), "one");
/// // The function is still a function.
/// assert_eq!(one(), "1");
/// ```
#[derive(Clone, Copy)]
pub struct ToolEntry(&'static ToolSpec);

/// The body of a [`ToolEntry`], written by the macro.
#[doc(hidden)]
pub struct ToolSpec {
    pub name: &'static str,
    pub title: Option<&'static str>,
    pub description: Option<&'static str>,
    pub hints: Hints,
    pub rule: fn() -> Rule,
    /// Describes every parameter, in order.
    pub signature: fn(&mut Signature),
    /// The JSON Schema of structured output, where the return type has one.
    pub output_schema: fn() -> Option<Arc<JsonObject>>,
    pub call: ToolFn,
    pub origin: Origin,
}

/// Extracts the parameters and runs the function.
#[doc(hidden)]
pub(crate) type ToolFn = for<'a> fn(Call<'a>) -> BoxFuture<'a, Result<CallToolResponse, ErrorData>>;

/// Names the future's type to the compiler, which could not infer it in the expansion.
#[doc(hidden)]
pub fn boxed<'a>(
    run: impl Future<Output = Result<CallToolResponse, ErrorData>> + Send + 'a,
) -> BoxFuture<'a, Result<CallToolResponse, ErrorData>> {
    Box::pin(run)
}

/// The four behaviour hints of MCP; `None` is "not said".
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints {
    pub read_only: Option<bool>,
    pub destructive: Option<bool>,
    pub idempotent: Option<bool>,
    pub open_world: Option<bool>,
}

/// Where a tool was declared.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub crate_name: &'static str,
    pub file: &'static str,
    pub line: u32,
}

impl Origin {
    /// `module_path` begins with the crate's name, which is there under any build system.
    #[must_use]
    pub const fn new(module_path: &'static str, file: &'static str, line: u32) -> Self {
        let mut end = 0;
        let mut rest = module_path.as_bytes();
        while let [byte, tail @ ..] = rest {
            if *byte == b':' {
                break;
            }
            rest = tail;
            end += 1;
        }
        let (crate_name, _) = module_path.split_at(end);
        Self {
            crate_name,
            file,
            line,
        }
    }
}

impl ToolEntry {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(spec: &'static ToolSpec) -> Self {
        Self(spec)
    }

    /// The name under which clients call it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Who may call it.
    #[must_use]
    pub fn access(&self) -> Access {
        self.rule().access
    }

    /// Who may call it, and what else is asked.
    pub(crate) fn rule(&self) -> Rule {
        (self.0.rule)()
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn spec(&self) -> &'static ToolSpec {
        self.0
    }

    /// Whether both name the same declaration.
    pub(crate) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl fmt::Debug for ToolEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolEntry")
            .field("name", &self.0.name)
            .field("access", &self.access())
            .finish_non_exhaustive()
    }
}

inventory::collect!(ToolEntry);

/// Every tool that the program declared, in a stable order: inventory visits in any.
pub(crate) fn declared() -> Vec<ToolEntry> {
    let mut tools: Vec<ToolEntry> = inventory::iter::<ToolEntry>.into_iter().copied().collect();
    tools.sort_by_key(|tool| {
        let Origin {
            crate_name,
            file,
            line,
        } = tool.0.origin;
        (tool.0.name, crate_name, file, line)
    });
    tools
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_names_its_crate() {
        assert_eq!(Origin::new("shop::tools::mail", "f", 1).crate_name, "shop");
        assert_eq!(Origin::new("shop", "f", 1).crate_name, "shop");
    }
}
