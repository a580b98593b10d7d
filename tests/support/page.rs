//! As much of an HTML page as a person sees who fills in forms: the text, the forms, the buttons.

use std::collections::BTreeMap;

use html_tokens::{StartTag, Token, Tokenizer};

/// One page.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) text: String,
    pub(crate) forms: Vec<Form>,
}

/// One form, as it would be sent when nothing is typed.
#[derive(Default)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) buttons: Vec<Button>,
}

/// A button that sends its form, with what it adds to the fields.
#[derive(Clone, Default)]
pub(crate) struct Button {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn parse(html: &str) -> Self {
        let mut reader = Reader::default();
        for Ok(token) in Tokenizer::new(html) {
            match token {
                Token::StartTag(tag) => reader.open(&tag),
                Token::EndTag(tag) => reader.close(&tag.name),
                Token::String(text) => reader.text(&String::from_utf8_lossy(&text)),
                _ => {}
            }
        }
        reader.page
    }

    /// How to say who one is: by typing a name, or by a button that carries it.
    pub(crate) fn sign_in(&self, person: &str) -> Option<SignIn<'_>> {
        const NAMES: [&str; 3] = ["username", "login", "email"];
        let typing = self.forms.iter().find_map(|form| {
            let field = NAMES.into_iter().find(|name| form.has(name))?;
            let button = form.buttons.first();
            Some(SignIn {
                form,
                button,
                field,
            })
        });
        let pressing = || {
            let is_person =
                |button: &Button| NAMES.contains(&button.name.as_str()) && button.value == person;
            let (form, button) = self.buttons().find(|(_, button)| is_person(button))?;
            Some(SignIn {
                form,
                button: Some(button),
                field: "",
            })
        };
        typing.or_else(pressing)
    }

    /// The button that reads like one of `words`, and its form.
    pub(crate) fn button(&self, words: &[&str]) -> Option<(&Form, &Button)> {
        self.buttons()
            .find(|(_, button)| words.iter().any(|word| button.reads(word)))
    }

    fn buttons(&self) -> impl Iterator<Item = (&Form, &Button)> {
        self.forms
            .iter()
            .flat_map(|form| form.buttons.iter().map(move |button| (form, button)))
    }
}

/// The form that says who one is, the button to press, and the field to type into, if any.
pub(crate) struct SignIn<'a> {
    pub(crate) form: &'a Form,
    pub(crate) button: Option<&'a Button>,
    pub(crate) field: &'static str,
}

impl Form {
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, _)| name == field)
    }
}

impl Button {
    fn reads(&self, word: &str) -> bool {
        [&self.value, &self.text, &self.name]
            .into_iter()
            .any(|label| {
                let mut words = label.split(|c: char| !c.is_alphanumeric());
                words.any(|part| part.eq_ignore_ascii_case(word))
            })
    }
}

#[derive(Default)]
struct Reader {
    page: Page,
    /// The element whose text is not for people, or that is a button.
    inside: Option<Inside>,
}

enum Inside {
    Unseen(&'static str),
    Button,
}

impl Reader {
    fn open(&mut self, tag: &StartTag<()>) {
        let attributes = attributes(tag);
        let get = |name: &str| attributes.get(name).cloned().unwrap_or_default();
        match tag.name.as_slice() {
            b"style" => self.inside = Some(Inside::Unseen("style")),
            b"script" => self.inside = Some(Inside::Unseen("script")),
            b"title" => self.inside = Some(Inside::Unseen("title")),
            b"form" => self.page.forms.push(Form {
                action: get("action"),
                ..Form::default()
            }),
            b"input" => self.input(&get("type"), get("name"), get("value"), &attributes),
            b"button" if get("type") != "button" => {
                self.inside = Some(Inside::Button);
                self.button(get("name"), get("value"));
            }
            _ => {}
        }
    }

    fn input(
        &mut self,
        kind: &str,
        name: String,
        value: String,
        attributes: &BTreeMap<String, String>,
    ) {
        let ticked = attributes.contains_key("checked");
        match kind {
            "submit" => self.button(name, value),
            "checkbox" | "radio" if !ticked => {}
            "button" | "reset" => {}
            _ if name.is_empty() => {}
            _ => {
                if let Some(form) = self.page.forms.last_mut() {
                    form.fields.push((name, value));
                }
            }
        }
    }

    fn button(&mut self, name: String, value: String) {
        if let Some(form) = self.page.forms.last_mut() {
            let text = String::new();
            form.buttons.push(Button { name, value, text });
        }
    }

    fn close(&mut self, name: &[u8]) {
        let ended = match self.inside {
            Some(Inside::Unseen(element)) => element.as_bytes() == name,
            Some(Inside::Button) => name == b"button",
            None => false,
        };
        if ended {
            self.inside = None;
        }
    }

    fn text(&mut self, text: &str) {
        match self.inside {
            Some(Inside::Unseen(_)) => return,
            Some(Inside::Button) => {
                let form = self.page.forms.last_mut();
                if let Some(button) = form.and_then(|form| form.buttons.last_mut()) {
                    button.text.push_str(text.trim());
                }
            }
            None => {}
        }
        for word in text.split_whitespace() {
            if !self.page.text.is_empty() {
                self.page.text.push(' ');
            }
            self.page.text.push_str(word);
        }
    }
}

fn attributes(tag: &StartTag<()>) -> BTreeMap<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    tag.attributes
        .iter()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_typed_into_its_field() {
        let page = Page::parse(
            r#"<form action="/in?a=1&amp;b=2"><input type=hidden name=csrf value=x>
               <label>Name <input name=login></label><button>Sign in</button></form>"#,
        );
        let sign_in = page.sign_in("alice").expect("a form");
        assert_eq!(sign_in.field, "login");
        assert_eq!(sign_in.form.action, "/in?a=1&b=2");
        assert!(sign_in.form.has("csrf"));
        assert_eq!(page.text, "Name Sign in");
    }

    #[test]
    fn a_name_may_be_a_button() {
        let page = Page::parse(
            r#"<form><button name=username value=bob><b>Bob</b></button>
               <button name=username value=alice><b>Alice</b></button></form>"#,
        );
        let button = page.sign_in("alice").and_then(|found| found.button);
        assert_eq!(button.expect("a button").text, "Alice");
        assert!(page.sign_in("carol").is_none());
    }

    #[test]
    fn a_button_is_known_by_its_words() {
        let page = Page::parse(
            r#"<style>p { deny: 1 }</style><p>Deny?</p><form><button name=decision value=deny>No</button>
               <input type=submit name=decision value=allow></form>"#,
        );
        let pressed = |words: &[&str]| page.button(words).map(|(_, button)| button.value.clone());
        assert_eq!(pressed(&["deny"]).as_deref(), Some("deny"));
        assert_eq!(pressed(&["yes", "allow"]).as_deref(), Some("allow"));
        assert_eq!(pressed(&["all"]), None);
        assert_eq!(page.text, "Deny? No");
    }
}
