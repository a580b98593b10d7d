//! Every tool, prompt and resource, by every set of scopes: what is listed and what is allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Refused;
use super::caller::{Caller, Credentials, User};
use super::server::TestServer;
use super::unrun::Unrun;
use crate::error::Error;
use crate::gate::Template;
use crate::registry::Kind;
use crate::server::{GuardedItem, Server, UnderTest};

/// Says more of a person.
type Describe = dyn for<'a> Fn(Caller<'a, User>) -> Caller<'a, User> + Send + Sync;

/// Who may do what on a server, found out by trying: with every scope that some requirement names, with
/// each requirement's scopes, with those but one, with all, with none, and without a token.
///
/// The functions do not run: what is asked is the gate. Where you [give arguments](Self::arguments), the
/// tool or prompt is called with them, and does.
///
/// Most tests want [`assert_matrix!`](crate::assert_matrix), which makes one, checks it and returns it.
#[must_use = "nothing is tried before `run`"]
pub struct Matrix<S> {
    server: S,
    arguments: BTreeMap<String, Value>,
    scopes: BTreeSet<Vec<String>>,
    person: Box<Describe>,
}

impl<S: UnderTest> Matrix<S> {
    /// That of this server.
    pub fn of(server: S) -> Self {
        Self {
            server,
            arguments: BTreeMap::new(),
            scopes: BTreeSet::new(),
            person: Box::new(|person| person),
        }
    }

    /// Calls this tool or prompt with these arguments: for what depends on them.
    pub fn arguments(mut self, item: impl Into<String>, arguments: impl Into<Value>) -> Self {
        self.arguments.insert(item.into(), arguments.into());
        self
    }

    /// Tries these scopes as well.
    pub fn scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        let scopes: BTreeSet<String> = scopes.into_iter().map(Into::into).collect();
        self.scopes.insert(scopes.into_iter().collect());
        self
    }

    /// Says more of the person who calls: what a policy or a sign-in wants.
    ///
    /// ```
    /// # use mcp_authz::{Server, testing::Matrix};
    /// let matrix = Matrix::of(Server::builder("mail")).person(|person| person.claim("acr", "mfa"));
    /// ```
    pub fn person(
        mut self,
        more: impl Fn(Caller<'_, User>) -> Caller<'_, User> + Send + Sync + 'static,
    ) -> Self {
        self.person = Box::new(more);
        self
    }

    /// Starts the server, in which lists show what is granted, and tries.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] as for [`TestServer::start`].
    pub async fn run(mut self) -> Result<Tried, Error> {
        self.server.surroundings().show_what_is_granted();
        let app = None::<fn(&Server<Unrun<S::Handler>>) -> axum::Router>;
        let server = TestServer::begin(self.server, Unrun, app).await?;
        let probes: Vec<Probe> = server
            .manifest()
            .items
            .iter()
            .filter(|item| item.kind != Kind::Method)
            .map(|item| Probe::of(item, self.arguments.get(&item.name)))
            .collect();
        let mut tried = Tried::of(&probes);
        tried.by(&probes, "no token", &server.anonymous()).await;
        let mut sets = self.scopes;
        sets.extend(scope_sets(&probes));
        let mut sets: Vec<Vec<String>> = sets.into_iter().collect();
        sets.sort_by_key(|set| (set.len(), set.clone()));
        for set in sets {
            let person = (self.person)(server.as_user("alice").scopes(&set));
            let who = if set.is_empty() {
                "no scope".to_owned()
            } else {
                set.join(" ")
            };
            tried.by(&probes, &who, &person.keep_token()).await;
        }
        Ok(tried)
    }
}

/// How one item is tried.
struct Probe {
    kind: Kind,
    name: String,
    requires: String,
    scopes: Vec<String>,
    /// What is sent: the method and its parameters.
    request: (&'static str, Value),
    /// Whether it is called without the arguments that it depends on: then some could pass, and the list
    /// shows it.
    left_open: bool,
    /// Whether a handler may have it without listing it.
    may_be_unlisted: bool,
}

impl Probe {
    fn of(item: &GuardedItem, arguments: Option<&Value>) -> Self {
        let name = &item.name;
        let request = match item.kind {
            Kind::Resource => {
                let example = Template::parse(name).ok().and_then(|it| it.example());
                (
                    "resources/read",
                    json!({ "uri": example.as_ref().unwrap_or(name) }),
                )
            }
            kind => {
                let method = if kind == Kind::Prompt {
                    "prompts/get"
                } else {
                    "tools/call"
                };
                let params = match arguments {
                    Some(arguments) => json!({ "name": name, "arguments": arguments }),
                    None => json!({ "name": name }),
                };
                (method, params)
            }
        };
        Self {
            kind: item.kind,
            name: name.clone(),
            requires: item.requires.clone(),
            scopes: item.scopes.iter().map(|scope| filled(scope)).collect(),
            request,
            left_open: item.depends_on_arguments && arguments.is_none(),
            may_be_unlisted: item.crate_name.is_none(),
        }
    }
}

/// A scope with the variables of a URI as [`Template::example`] fills them in.
fn filled(scope: &str) -> String {
    let mut parts = scope.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (_, after) = part.split_once('}').unwrap_or_default();
        format!("{text}a{after}")
    })
}

/// What is worth trying. All subsets would be too many, and tell nothing more.
fn scope_sets(probes: &[Probe]) -> BTreeSet<Vec<String>> {
    let all: BTreeSet<&String> = probes.iter().flat_map(|probe| &probe.scopes).collect();
    let mut sets = BTreeSet::from([BTreeSet::new(), all.clone()]);
    sets.extend(all.iter().map(|scope| BTreeSet::from([*scope])));
    for probe in probes {
        let own: BTreeSet<&String> = probe.scopes.iter().collect();
        sets.extend(own.iter().map(|left_out| {
            let rest = own.iter().filter(|scope| *scope != left_out);
            rest.copied().collect()
        }));
        sets.insert(own);
    }
    let texts = |set: BTreeSet<&String>| set.into_iter().cloned().collect();
    sets.into_iter().map(texts).collect()
}

/// What came out of a [`Matrix`].
///
/// Printed, it has a line for each item and set of scopes, in a fixed order: for a
/// [snapshot](crate::assert_snapshot).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tried {
    /// By kind and name.
    pub items: Vec<TriedItem>,
}

/// One tool, prompt or resource of a [`Matrix`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TriedItem {
    /// What it is.
    pub kind: Kind,
    /// Its name, URI or template.
    pub name: String,
    /// Who may, as declared.
    pub requires: String,
    /// By whom it was tried, from no token to all scopes.
    pub by: Vec<Trial>,
    #[serde(skip)]
    left_open: bool,
    #[serde(skip)]
    may_be_unlisted: bool,
}

/// One attempt of a [`Matrix`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Trial {
    /// `no token`, `no scope`, or the scopes.
    pub caller: String,
    /// Whether the list shows it to them.
    pub listed: bool,
    /// How the call was refused, or nothing where it was let through.
    pub refused: Option<String>,
}

impl Tried {
    fn of(probes: &[Probe]) -> Self {
        let item = |probe: &Probe| TriedItem {
            kind: probe.kind,
            name: probe.name.clone(),
            requires: probe.requires.clone(),
            by: Vec::new(),
            left_open: probe.left_open,
            may_be_unlisted: probe.may_be_unlisted,
        };
        let items = probes.iter().map(item);
        Self {
            items: items.collect(),
        }
    }

    async fn by<By: Credentials>(&mut self, probes: &[Probe], who: &str, caller: &Caller<'_, By>) {
        // A kind that the server has none of has no list; who is refused is shown nothing.
        let shown = BTreeMap::from([
            (Kind::Tool, caller.tools().await.unwrap_or_default()),
            (Kind::Prompt, caller.prompts().await.unwrap_or_default()),
            (Kind::Resource, caller.resources().await.unwrap_or_default()),
        ]);
        for (item, probe) in self.items.iter_mut().zip(probes) {
            let (method, params) = probe.request.clone();
            let answer = caller.ask(method, params).await;
            let listed = shown
                .get(&probe.kind)
                .is_some_and(|all| all.contains(&probe.name));
            item.by.push(Trial {
                caller: who.to_owned(),
                listed,
                refused: answer.err().and_then(|refused| reason(&refused)),
            });
        }
    }

    /// Where the list and the call disagree, in words.
    #[must_use]
    pub fn disagreements(&self) -> Vec<String> {
        let of_item = |item: &TriedItem| {
            let is_listed = item.by.iter().any(|trial| trial.listed);
            let wrong = item.by.iter().filter_map(|trial| {
                let what = match (trial.listed, &trial.refused) {
                    (true, Some(refused)) if !item.left_open => {
                        format!("listed, and refused: {refused}")
                    }
                    (false, None) if is_listed || !item.may_be_unlisted => {
                        "not listed, and let through".to_owned()
                    }
                    _ => return None,
                };
                Some(format!(
                    "{} {}, with {}: {what}",
                    item.kind, item.name, trial.caller
                ))
            });
            wrong.collect::<Vec<_>>()
        };
        self.items.iter().flat_map(of_item).collect()
    }

    /// The body of [`assert_matrix!`](crate::assert_matrix).
    #[doc(hidden)]
    #[track_caller]
    pub fn assert(self) -> Self {
        let wrong = self.disagreements();
        assert!(
            wrong.is_empty(),
            "what is listed is not what is allowed:\n  {}\n\n{self}",
            wrong.join("\n  ")
        );
        self
    }
}

/// The class of a refusal; none for what the gate let through and the function did not want: arguments
/// that cannot be read.
fn reason(refused: &Refused) -> Option<String> {
    let in_challenge = refused.challenge().and_then(|first| first.error.as_deref());
    let status = refused.status();
    match (refused.error().or(in_challenge), refused.code()) {
        (Some(error), _) => Some(format!("{status} {error}")),
        (None, Some(code)) if refused.message().contains("not found") => {
            Some(format!("unknown ({code})"))
        }
        (None, Some(code)) => Some(format!("error {code}")),
        (None, None) => Some(status.to_string()),
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let callers = self.items.iter().flat_map(|item| &item.by);
        let width = callers.map(|trial| trial.caller.len()).max().unwrap_or(0);
        for item in &self.items {
            writeln!(f, "{} {} needs {}", item.kind, item.name, item.requires)?;
            for Trial {
                caller,
                listed,
                refused,
            } in &item.by
            {
                let listed = if *listed { "listed" } else { "      " };
                let refused = refused.as_deref().unwrap_or("may");
                writeln!(f, "  {caller:width$}  {listed}  {refused}")?;
            }
        }
        Ok(())
    }
}

impl<S> fmt::Debug for Matrix<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matrix")
            .field("arguments", &self.arguments)
            .finish_non_exhaustive()
    }
}

/// Asserts that what is listed is what is allowed: for every tool, prompt and resource, and every set of
/// scopes that can make a difference. Takes what your program serves, and arguments for what depends on
/// them; returns what was [tried](crate::testing::Tried), for a snapshot. To be used in an `async` test.
///
/// Without arguments it is the gate that is asked, and no function runs. With them, the function does: it
/// then disagrees with the list if it asks for more while it runs.
///
/// ```standalone_crate
/// use mcp_authz::testing::assert_matrix;
/// use mcp_authz::{Parameters, Server, ServerBuilder, schemars, serde, tool};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// #[serde(crate = "mcp_authz::serde")]
/// #[schemars(crate = "mcp_authz::schemars")]
/// struct Mail {
///     to: String,
/// }
///
/// /// Counts the mails.
/// #[tool(scopes = ["mail:read"])]
/// fn count() -> String {
///     "3 mails".to_owned()
/// }
///
/// /// Sends a mail.
/// #[tool(scopes = ["mail:read", "mail:send"])]
/// fn send(mail: Parameters<Mail>) -> String {
///     format!("sent to {}", mail.0.to)
/// }
///
/// fn server() -> ServerBuilder {
///     Server::builder("mail")
/// }
///
/// # #[tokio::main] async fn main() {
/// let tried = assert_matrix!(server(), "send" => { "to": "bob@example.com" });
/// let expected = "\
/// tool count needs mail:read
///   no token                     401 unauthorized
///   no scope                     403 insufficient_scope
///   mail:read            listed  may
///   mail:send                    403 insufficient_scope
///   mail:read mail:send  listed  may
/// tool send needs mail:read mail:send
///   no token                     401 unauthorized
///   no scope                     403 insufficient_scope
///   mail:read                    403 insufficient_scope
///   mail:send                    403 insufficient_scope
///   mail:read mail:send  listed  may
/// ";
/// assert_eq!(tried.to_string(), expected);
/// # }
/// ```
#[macro_export]
macro_rules! assert_matrix {
    ($server:expr $(, $item:expr => $arguments:tt)* $(,)?) => {
        match $crate::testing::Matrix::of($server)
            $(.arguments($item, $crate::testing::__json!($arguments)))*
            .run()
            .await
        {
            ::core::result::Result::Ok(tried) => tried.assert(),
            ::core::result::Result::Err(error) => ::core::panic!("{error}"),
        }
    };
}
