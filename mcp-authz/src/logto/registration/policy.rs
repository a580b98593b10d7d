//! The guard rails: what may be registered, by anybody.

use std::borrow::Cow;

use super::super::ThirdPartyType;
use super::redirect;
use super::refusal::Refusal;
use crate::page::is_deceptive;
use crate::scope::{Scope, ScopeSet};

const MOST_REDIRECT_URIS: usize = 10;
const LONGEST_NAME: usize = 80;

/// What Logto lets every application ask for.
const FREE: [&str; 2] = ["openid", "offline_access"];

/// What agents may be registered, and how many.
///
/// Needs the feature `logto`.
///
/// ```
/// use mcp_authz::logto::RegistrationPolicy;
///
/// let policy = RegistrationPolicy::new(["profile", "email"]) // and not `mail:send`
///     .redirect_hosts(["agents.example.com"]) // https redirects go there alone
///     .apps_per_owner(3)
///     .apps_in_all(200);
/// ```
///
/// Redirect URIs are https, or for native applications http on a loopback host; without wildcard,
/// fragment, user name or a second spelling. Names are plain text. Neither can be turned off.
#[derive(Clone, Debug)]
#[must_use]
pub struct RegistrationPolicy {
    pub(super) scopes: Vec<String>,
    hosts: Option<Vec<String>>,
    pub(super) per_owner: usize,
    pub(super) in_all: usize,
    pub(super) per_minute: usize,
    per_owner_and_minute: Option<usize>,
}

/// What somebody submits, from either face.
pub(super) struct Submission {
    pub(super) name: Option<String>,
    pub(super) kind: ThirdPartyType,
    pub(super) redirect_uris: Vec<String>,
    /// All that may be asked for, where there is none.
    pub(super) scope: Option<String>,
}

/// What passed.
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) kind: ThirdPartyType,
    pub(super) redirect_uris: Vec<String>,
    pub(super) scopes: ScopeSet,
}

impl RegistrationPolicy {
    /// Agents may be given these scopes, the *ceiling*, and no others; `openid` and `offline_access`
    /// are every application's at Logto.
    pub fn new<S: Into<String>>(scopes: impl IntoIterator<Item = S>) -> Self {
        Self {
            scopes: scopes.into_iter().map(Into::into).collect(),
            hosts: None,
            per_owner: 5,
            in_all: 1_000,
            per_minute: 60,
            per_owner_and_minute: None,
        }
    }

    /// https redirects go to these hosts alone, compared exactly. Any public host is allowed
    /// otherwise.
    pub fn redirect_hosts<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        let hosts = hosts.into_iter().map(Into::into);
        self.hosts = Some(hosts.map(|host| host.to_ascii_lowercase()).collect());
        self
    }

    /// How many applications one owner may have at a time; 5 by default.
    pub fn apps_per_owner(mut self, most: usize) -> Self {
        self.per_owner = most;
        self
    }

    /// How many applications all owners may have together; 1,000 by default.
    pub fn apps_in_all(mut self, most: usize) -> Self {
        self.in_all = most;
        self
    }

    /// How many applications may be made in a minute, also those that do not stay; 60 by default, for
    /// owners together, and as many for those who do not say who they are. Whoever comes then is told
    /// to come back.
    pub fn apps_per_minute(mut self, most: usize) -> Self {
        self.per_minute = most;
        self
    }

    /// How many of these one owner may make; a quarter of [`apps_per_minute`](Self::apps_per_minute) by
    /// default, so that nobody uses up what others have as well. Those who do not say who they are have
    /// their number together.
    ///
    /// ```
    /// # use mcp_authz::logto::RegistrationPolicy;
    /// let policy = RegistrationPolicy::new(["profile"])
    ///     .apps_per_minute(100)
    ///     .apps_per_owner_per_minute(5);
    /// # let _ = policy;
    /// ```
    pub fn apps_per_owner_per_minute(mut self, most: usize) -> Self {
        self.per_owner_and_minute = Some(most);
        self
    }

    /// What one owner may make of a minute's applications.
    pub(super) fn share(&self) -> usize {
        let quarter = self.per_minute.div_ceil(4);
        self.per_owner_and_minute.unwrap_or(quarter)
    }

    /// What is written wrong in it.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = Vec::new();
        for scope in &self.scopes {
            if scope.parse::<Scope>().is_err() {
                problems.push(format!("{scope:?} is no scope (RFC 6749 section 3.3)"));
            }
        }
        for host in self.hosts.iter().flatten() {
            let url = url::Url::parse(&format!("https://{host}/"));
            if host.contains('*') || !url.is_ok_and(|url| url.host_str() == Some(host)) {
                problems.push(format!(
                    "{host:?} is no host: write its name alone, as in a URL"
                ));
            }
        }
        let limits = [self.per_owner, self.in_all, self.per_minute, self.share()];
        if limits.contains(&0) {
            problems.push("nobody may have an application: leave the registration out".into());
        }
        problems
    }

    /// Whether this may be registered.
    pub(super) fn admit(&self, submission: Submission) -> Result<Wanted, Refusal> {
        let Submission {
            name,
            kind,
            redirect_uris,
            scope,
        } = submission;
        self.check_redirect_uris(&redirect_uris, kind)?;
        let name = match name {
            Some(name) => checked(&name)?,
            None => unnamed(&redirect_uris),
        };
        Ok(Wanted {
            name,
            kind,
            scopes: self.within_ceiling(scope.as_deref())?,
            redirect_uris,
        })
    }

    fn check_redirect_uris(&self, uris: &[String], kind: ThirdPartyType) -> Result<(), Refusal> {
        if uris.is_empty() || uris.len() > MOST_REDIRECT_URIS {
            return Err(Refusal::redirect_uri("register 1 to 10 redirect URIs"));
        }
        for (number, uri) in uris.iter().enumerate() {
            // Which one, and not its text: that is the submitter's.
            let refused = |why| {
                let which = number + 1;
                Refusal::redirect_uri(format!("redirect URI number {which}: {why}"))
            };
            redirect::check(uri, kind, self.hosts.as_deref()).map_err(refused)?;
            if uris.iter().take(number).any(|other| other == uri) {
                return Err(refused("it is there twice"));
            }
        }
        Ok(())
    }

    fn within_ceiling(&self, asked: Option<&str>) -> Result<ScopeSet, Refusal> {
        let Some(asked) = asked else {
            return Ok(ScopeSet::parse(&self.scopes.join(" ")));
        };
        let mut scopes = ScopeSet::new();
        for name in asked.split(' ').filter(|name| !name.is_empty()) {
            let scope = name.parse::<Scope>();
            let scope = scope.map_err(|_| Refusal::metadata("`scope` is not a list of scopes"))?;
            if !FREE.contains(&name) && !self.scopes.iter().any(|own| own == name) {
                // A scope has no quote or backslash, and the description may have none (RFC 6749 §5.2).
                let text = format!("the scope '{name}' is none that can be registered here");
                return Err(Refusal::metadata(text));
            }
            scopes.insert(scope);
        }
        Ok(scopes)
    }
}

/// Whether every application may ask for it anyway.
pub(super) fn is_free(scope: &str) -> bool {
    FREE.contains(&scope)
}

/// A name stands on the consent page, in the operator's console and in mails.
fn checked(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    let refused = |text: &'static str| Err(Refusal::metadata(Cow::Borrowed(text)));
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return refused("the name has 1 to 80 characters");
    }
    if name.contains(['<', '>']) {
        return refused("the name has markup in it: write plain text");
    }
    if name.chars().any(is_deceptive) {
        return refused("the name has characters in it that are not seen");
    }
    Ok(name.to_owned())
}

/// Where it is at home, for a client that does not say who it is (`client_name` is optional).
fn unnamed(redirect_uris: &[String]) -> String {
    let first = redirect_uris.first();
    let url = first.and_then(|uri| url::Url::parse(uri).ok());
    let host = url.as_ref().and_then(url::Url::host_str);
    let name = format!("Agent at {}", host.unwrap_or("an unknown place"));
    name.chars().take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(name: Option<&str>, uris: &[&str], scope: Option<&str>) -> Result<Wanted, Refusal> {
        RegistrationPolicy::new(["profile", "mail:send"]).admit(Submission {
            name: name.map(str::to_owned),
            kind: ThirdPartyType::Native,
            redirect_uris: uris.iter().map(|uri| (*uri).to_owned()).collect(),
            scope: scope.map(str::to_owned),
        })
    }

    const HERE: &[&str] = &["http://127.0.0.1/cb"];

    #[test]
    fn what_passes_is_what_was_asked_for() {
        let wanted = admit(Some(" Smith & Co "), HERE, Some("profile openid")).unwrap();
        assert_eq!(wanted.name, "Smith & Co");
        assert_eq!(wanted.scopes.to_string(), "profile openid");
        let wanted = admit(None, &["https://agent.example/cb"], None).unwrap();
        assert_eq!(wanted.name, "Agent at agent.example");
        assert_eq!(wanted.scopes.to_string(), "profile mail:send");
        assert!(admit(None, HERE, Some("")).unwrap().scopes.is_empty());
        for name in ["\u{2709}\u{fe0f} Mail", "Почта", "邮件", "ईमेल"] {
            assert!(admit(Some(name), HERE, None).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_does_not_pass() {
        for name in [
            "",
            "  ",
            "<b>SmartMail</b>",
            "a\u{202e}b",
            "a\nb",
            "a\u{200b}b",
            // Nobody would see who asks.
            "\u{3164}",
            "\u{2800}\u{2800}",
            "\u{115f}\u{1160}",
            "Mail\u{34f}",
            "Mail\u{e0100}",
            &"x".repeat(81),
        ] {
            let refusal = admit(Some(name), HERE, None).err().unwrap();
            assert_eq!(refusal.code, "invalid_client_metadata", "{name:?}");
        }
        for scope in [
            "email",
            "mail",
            "mail:send2",
            "PROFILE",
            "a\"b",
            "profile\tmail:send",
        ] {
            let refusal = admit(None, HERE, Some(scope)).err().unwrap();
            assert_eq!(refusal.code, "invalid_client_metadata", "{scope:?}");
        }
        for uris in [
            &[][..],
            &["http://127.0.0.1/cb"; 2],
            &["http://a.example/cb"],
        ] {
            let refusal = admit(None, uris, None).err().unwrap();
            assert_eq!(refusal.code, "invalid_redirect_uri", "{uris:?}");
        }
        let many: Vec<String> = (0..11).map(|n| format!("https://a.example/{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(admit(None, &many, None).is_err());
    }

    #[test]
    fn what_is_written_wrong_is_told() {
        assert!(RegistrationPolicy::new(["a"]).problems().is_empty());
        let policy = RegistrationPolicy::new(["a b", ""])
            .redirect_hosts(["https://h", "h/x", "*.h.example", "H.example"])
            .apps_per_owner(0);
        assert_eq!(policy.problems().len(), 6, "{:?}", policy.problems());
    }
}
