//! A plan, and the steps that it is made of.

use std::collections::BTreeMap;

use crate::logto::TokenCustomizer;

/// What a tenant lacks, found by [`Provisioning::plan`](super::Provisioning::plan).
///
/// Needs the feature `logto`.
///
/// Printed, it reads like a diff: `+` is made, `~` is changed, `!` stands in the way, `#` is worth
/// knowing. Nothing is ever deleted.
///
/// ```text
/// https://tenant.logto.app for whoami, https://mcp.example.com/mcp
/// + API resource https://mcp.example.com/mcp
/// +   scope email "See your e-mail address"
/// +   scope profile "See your profile: your name, user name, picture and the like"
/// + role "whoami user" with email profile
/// + token customizer: tokens for this server carry the claims of the granted scopes
///   third-party app "SmartMail" (qzp5v3sc8zqlp5jqmc2xk)
/// +   may ask for email profile
/// +   may ask for the user scopes email profile
/// ```
///
/// ```no_run
/// # async fn example(server: mcp_authz::Server, logto: mcp_authz::logto::Management) -> Result<(), mcp_authz::logto::Error> {
/// use mcp_authz::logto::Provisioning;
///
/// let plan = Provisioning::of(server.manifest()).plan(&logto).await?;
/// for problem in plan.problems() {
///     eprintln!("{problem}"); // with one of these, `apply` changes nothing
/// }
/// if !plan.is_empty() {
///     println!("{plan}\n{} changes", plan.len());
///     plan.apply(&logto).await?;
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a plan changes nothing before it is applied"]
pub struct Plan {
    pub(super) endpoint: String,
    pub(super) server: String,
    pub(super) resource: String,
    pub(super) role: String,
    pub(super) known: Known,
    pub(super) steps: Vec<Step>,
    pub(super) notes: Vec<String>,
    pub(super) problems: Vec<String>,
}

/// The ids that are known; making things adds to them.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) resource: Option<String>,
    /// By name.
    pub(super) scopes: BTreeMap<String, String>,
    pub(super) role: Option<String>,
}

/// One thing that is made or changed, in the order in which Logto needs them.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Resource,
    Scope {
        name: String,
        words: String,
    },
    Words {
        scope: String,
        old: String,
        new: String,
    },
    Role {
        scopes: Vec<String>,
        is_default: bool,
    },
    RoleScopes(Vec<String>),
    DefaultRole,
    Assignment(Vec<String>),
    Customizer {
        customizer: TokenCustomizer,
        is_new: bool,
    },
    MetadataDocuments,
    Consent(Consent),
}

/// What is added to the list of an agent.
#[derive(Clone, Debug)]
pub(super) struct Consent {
    /// Id and name of an application; whoever brings a client ID metadata document otherwise.
    pub(super) app: Option<(String, String)>,
    pub(super) scopes: Vec<String>,
    pub(super) user_scopes: Vec<String>,
}

impl Plan {
    /// Whether the tenant has everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.problems.is_empty()
    }

    /// How many things are made or changed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// What stands in the way, one sentence each: with one of these nothing is applied.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}
