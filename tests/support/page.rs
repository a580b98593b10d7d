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

    /// The form into which a person types a name, and the name of that field.
    pub(crate) fn sign_in(&self) -> Option<(&Form, &str)> {
        const NAMES: [&str; 3] = ["username", "login", "email"];
        self.forms.iter().find_map(|form| {
            let name = NAMES.into_iter().find(|name| form.has(name))?;
            Some((form, name))
        })
    }

    /// The button that reads like one of `words`, and its form.
    pub(crate) fn button(&self, words: &[&str]) -> Option<(&Form, &Button)> {
        let buttons = self
            .forms
            .iter()
            .flat_map(|form| form.buttons.iter().map(move |button| (form, button)));
        buttons
            .into_iter()
            .find(|(_, button)| words.iter().any(|word| button.reads(word)))
    }
}

impl Form {
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, _)| name == field)
    }
}

impl Button {
    fn reads(&self, word: &str) -> bool {
        [&self.value, &self.text, &self.name].into_iter().any(|label| {
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
