//! What is said of a function: its doc comment, as text.

use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta};

/// A doc comment.
pub(crate) enum Words {
    /// Whose text is there.
    Text(String),
    /// With parts that the compiler alone can read, such as `include_str!(..)`.
    Parts(Vec<Expr>),
}

/// The doc comment above a function; `None` where it says nothing.
pub(crate) fn of(attributes: &[Attribute]) -> Option<Words> {
    let parts: Vec<&Expr> = attributes.iter().filter_map(part).collect();
    let texts: Option<Vec<String>> = parts.iter().map(|part| literal(part)).collect();
    match texts {
        Some(texts) => plain(&texts).map(Words::Text),
        None => Some(Words::Parts(parts.into_iter().map(line).collect())),
    }
}

fn part(attribute: &Attribute) -> Option<&Expr> {
    match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => Some(&meta.value),
        _ => None,
    }
}

/// Also what came through a `macro_rules!` fragment.
fn literal(part: &Expr) -> Option<String> {
    match part {
        Expr::Group(group) => literal(&group.expr),
        Expr::Lit(ExprLit {
            lit: Lit::Str(line),
            ..
        }) => Some(line.value()),
        _ => None,
    }
}

/// Without the space behind the slashes.
fn line(part: &Expr) -> Expr {
    let Some(text) = literal(part) else {
        return part.clone();
    };
    let line = text.strip_prefix(' ').unwrap_or(&text);
    Expr::Lit(ExprLit {
        attrs: Vec::new(),
        lit: Lit::Str(LitStr::new(line, part.span())),
    })
}

/// Without the indentation that all lines share.
fn plain(texts: &[String]) -> Option<String> {
    let lines: Vec<&str> = texts.iter().flat_map(|text| text.split('\n')).collect();
    let indentation = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let plain: Vec<&str> = lines
        .iter()
        .map(|line| line.get(indentation..).unwrap_or_default().trim_end())
        .collect();
    let plain = plain.join("\n");
    let plain = plain.trim();
    (!plain.is_empty()).then(|| plain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn a_doc_comment_is_text() {
        let text = |attributes: Vec<Attribute>| match of(&attributes) {
            Some(Words::Text(text)) => Some(text),
            _ => None,
        };
        let said = text(parse_quote! {
            /// Sends a mail.
            ///
            /// - now
            ///   - or never
            #[inline]
        });
        assert_eq!(
            said.as_deref(),
            Some("Sends a mail.\n\n- now\n  - or never")
        );
        let unsaid = parse_quote!(
            #[doc(hidden)]
            #[doc = "  "]
        );
        assert_eq!(text(unsaid), None);
    }

    #[test]
    fn what_a_macro_will_give_is_kept() {
        let attributes: Vec<Attribute> = parse_quote! {
            /// Before.
            #[doc = include_str!("mail.md")]
        };
        assert!(matches!(of(&attributes), Some(Words::Parts(parts)) if parts.len() == 2));
    }
}
