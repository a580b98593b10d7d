//! Every tool, prompt and resource, by every set of scopes: what is listed and what is allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

use super::caller::{Caller, User};
use super::server::TestServer;
use super::tried::{NO_SCOPE, NO_TOKEN, Tried};
use super::unrun::Unrun;
use crate::error::{ConfigError, Error};
use crate::gate::{Template, Variables};
use crate::registry::Kind;
use crate::server::{GuardedItem, Server, UnderTest};

/// Says more of a person.
type Describe = dyn for<'a> Fn(Caller<'a, User>) -> Caller<'a, User> + Send + Sync;

/// Who may do what on a server, found out by trying: with every scope that some requirement names, with
/// each requirement's scopes, with those but one, with all, with none, and without a token.
///
/// Needs the feature `testing`.
///
/// The functions do not run: what is asked is the gate. Where you [give arguments](Self::arguments), the
/// tool or prompt is called with them, and does.
///
/// Most tests want [`assert_matrix!`](crate::assert_matrix), which makes one, checks it and returns it.
///
/// ```standalone_crate
/// use mcp_authz::testing::Matrix;
/// use mcp_authz::{Server, tool};
///
/// /// Counts the mails.
/// #[tool(scopes = ["mail:read"])]
/// fn count() -> String {
///     "3 mails".to_owned()
/// }
///
/// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
/// let tried = Matrix::of(Server::builder("mail")).scopes(["mail:send"]).run().await?;
/// assert!(tried.disagreements().is_empty());
/// # Ok(()) }
/// ```
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

    /// Calls this tool or prompt with these arguments: for what depends on them. For a template of
    /// resources, the URI that is asked for; it is not read.
    ///
    /// ```
    /// # use mcp_authz::{Server, testing::Matrix};
    /// use serde_json::json;
    ///
    /// let matrix = Matrix::of(Server::builder("mail"))
    ///     .arguments("send", json!({ "to": "bob" }))
    ///     .arguments("mail://{folder}", "mail://inbox");
    /// ```
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
    /// [`Error::Config`] as for [`TestServer::start`], and where [arguments](Self::arguments) are for nothing
    /// that the server has.
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
        check_names(&self.arguments, &probes)?;
        let mut tried = Tried::of(&probes);
        tried
            .by(&probes, (NO_TOKEN, None), &server.anonymous())
            .await;
        let all = all_scopes(&probes);
        let is_named = |set: &Vec<String>| {
            self.scopes.contains(set) || probes.iter().any(|probe| probe.needs(set))
        };
        // It grows with every scope of the server, so that its name would be another each time.
        let nameless = (!is_named(&all)).then_some(all);
        let mut sets = self.scopes.clone();
        sets.extend(scope_sets(&probes));
        let mut sets: Vec<Vec<String>> = sets.into_iter().collect();
        sets.sort_by_key(|set| (set.len(), set.clone()));
        for set in sets {
            let person = (self.person)(server.as_user("alice").scopes(&set));
            let who = match nameless.as_ref() == Some(&set) {
                _ if set.is_empty() => NO_SCOPE.to_owned(),
                true => "all scopes".to_owned(),
                false => set.join(" "),
            };
            let who = (who.as_str(), Some(set.as_slice()));
            tried.by(&probes, who, &person.keep_token()).await;
        }
        Ok(tried)
    }
}

/// Arguments for nothing would leave untried what they were meant for.
fn check_names(arguments: &BTreeMap<String, Value>, probes: &[Probe]) -> Result<(), ConfigError> {
    let all: Vec<&str> = probes.iter().map(|probe| &*probe.name).collect();
    let unknown = arguments
        .keys()
        .filter(|name| !all.contains(&name.as_str()));
    let problems = unknown.map(|name| {
        let all = all.join(", ");
        format!("the matrix has arguments for {name:?}, which the server does not have: name one of {all}")
    });
    ConfigError::check(problems.collect())
}

/// How one item is tried.
pub(super) struct Probe {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) requires: String,
    scopes: Vec<String>,
    /// What is sent: the method and its parameters.
    pub(super) request: Sent,
    /// Whether it is called without the arguments that it depends on: then some could pass, and the list
    /// shows it.
    pub(super) left_open: bool,
    /// Whether a handler may have it without listing it.
    pub(super) may_be_unlisted: bool,
}

impl Probe {
    fn of(item: &GuardedItem, arguments: Option<&Value>) -> Self {
        let (request, variables) = match item.kind {
            Kind::Resource => reading(&item.name, arguments),
            kind => (calling(kind, &item.name, arguments), Variables::new()),
        };
        let scopes = item.scopes.iter().map(|scope| filled(scope, &variables));
        Self {
            kind: item.kind,
            name: item.name.clone(),
            requires: item.requires.clone(),
            scopes: scopes.collect(),
            request,
            left_open: item.depends_on_arguments && arguments.is_none(),
            may_be_unlisted: item.crate_name.is_none(),
        }
    }
}

impl Probe {
    /// Whether these are its scopes, all of them and no other.
    fn needs(&self, scopes: &[String]) -> bool {
        self.scopes.iter().collect::<BTreeSet<_>>() == scopes.iter().collect()
    }
}

/// The method and its parameters.
type Sent = (&'static str, Value);

fn calling(kind: Kind, name: &str, arguments: Option<&Value>) -> Sent {
    let method = match kind {
        Kind::Prompt => "prompts/get",
        _ => "tools/call",
    };
    match arguments {
        Some(arguments) => (method, json!({ "name": name, "arguments": arguments })),
        None => (method, json!({ "name": name })),
    }
}

/// Reads a URI of the template, yours or any; and what its variables are there.
fn reading(name: &str, uri: Option<&Value>) -> (Sent, Variables) {
    let template = Template::parse(name).ok();
    // A number is a text as well.
    let example = || {
        let template = template.as_ref()?;
        let any = template
            .variables()
            .map(|name| (name.to_owned(), "1".to_owned()));
        template.expand(&any.collect())
    };
    let uri = uri.and_then(Value::as_str).map(str::to_owned);
    let uri = uri.or_else(example).unwrap_or_else(|| name.to_owned());
    let variables = template.and_then(|template| template.matches(&uri));
    let sent = ("resources/read", json!({ "uri": uri }));
    (sent, variables.unwrap_or_default())
}

/// A scope with the variables of a URI in it.
fn filled(scope: &str, variables: &Variables) -> String {
    let fill = |text: String, (name, value): (&String, &String)| {
        text.replace(&format!("{{{name}}}"), value)
    };
    variables.iter().fold(scope.to_owned(), fill)
}

/// Every scope that some item asks for.
fn all_scopes(probes: &[Probe]) -> Vec<String> {
    let all: BTreeSet<&String> = probes.iter().flat_map(|probe| &probe.scopes).collect();
    all.into_iter().cloned().collect()
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
/// Needs the feature `testing`.
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
///   no token           401 unauthorized
///   no scope           403 insufficient_scope
///   mail:read  listed  may
/// tool send needs mail:read mail:send
///   no token                     401 unauthorized
///   no scope                     403 insufficient_scope
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
