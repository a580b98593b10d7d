//! The author's list of rules for a handler.

use std::panic::Location;

use super::rule::Rule;

/// The rules of a handler that was not annotated: who may run what.
///
/// Everything that the handler offers needs one; what it offers later, and has none, is refused. Where each is
/// written is part of the [`Manifest`](crate::Manifest) and of what is said of it at start.
///
/// ```
/// use mcp_authz::{Rule, Rules, scopes};
///
/// let rules = Rules::new()
///     .tool("send", scopes!["mail:send"])
///     .tool("whoami", Rule::authenticated())
///     .tools(["list", "search"], scopes!["mail:read"])
///     .prompt("summarize", scopes!["mail:read"])
///     .resource("mail://folders", scopes!["mail:read"])
///     .resource("mail://folders/{folder}", scopes!["mail:{folder}:read"])
///     .method("acme/reindex", scopes!["mail:admin"]);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Rules {
    pub(crate) tools: Vec<Written>,
    pub(crate) prompts: Vec<Written>,
    pub(crate) resources: Vec<Written>,
    /// Those of `resources` that the handler is not expected to list.
    pub(crate) unlisted: Vec<String>,
    pub(crate) methods: Vec<Written>,
}

/// A rule, for whom, and where its author wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) name: String,
    pub(crate) rule: Rule,
    pub(crate) at: &'static Location<'static>,
}

impl Written {
    #[track_caller]
    fn new(name: impl Into<String>, rule: impl Into<Rule>) -> Self {
        Self {
            name: name.into(),
            rule: rule.into(),
            at: Location::caller(),
        }
    }
}

impl Rules {
    /// No rules: nothing may be run.
    pub fn new() -> Self {
        Self::default()
    }

    /// Who may call a tool.
    #[track_caller]
    pub fn tool(mut self, name: impl Into<String>, rule: impl Into<Rule>) -> Self {
        self.tools.push(Written::new(name, rule));
        self
    }

    /// Who may call each of these tools.
    #[track_caller]
    pub fn tools<N: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = N>,
        rule: impl Into<Rule>,
    ) -> Self {
        let (rule, at) = (rule.into(), Location::caller());
        let named = names.into_iter().map(|name| Written {
            name: name.into(),
            rule: rule.clone(),
            at,
        });
        self.tools.extend(named);
        self
    }

    /// Who may get a prompt, and completions for it.
    #[track_caller]
    pub fn prompt(mut self, name: impl Into<String>, rule: impl Into<Rule>) -> Self {
        self.prompts.push(Written::new(name, rule));
        self
    }

    /// Who may read, watch and list a resource: a URI, byte for byte, or a template (RFC 6570) with
    /// `{name}` for a segment and `{+name}` for the rest of a path.
    ///
    /// A scope may name a variable of the template, as in `files:{bucket}:read`; only a value of
    /// letters, digits, `-`, `.`, `_` and `~` can then be asked for. A URI that several templates
    /// stand for needs the rules of all of them; one that has another spelling (`..`, `%2e`, a host
    /// in capitals, a dot behind what has a rule of its own) or more than 8 KiB is unknown.
    #[track_caller]
    pub fn resource(mut self, uri: impl Into<String>, rule: impl Into<Rule>) -> Self {
        self.resources.push(Written::new(uri, rule));
        self
    }

    /// The same for a resource that the handler serves without listing it.
    ///
    /// ```
    /// use mcp_authz::{Rules, scopes};
    ///
    /// let rules = Rules::new()
    ///     .resource("mail://folders", scopes!["mail:read"])
    ///     .unlisted_resource("mail://debug", scopes!["mail:admin"]);
    /// ```
    #[track_caller]
    pub fn unlisted_resource(mut self, uri: impl Into<String>, rule: impl Into<Rule>) -> Self {
        let uri = uri.into();
        self.unlisted.push(uri.clone());
        self.resource(uri, rule)
    }

    /// Who may send a request or notification of a method that MCP does not know, or `logging/setLevel`,
    /// which without a rule nobody may: one handler serves everybody, so the level that one caller sets is
    /// everybody's. All other methods of MCP are decided by what they name.
    ///
    /// ```
    /// use mcp_authz::{Rules, scopes};
    ///
    /// let rules = Rules::new()
    ///     .method("acme/reindex", scopes!["mail:admin"])
    ///     .method("logging/setLevel", scopes!["mail:admin"]);
    /// ```
    #[track_caller]
    pub fn method(mut self, method: impl Into<String>, rule: impl Into<Rule>) -> Self {
        self.methods.push(Written::new(method, rule));
        self
    }
}

/// All of these scopes, as a [`Requirement`](crate::Requirement).
///
/// ```
/// use mcp_authz::{Rules, scopes};
///
/// let rules = Rules::new().tool("send", scopes!["mail:read", "mail:send"]);
/// ```
///
/// A literal that is no scope does not compile:
///
/// ```compile_fail
/// mcp_authz::scopes!["mail send"];
/// ```
#[macro_export]
macro_rules! scopes {
    ($($scope:expr),+ $(,)?) => {
        $crate::Requirement::all([$({
            const SCOPE: $crate::Scope = $crate::Scope::new($scope);
            $crate::Requirement::scope(SCOPE)
        }),+])
    };
}
