//! What a server wants its tenant to have.

use std::collections::BTreeMap;

use super::words;
use crate::Manifest;
use crate::scope::{Scope, placeholders};

/// What a server needs at its Logto tenant. [`plan`](Self::plan) compares it with what is there.
///
/// Needs the feature `logto`.
///
/// By itself it stands for the API resource of the server's URI, a scope for every scope that the
/// server's tools ask for, a role that holds them, and, where tools ask for identity (`profile`,
/// `email`, `phone`, `address`, `roles`), the token customizer that puts the claims of the granted
/// scopes into tokens for this server. The rest is asked for:
///
/// ```no_run
/// # async fn example(server: mcp_authz::Server, logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
/// use mcp_authz::logto::Provisioning;
///
/// let plan = Provisioning::of(server.manifest())
///     .scope("mail:send", "Send mail in your name") // instead of the tool's documentation
///     .default_role() // everybody who signs up from now on has it
///     .assign_role_to_everybody() // and whoever has signed up before
///     .third_party_app("qzp5v3sc8zqlp5jqmc2xk") // an agent that may ask for all of it
///     .plan(&logto)
///     .await?;
/// println!("{plan}");
/// # Ok(()) }
/// ```
///
/// **What the consent screen says** of a scope is what its author says of it
/// ([`Scope::described`](crate::Scope::described)); for the identity scopes, what they release; otherwise the
/// first sentence of the documentation of the tools that ask for it.
#[derive(Clone, Debug)]
#[must_use]
pub struct Provisioning {
    pub(super) server: String,
    pub(super) resource: String,
    /// What the consent screen says of each scope.
    pub(super) scopes: BTreeMap<String, String>,
    /// What the server has and a tenant cannot.
    pub(super) notes: Vec<String>,
    pub(super) problems: Vec<String>,
    pub(super) role: String,
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
            notes: Vec::new(),
            problems: Vec::new(),
            role: format!("{} user", manifest.name),
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
                wanted.note(format!(
                    "{kind} {name:?} asks for more by its arguments: name those scopes with `.scope(..)`"
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

    /// Adds a scope, or says what the consent screen is to say of one.
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
    pub fn reword_scopes(mut self) -> Self {
        self.rewords = true;
        self
    }

    /// A third-party application, by its id, that may ask people for every scope of the server.
    pub fn third_party_app(mut self, app_id: impl Into<String>) -> Self {
        self.agents.push(Agent {
            app_id: Some(app_id.into()),
            scopes: None,
        });
        self
    }

    /// A third-party application, by its id, that may ask people for these scopes of the server.
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
