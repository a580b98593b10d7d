//! Which sign-in a client wants, and whether the person may be asked at all (OpenID Connect Core
//! §3.1.2.1, RFC 9470 §4).

use super::error::OAuthError;
use super::params::Params;

/// Who signed in, when, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignedIn {
    pub(super) username: String,
    pub(super) at: u64,
    /// What the sign-in counts as (`acr`).
    pub(super) acr: String,
}

/// How the person is to be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) none: bool,
    pub(super) login: bool,
    pub(super) consent: bool,
    /// How long ago the person may have signed in, in seconds.
    pub(super) max_age: Option<u64>,
    /// What the sign-in may count as, the best first; anything if there is none.
    pub(super) acr_values: Vec<String>,
}

impl Prompt {
    /// Reads what the client wants of a provider whose sign-ins can count as `known`.
    pub(super) fn read(params: &Params, known: &[String]) -> Result<Self, OAuthError> {
        let mut prompt = Self {
            max_age: read_max_age(params)?,
            acr_values: read_acr_values(params, known)?,
            ..Self::default()
        };
        let words = params.get("prompt")?.unwrap_or_default();
        let mut count = 0;
        for word in words.split_ascii_whitespace() {
            count += 1;
            match word {
                "none" => prompt.none = true,
                // The sign-in page is where an account is selected.
                "login" | "select_account" => prompt.login = true,
                "consent" => prompt.consent = true,
                _ => return Err(OAuthError::invalid_request("the prompt is not supported")),
            }
        }
        if prompt.none && count > 1 {
            return Err(OAuthError::invalid_request("prompt=none stands alone"));
        }
        Ok(prompt)
    }

    /// Whether this sign-in is the one that the client wants.
    pub(super) fn accepts(&self, who: &SignedIn, now: u64) -> bool {
        let age = now.saturating_sub(who.at);
        // 0 is the same as `prompt=login`, also within the second.
        let is_fresh = self.max_age.is_none_or(|most| most > 0 && age <= most);
        let is_right = self.acr_values.is_empty() || self.acr_values.contains(&who.acr);
        !self.login && is_fresh && is_right
    }

    /// What the next sign-in is to count as; anything if `None`.
    pub(super) fn wanted_acr(&self) -> Option<&str> {
        self.acr_values.first().map(String::as_str)
    }

    /// From here on, the sign-in that there is counts as recent: it was asked for, or it was recent
    /// when the client asked, and reading a page takes time.
    pub(super) fn settle(&mut self) {
        self.login = false;
        self.max_age = None;
    }
}

fn read_max_age(params: &Params) -> Result<Option<u64>, OAuthError> {
    let parse = |text: &str| {
        let problem = |_| OAuthError::invalid_request("max_age is not a number of seconds");
        text.parse().map_err(problem)
    };
    params.get("max_age")?.map(parse).transpose()
}

/// Keeps the values that can be met. None of several is an error: the client would only come back
/// (RFC 9470 §5).
fn read_acr_values(params: &Params, known: &[String]) -> Result<Vec<String>, OAuthError> {
    let Some(asked) = params.get("acr_values")? else {
        return Ok(Vec::new());
    };
    let can_be_met = |value: &&str| known.iter().any(|own| own == value);
    let values = asked.split_ascii_whitespace().filter(can_be_met);
    let values: Vec<String> = values.map(str::to_owned).collect();
    if values.is_empty() {
        return Err(OAuthError::new(
            "unmet_authentication_requirements",
            "nobody can sign in here in one of the ways of acr_values",
        ));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Prompt, &'static str> {
        let known = ["pwd".to_owned(), "mfa".to_owned()];
        let prompt = Prompt::read(&Params::parse(query.as_bytes()), &known);
        prompt.map_err(|error| error.code)
    }

    fn alice(acr: &str) -> SignedIn {
        SignedIn {
            username: "alice".into(),
            at: 100,
            acr: acr.into(),
        }
    }

    #[test]
    fn none_stands_alone_among_prompts() {
        assert_eq!(read("").unwrap(), Prompt::default());
        let both = read("prompt=login+consent").unwrap();
        assert!(both.login && both.consent && !both.none);
        assert!(read("prompt=none+login").is_err());
        assert!(read("prompt=create").is_err());
    }

    #[test]
    fn a_sign_in_may_be_too_old() {
        assert!(read("").unwrap().accepts(&alice("pwd"), u64::MAX));
        let recent = read("max_age=10").unwrap();
        assert!(recent.accepts(&alice("pwd"), 110));
        assert!(!recent.accepts(&alice("pwd"), 111));
        assert!(!read("max_age=0").unwrap().accepts(&alice("pwd"), 100));
        for wrong in ["max_age=-1", "max_age=x", "max_age=1&max_age=1"] {
            assert_eq!(read(wrong), Err("invalid_request"), "{wrong}");
        }
    }

    #[test]
    fn a_sign_in_may_be_of_another_kind() {
        let strong = read("acr_values=hw+mfa").unwrap();
        assert_eq!(strong.wanted_acr(), Some("mfa"));
        assert!(strong.accepts(&alice("mfa"), 100));
        assert!(!strong.accepts(&alice("pwd"), 100));
        let either = read("acr_values=mfa+pwd").unwrap();
        assert!(either.accepts(&alice("pwd"), 100));
        for wrong in ["acr_values=hw", "acr_values=MFA", "acr_values=+"] {
            assert_eq!(read(wrong), Err("unmet_authentication_requirements"));
        }
    }

    #[test]
    fn what_was_asked_for_is_not_asked_for_twice() {
        let mut prompt = read("prompt=login&max_age=0&acr_values=mfa").unwrap();
        assert!(!prompt.accepts(&alice("mfa"), 100));
        prompt.settle();
        assert!(prompt.accepts(&alice("mfa"), 100));
        assert!(
            !prompt.accepts(&alice("pwd"), 100),
            "that is of another kind"
        );
    }
}
