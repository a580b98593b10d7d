//! The rules of one server, ready to be looked up.

use std::borrow::Cow;
use std::collections::HashSet;
use std::collections::btree_map::{BTreeMap, Values};
use std::sync::Arc;

use super::applied::Applied;
use super::methods::SET_LEVEL;
use super::operation::{Arguments, Operation};
use super::rule::Rule;
use super::rules::{Rules, Written};
use super::template::{Template, read_loosely};
use crate::clock::Clock;
use crate::registry::{Access, Kind};
use crate::scope::{Requirement, Terms};

/// Which items a caller is shown.
///
/// ```
/// use mcp_authz::{Server, Visibility};
///
/// let builder = Server::builder("mail").visibility(Visibility::Granted);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Visibility {
    /// All of them, each with what it requires, so that an agent can ask the person for more.
    #[default]
    All,
    /// What the caller may run now; what depends on arguments, when some arguments could pass.
    Granted,
}

/// Who may do what on one server. A server has few names: an ordered map finds one of them sooner than a
/// keyed hash is computed.
pub(crate) struct Rulebook {
    tools: BTreeMap<String, Rule>,
    prompts: BTreeMap<String, Rule>,
    resources: BTreeMap<String, Rule>,
    pub(super) templates: Vec<(Template, Rule)>,
    /// The URIs of `resources`, read loosely.
    loose: HashSet<String>,
    methods: BTreeMap<String, Rule>,
    pub(crate) terms: Arc<Terms>,
    pub(crate) visibility: Visibility,
    pub(crate) clock: Arc<dyn Clock>,
}

/// In bytes. What is longer names nothing: every template would read it, and the handler after them.
const LONGEST_URI: usize = 8 * 1024;

impl Rulebook {
    /// The rules, each name once. A template that cannot be read is left out, and so refused; the
    /// checks at start say so.
    pub(crate) fn new(
        rules: Rules,
        terms: Arc<Terms>,
        visibility: Visibility,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (templates, resources): (Vec<_>, Vec<_>) =
            named(rules.resources).partition(|(uri, _)| Template::is_template(uri));
        let templates = templates
            .into_iter()
            .filter_map(|(text, rule)| Some((Template::parse(&text).ok()?, rule)));
        let loose = resources.iter().map(|(uri, _)| read_loosely(uri));
        Self {
            loose: loose.collect(),
            tools: named(rules.tools).collect(),
            prompts: named(rules.prompts).collect(),
            resources: resources.into_iter().collect(),
            templates: templates.collect(),
            methods: named(rules.methods).collect(),
            terms,
            visibility,
            clock,
        }
    }

    /// Every rule that `operation` is under; none for what there is not.
    pub(super) fn applied<'a>(
        &'a self,
        operation: &Operation<'a>,
    ) -> impl Iterator<Item = Applied<'a>> + use<'a> {
        let fixed = self.fixed(operation);
        let (templates, uri) = match (operation, fixed) {
            (Operation::Resource(uri), None)
                if !self.templates.is_empty()
                    && uri.len() <= LONGEST_URI
                    && !self.is_alias(uri) =>
            {
                (self.templates.as_slice(), *uri)
            }
            _ => (&[][..], ""),
        };
        let lower = uri.to_ascii_lowercase();
        let fixed = fixed.into_iter().map(Applied::as_written);
        fixed.chain(
            templates
                .iter()
                .filter_map(move |(template, rule)| Applied::to_uri(template, rule, uri, &lower)),
        )
    }

    /// Whether a policy decides for whom something exists at all.
    pub(super) fn conceals_by_policy(&self, operation: &Operation<'_>) -> bool {
        let (mut is_concealed, mut has_policy) = (false, false);
        for applied in self.applied(operation) {
            is_concealed |= applied.rule.concealed;
            has_policy |= applied.has_policy();
        }
        is_concealed && has_policy
    }

    /// Whether a handler that reads loosely would take `uri` for a fixed one that it is not.
    pub(super) fn is_alias(&self, uri: &str) -> bool {
        self.loose.contains(&read_loosely(uri))
    }

    pub(super) fn fixed(&self, operation: &Operation<'_>) -> Option<&Rule> {
        match operation {
            Operation::Protocol => None,
            Operation::Setting => self.methods.get(SET_LEVEL),
            // In a shape that is not MCP's.
            Operation::Method(SET_LEVEL) => None,
            Operation::Tool(name, _) => self.tools.get(*name),
            Operation::Prompt(name, _) => self.prompts.get(*name),
            Operation::Resource(uri) => self.resources.get(*uri),
            Operation::Template(text) => self.template(text).map(|(_, rule)| rule),
            Operation::Method(method) => self.methods.get(*method),
        }
    }

    pub(super) fn template(&self, text: &str) -> Option<&(Template, Rule)> {
        let mut all = self.templates.iter();
        all.find(|(template, _)| template.as_str() == text)
    }

    /// Whether everybody is shown what `operation` would run.
    pub(super) fn shows_everybody(&self, operation: &Operation<'_>) -> bool {
        let mut rules = self.applied(operation);
        self.visibility == Visibility::All && rules.all(|applied| !applied.rule.concealed)
    }

    /// Whether some of a list of this kind can be left out for somebody.
    pub(super) fn leaves_out(&self, kind: Kind) -> bool {
        let conceals = |mut rules: Values<'_, String, Rule>| rules.any(|rule| rule.concealed);
        self.visibility != Visibility::All
            || match kind {
                Kind::Tool => conceals(self.tools.values()),
                Kind::Prompt => conceals(self.prompts.values()),
                Kind::Resource => {
                    let mut templates = self.templates.iter();
                    conceals(self.resources.values()) || templates.any(|(_, rule)| rule.concealed)
                }
                Kind::Method => false,
            }
    }

    /// What running an item would be, for every item of this kind.
    pub(super) fn items(&self, kind: Kind) -> Box<dyn Iterator<Item = Operation<'_>> + '_> {
        let some = Arguments::Some;
        match kind {
            Kind::Tool => {
                let names = self.tools.keys();
                Box::new(names.map(move |name| Operation::Tool(name, some)))
            }
            Kind::Prompt => {
                let names = self.prompts.keys();
                Box::new(names.map(move |name| Operation::Prompt(name, some)))
            }
            Kind::Resource => {
                let fixed = self.resources.keys().map(|uri| Operation::Resource(uri));
                let templates = self.templates.iter();
                let templates =
                    templates.map(|(template, _)| Operation::Template(template.as_str()));
                Box::new(fixed.chain(templates))
            }
            Kind::Method => Box::new(self.methods.keys().map(|name| Operation::Method(name))),
        }
    }

    /// Who may, by the first rule that `operation` is under.
    pub(super) fn access<'a>(&'a self, operation: &Operation<'a>) -> Option<Cow<'a, Access>> {
        self.applied(operation).next()?.access
    }

    /// What `operation` requires by its scopes, for whoever is shown it.
    pub(super) fn requirement<'a>(
        &'a self,
        operation: &Operation<'a>,
    ) -> Option<Cow<'a, Requirement>> {
        match self.access(operation)? {
            Cow::Borrowed(Access::Scopes(requirement)) => Some(Cow::Borrowed(requirement)),
            Cow::Owned(Access::Scopes(requirement)) => Some(Cow::Owned(requirement)),
            _ => None,
        }
    }
}

fn named(rules: Vec<Written>) -> impl Iterator<Item = (String, Rule)> {
    let rules = rules.into_iter();
    rules.map(|Written { name, rule, .. }| (name, rule))
}

impl std::fmt::Debug for Rulebook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rulebook").finish_non_exhaustive()
    }
}
