//! What a server wants its tenant to have.

use std::collections::BTreeMap;

use super::{kept_back, words};
use crate::Manifest;
use crate::scope::{Scope, placeholders};

/// What a server needs at its Logto tenant. [`plan`](Self::plan) compares it with what is there.
///
/// Needs the feature `logto`.
///
/// By itself it stands for the API resource of the server's URI, a scope for every scope that the
/// server's tools ask for, a role that holds what is for everybody, and, where tools ask for identity (`profile`,
/// `email`, `phone`, `address`, `roles`), the token customizer that puts the claims of the granted
/// scopes into tokens for this server. The rest is asked for:
///
/// ```no_run
/// # async fn example(server: mcp_authz::Server, logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
/// use mcp_authz::logto::Provisioning;
///
/// let plan = Provisioning::of(server.manifest())
///     .scope("mail:send", "Send mail in your name") // instead of what the server says
///     .default_role() // everybody who signs up from now on has it
///     .assign_role_to_everybody() // and whoever has signed up before
///     .third_party_app("qzp5v3sc8zqlp5jqmc2xk") // an agent that may ask for what the role holds
///     .plan(&logto)
///     .await?;
/// println!("{plan}");
/// # Ok(()) }
/// ```
///
/// **What the consent screen says** of a scope is what its author says of it
/// ([`Scope::described`](crate::Scope::described)); for the identity scopes, what they release; otherwise the
/// first sentence of the documentation of the tools that ask for it.
///
/// **Not for everybody** is a scope that only concealed and first-party tools ask for, and one that includes
/// such a scope ([`Hierarchy`](crate::Hierarchy)): it is made, but it is in the role and in the list of an
/// agent only where it is named, by [`role_scopes`](Self::role_scopes) and
/// [`third_party_app_with`](Self::third_party_app_with). The plan says what it keeps back. Such a scope is
/// better off in a role of its own, by a second plan:
///
/// ```no_run
/// # async fn example(server: mcp_authz::Server, logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
/// use mcp_authz::logto::Provisioning;
///
/// let auditors = Provisioning::of(server.manifest())
///     .role("auditor")
///     .role_scopes(["mail:audit"])
///     .assign_role_to(["4xkqs2oehfpw"]);
/// auditors.plan(&logto).await?.apply(&logto).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Provisioning {
    pub(super) server: String,
    pub(super) resource: String,
    /// What the consent screen says of each scope.
    pub(super) scopes: BTreeMap<String, String>,
    /// What nobody gets unless it is named, with why.
    pub(super) kept_back: BTreeMap<String, String>,
    /// What the server has and a tenant cannot.
    pub(super) notes: Vec<String>,
    pub(super) problems: Vec<String>,
    pub(super) role: String,
    pub(super) role_scopes: Option<Vec<String>>,
    pub(super) default_role: bool,
    pub(super) assignment: Assignment,
    pub(super) customizer: bool,
    pub(super) rewords: bool,
    pub(super) agents: Vec<Agent>,
}

/// Who gets the role by the plan.
#[derive(Clone, Debug)]
pub(super) enum Assignment {
    Nobody,
    These(Vec<String>),
    Everybody,
}

/// Whose list of scopes is to hold some, or all.
#[derive(Clone, Debug)]
pub(super) struct Agent {
    /// An application by its id, or whoever brings a client ID metadata document.
    pub(super) app_id: Option<String>,
    pub(super) scopes: Option<Vec<String>>,
}

impl Provisioning {
    /// What the server with this manifest needs.
    pub fn of(manifest: &Manifest) -> Self {
        let mut wanted = Self {
            server: manifest.name.clone(),
            resource: manifest.resource.clone(),
            scopes: BTreeMap::new(),
            kept_back: kept_back::of(manifest),
            notes: Vec::new(),
            problems: Vec::new(),
            role: format!("{} user", manifest.name),
            role_scopes: None,
            default_role: false,
            assignment: Assignment::Nobody,
            customizer: true,
            rewords: false,
            agents: Vec::new(),
        };
        let scopes = manifest.items.iter().flat_map(|item| &item.scopes);
        for scope in scopes {
            if let Some(why) = unfit(scope) {
                wanted.note(format!("scope {scope:?} is left out: {why}"));
            } else if !wanted.scopes.contains_key(scope) {
                let words = words::consent(scope, manifest);
                wanted.scopes.insert(scope.clone(), words);
            }
        }
        for item in &manifest.items {
            if item.more_by_arguments {
                let (kind, name) = (item.kind, &item.name);
                let role = match kept_back::is_for_few(item) {
                    true => ", and what everybody may have with `.role_scopes([..])`",
                    false => "",
                };
                wanted.note(format!(
                    "{kind} {name:?} asks for more by its arguments: name those scopes with `.scope(..)`{role}"
                ));
            }
        }
        wanted
    }

    fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Adds a scope, or says what the consent screen is to say of one. One that is added is for everybody;
    /// one that is kept back stays so.
    pub fn scope(mut self, name: impl Into<String>, description: impl Into<String>) -> Self {
        let name = name.into();
        let problem = match name.parse::<Scope>() {
            Ok(_) => unfit(&name),
            Err(_) => Some("it is no scope (RFC 6749 section 3.3)"),
        };
        match problem {
            Some(why) => self.problems.push(format!("scope {name:?}: {why}")),
            None => drop(self.scopes.insert(name, description.into())),
        }
        self
    }

    /// The name of the role that holds the scopes; `<server> user` by default.
    pub fn role(mut self, name: impl Into<String>) -> Self {
        self.role = name.into();
        self
    }

    /// What the role holds, and nothing else: in place of every scope of the server that is for everybody.
    /// Nothing is taken out of a role that there is.
    ///
    /// ```
    /// use mcp_authz::logto::Provisioning;
    ///
    /// # fn example(server: mcp_authz::Server) {
    /// // Who signs up can read; to write, somebody must give them another role.
    /// let wanted = Provisioning::of(server.manifest())
    ///     .role_scopes(["profile", "email", "notes:read"])
    ///     .default_role();
    /// # let _ = wanted; }
    /// ```
    pub fn role_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.role_scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Everybody who signs up from now on is to have the role.
    pub fn default_role(mut self) -> Self {
        self.default_role = true;
        self
    }

    /// These people are to have the role, by their ids (`sub` of their tokens).
    pub fn assign_role_to<I: Into<String>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        let ids = ids.into_iter().map(Into::into).collect();
        self.assignment = Assignment::These(ids);
        self
    }

    /// Whoever has signed up by now is to have the role.
    pub fn assign_role_to_everybody(mut self) -> Self {
        self.assignment = Assignment::Everybody;
        self
    }

    /// Leaves the token customizer alone: claims come from elsewhere, or the tenant's own script adds
    /// them.
    pub fn without_token_customizer(mut self) -> Self {
        self.customizer = false;
        self
    }

    /// Changes what the consent screen says where the tenant says something else. Without it only what
    /// has no description gets one, so that words which somebody wrote in the console stay.
    ///
    /// ```
    /// use mcp_authz::logto::Provisioning;
    ///
    /// # fn example(server: mcp_authz::Server) {
    /// // The words in the source are the ones that count.
    /// let wanted = Provisioning::of(server.manifest())
    ///     .scope("mail:send", "Send mail in your name")
    ///     .reword_scopes();
    /// # let _ = wanted; }
    /// ```
    pub fn reword_scopes(mut self) -> Self {
        self.rewords = true;
        self
    }

    /// A third-party application, by its id, that may ask people for every scope of the server that is for
    /// everybody.
    pub fn third_party_app(mut self, app_id: impl Into<String>) -> Self {
        self.agents.push(Agent {
            app_id: Some(app_id.into()),
            scopes: None,
        });
        self
    }

    /// A third-party application, by its id, that may ask people for these scopes of the server.
    ///
    /// ```
    /// use mcp_authz::logto::Provisioning;
    ///
    /// # fn example(server: mcp_authz::Server) {
    /// // One agent may ask for what the role holds, another for one scope alone.
    /// let wanted = Provisioning::of(server.manifest())
    ///     .third_party_app("qzp5v3sc8zqlp5jqmc2xk")
    ///     .third_party_app_with("1vn8zq4krw0dt", ["mail:read"]);
    /// # let _ = wanted; }
    /// ```
    pub fn third_party_app_with<S: Into<String>>(
        mut self,
        app_id: impl Into<String>,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        self.agents.push(Agent {
            app_id: Some(app_id.into()),
            scopes: Some(scopes.into_iter().map(Into::into).collect()),
        });
        self
    }

    /// Agents with a client ID metadata document are let in, and may ask people for these scopes of
    /// the server: any agent of the internet, so name what a stranger may ask for.
    ///
    /// ```
    /// use mcp_authz::logto::Provisioning;
    ///
    /// # fn example(server: mcp_authz::Server) {
    /// let wanted = Provisioning::of(server.manifest()).metadata_documents(["profile"]);
    /// # let _ = wanted; }
    /// ```
    pub fn metadata_documents<S: Into<String>>(
        mut self,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        self.agents.push(Agent {
            app_id: None,
            scopes: Some(scopes.into_iter().map(Into::into).collect()),
        });
        self
    }
}

/// Why a tenant cannot have this scope for an API resource.
fn unfit(scope: &str) -> Option<&'static str> {
    match scope {
        "openid" | "offline_access" => Some("it is no scope of an API; agents ask Logto for it"),
        _ if placeholders(scope).next().is_some() => {
            Some("its name has a variable: add the scopes with their values by `.scope(..)`")
        }
        _ => None,
    }
}
