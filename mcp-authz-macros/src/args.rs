//! The attribute's arguments, as written.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, ExprPath, LitInt, LitStr, Path, Token};

use crate::errors::Errors;
use crate::kind::Kind;
use crate::near::nearest;
use crate::scopes::Scopes;
use crate::values::{
    bare, flag, function, path, prose, scopes, seconds, skip_to_comma, text, value, words,
};

/// Who may call.
pub(crate) enum Access {
    Scopes(Scopes),
    Authenticated,
    Anonymous,
}

/// What is asked of a caller besides.
#[derive(Default)]
pub(crate) struct Demands {
    pub(crate) scopes_for: Option<ExprPath>,
    pub(crate) policy: Option<ExprPath>,
    pub(crate) max_age: Option<LitInt>,
    pub(crate) acr_values: Vec<LitStr>,
    pub(crate) conceal: bool,
}

/// The four behaviour hints of MCP; `None` is "not said".
#[derive(Default)]
pub(crate) struct Hints {
    pub(crate) read_only: Option<bool>,
    pub(crate) destructive: Option<bool>,
    pub(crate) idempotent: Option<bool>,
    pub(crate) open_world: Option<bool>,
}

pub(crate) struct Args {
    kind: Kind,
    pub(crate) access: Option<Access>,
    pub(crate) demands: Demands,
    pub(crate) name: Option<LitStr>,
    pub(crate) title: Option<Expr>,
    pub(crate) description: Option<Expr>,
    pub(crate) hints: Hints,
    pub(crate) uri: Option<LitStr>,
    pub(crate) mime_type: Option<LitStr>,
    pub(crate) toolset: Option<LitStr>,
    pub(crate) krate: Option<Path>,
    keys: Vec<Ident>,
    /// A key that tries to declare access, even wrongly: no second error about it missing.
    access_key: Option<Ident>,
    /// What a string without a key tries to say: no second error about that missing.
    tried: Option<&'static str>,
}

impl Args {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            access: None,
            demands: Demands::default(),
            name: None,
            title: None,
            description: None,
            hints: Hints::default(),
            uri: None,
            mime_type: None,
            toolset: None,
            krate: None,
            keys: Vec::new(),
            access_key: None,
            tried: None,
        }
    }

    pub(crate) fn parse(kind: Kind, tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::new(kind);
        let outcome = Parser::parse2(
            |input: ParseStream<'_>| {
                args.read_all(input, errors);
                Ok(())
            },
            tokens,
        );
        // What a failed argument left inside its brackets is no mistake of its own.
        if let Err(error) = outcome
            && errors.is_empty()
        {
            errors.push(error);
        }
        args.refuse_demands_on_nobody(errors);
        args.refuse_a_contradiction(errors);
        args
    }

    /// An anonymous caller has no scopes, no sign-in and no claims.
    fn refuse_demands_on_nobody(&self, errors: &mut Errors) {
        if !matches!(self.access, Some(Access::Anonymous)) {
            return;
        }
        let demands = ["scopes_for", "policy", "max_age", "acr_values", "conceal"];
        let is_demand = |key: &&Ident| demands.iter().any(|demand| key == demand);
        for key in self.keys.iter().filter(is_demand) {
            errors.at(
                key,
                format!("`{key}` asks something of the caller, and an `anonymous` one is nobody: write `authenticated`"),
            );
        }
    }

    /// Whoever reads one of the two believes the wrong one.
    fn refuse_a_contradiction(&self, errors: &mut Errors) {
        let Hints {
            read_only: Some(true),
            destructive: Some(true),
            ..
        } = self.hints
        else {
            return;
        };
        let key = self.keys.iter().find(|key| *key == "destructive");
        errors.at(
            key,
            "`read_only` says that it changes nothing, so it destroys nothing: take one of them out",
        );
    }

    /// Whether the author tried to say this.
    pub(crate) fn names(&self, key: &str) -> bool {
        let mut known = self.keys.iter();
        self.tried == Some(key)
            || known.any(|known| nearest(self.kind, &known.to_string()) == Some(key))
    }

    /// Whether the author tried to say who may call.
    pub(crate) fn names_access(&self) -> bool {
        self.access_key.is_some() || self.tried == Some("scopes")
    }

    fn read_all(&mut self, input: ParseStream<'_>, errors: &mut Errors) {
        while !input.is_empty() {
            if let Err(error) = self.read_one(input, errors) {
                errors.push(error);
                skip_to_comma(input);
            }
            // Absent after the last argument only: `read_one` looked for it.
            let _ = input.parse::<Token![,]>();
        }
    }

    fn read_one(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let key = match Ident::parse_any(input) {
            Ok(key) => key.unraw(),
            Err(error) => return Err(self.without_a_key(input, &error)),
        };
        let (is_known, counts) = self.note(&key, errors);
        match value(&key, input, errors) {
            Ok(value) if counts => self.accept(&key, value.as_ref(), errors),
            // Nobody knows what it should have looked like.
            Err(_) if !is_known => skip_to_comma(input),
            outcome => drop(outcome?),
        }
        Ok(())
    }

    /// What stands where an argument should.
    fn without_a_key(&mut self, input: ParseStream<'_>, error: &Error) -> Error {
        let Ok(text) = input.fork().parse::<LitStr>() else {
            let told = "expected an argument, such as `scopes = [\"profile\"]`";
            return Error::new(error.span(), told);
        };
        let literal = text.to_token_stream();
        let is_uri = self.kind == Kind::Resource && !self.names("uri");
        let told = match (is_uri, &self.access) {
            (true, _) => format!("expected an argument, such as `uri = {literal}`"),
            (false, Some(Access::Scopes(_))) => {
                "several scopes are one list: `scopes = [\"profile\", \"email\"]`".to_owned()
            }
            (false, _) => format!("expected an argument, such as `scopes = [{literal}]`"),
        };
        self.tried = Some(if is_uri { "uri" } else { "scopes" });
        Error::new(error.span(), told)
    }

    /// Remembers the key. Whether it is known, and whether its value counts: that of a second one does not.
    fn note(&mut self, key: &Ident, errors: &mut Errors) -> (bool, bool) {
        let known = nearest(self.kind, &key.to_string());
        let is_known = known.is_some_and(|known| key == known);
        if !is_known {
            errors.at(key, unknown(self.kind, key, known));
        } else if self.keys.contains(key) {
            errors.at(key, format!("`{key}` is given twice"));
            return (true, false);
        }
        self.keys.push(key.clone());
        let declares = matches!(known, Some("scopes" | "authenticated" | "anonymous"));
        if declares && (is_known || !self.names_access()) {
            self.note_access(key, errors);
        }
        (is_known, is_known)
    }

    fn note_access(&mut self, key: &Ident, errors: &mut Errors) {
        match &self.access_key {
            None => self.access_key = Some(key.clone()),
            Some(first) => errors.at(
                key,
                format!("who may call is said once, and `{first}` says it already"),
            ),
        }
    }

    fn accept(&mut self, key: &Ident, value: Option<&Expr>, errors: &mut Errors) {
        match key.to_string().as_str() {
            "scopes" => self.access = scopes(key, value, errors).map(Access::Scopes),
            "authenticated" => self.access = bare(Access::Authenticated, key, value, errors),
            "anonymous" => self.access = bare(Access::Anonymous, key, value, errors),
            "scopes_for" => self.demands.scopes_for = function(key, value, errors),
            "policy" => self.demands.policy = function(key, value, errors),
            "max_age" => self.demands.max_age = seconds(key, value, errors),
            "acr_values" => self.demands.acr_values = words(key, value, errors),
            "conceal" => self.demands.conceal = bare((), key, value, errors).is_some(),
            "name" => self.name = text(key, value, errors),
            "title" => self.title = prose(key, value, errors),
            "description" => self.description = prose(key, value, errors),
            "read_only" => self.hints.read_only = flag(key, value, errors),
            "destructive" => self.hints.destructive = flag(key, value, errors),
            "idempotent" => self.hints.idempotent = flag(key, value, errors),
            "open_world" => self.hints.open_world = flag(key, value, errors),
            "uri" => self.uri = text(key, value, errors),
            "mime_type" => self.mime_type = text(key, value, errors),
            "toolset" => self.toolset = text(key, value, errors),
            _ => self.krate = path(key, value, errors),
        }
    }
}

fn unknown(kind: Kind, key: &Ident, nearest: Option<&str>) -> String {
    let known: Vec<String> = kind.keys().map(|known| format!("`{known}`")).collect();
    let guess = nearest.map_or_else(String::new, |nearest| {
        format!(" (did you mean `{nearest}`?)")
    });
    let known = known.join(", ");
    format!("unknown argument `{key}`{guess}: a {kind} takes {known}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Args, Vec<String>) {
        let mut errors = Errors::default();
        let args = Args::parse(Kind::Tool, text.parse().expect("tokens"), &mut errors);
        let messages = match errors.finish() {
            Ok(()) => Vec::new(),
            Err(error) => error.into_iter().map(|e| e.to_string()).collect(),
        };
        (args, messages)
    }

    #[test]
    fn every_argument_is_read() {
        let (args, errors) = parse(
            r#"scopes = all("a", any("b", B)), name = "n", title = "t", description = "d",
               read_only, destructive = false, idempotent = true, open_world, crate = a::b"#,
        );
        assert_eq!(errors, [""; 0]);
        assert!(matches!(args.access, Some(Access::Scopes(Scopes::All(_)))));
        assert_eq!(args.name.map(|name| name.value()).as_deref(), Some("n"));
        assert_eq!(args.hints.read_only, Some(true));
        assert_eq!(args.hints.destructive, Some(false));
        assert!(args.krate.is_some());
    }

    #[test]
    fn what_is_missing_between_arguments_hides_none_of_them() {
        for (text, errors) in [
            (r#"name = "x" scopes = ["a"]"#, 1),
            ("authenticated; read_only", 1),
            (r#"scopes: ["a"]"#, 1),
            (r#"scopes == ["a"]"#, 1),
            (r#""a""#, 1),
            (r#"scopes = "a", "b""#, 1),
            (r#"r#scopes = ["a"]"#, 0),
            (
                "authenticated, annotations(read_only = true), open_world",
                1,
            ),
            ("authenticated, mcp::name = 1", 1),
            ("anonymous()", 1),
            ("authenticated, read_only, destructive", 1),
        ] {
            let (args, told) = parse(text);
            assert_eq!(told.len(), errors, "{text}: {told:?}");
            assert!(args.names_access(), "{text}");
        }
    }

    #[test]
    fn a_time_is_in_seconds_and_says_no_other_unit() {
        for (text, errors) in [
            ("300", 0),
            ("1_000", 0),
            ("300ms", 1),
            ("5m", 1),
            ("300u64", 1),
        ] {
            let told = parse(&format!("authenticated, max_age = {text}")).1;
            assert_eq!(told.len(), errors, "{text}: {told:?}");
        }
    }

    #[test]
    fn a_comma_may_trail() {
        assert!(parse("authenticated,").1.is_empty());
        assert!(parse("").1.is_empty());
    }

    #[test]
    fn a_mistake_does_not_hide_the_next_one() {
        let (_, errors) = parse(r#"scopes = ["a b", "c", "c"], name(1), 5, title = 5, colour"#);
        assert_eq!(errors.len(), 6, "{errors:#?}");
    }

    #[test]
    fn a_misspelt_key_still_tries_to_declare_access() {
        let (args, errors) = parse(r#"scope = ["a"]"#);
        assert!(args.names_access());
        assert!(
            errors.iter().all(|e| e.contains("did you mean `scopes`?")),
            "{errors:?}"
        );
        assert_eq!(errors.len(), 1);
    }

    #[test]
    fn access_is_said_once() {
        for twice in [
            "anonymous, authenticated",
            r#"scopes = ["a"], anonymous"#,
            "anonymous, anonymous",
            "anonymous, anonimous",
        ] {
            assert_eq!(parse(twice).1.len(), 1, "{twice}");
        }
    }
}
