//! The person at the browser: signs in, reads the consent page, answers it.

use std::sync::Arc;

use http_client::cookie::{CookieStore as _, Jar};
use http_client::{Client, Response, Url, header::LOCATION, redirect::Policy};

use crate::page::{Button, Form, Page};
use crate::single_page::SinglePage;
use crate::{Error, Result};

const ALLOW: [&str; 6] = ["allow", "accept", "approve", "authorize", "yes", "continue"];
const DENY: [&str; 5] = ["deny", "decline", "reject", "no", "cancel"];

const PASSWORD: &str = "any password";

/// No sign-in takes more pages than this.
const PATIENCE: usize = 20;

/// What a person says on a consent page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Allow,
    Deny,
}

/// Someone with a browser: it keeps cookies, so who has signed in stays signed in.
///
/// ```no_run
/// # async fn example(authorize_url: &str) -> support::Result<()> {
/// let mut alice = support::Person::named("alice").allowing();
/// let callback = alice.visit(authorize_url).await?;
/// assert!(alice.consent_pages[0].contains("SmartMail AI"));
/// # Ok(()) }
/// ```
pub struct Person {
    /// The text of every consent page that the person saw, in order.
    pub consent_pages: Vec<String>,
    /// How often the person had to sign in.
    pub sign_ins: usize,
    name: String,
    answers: Vec<Answer>,
    browser: Client,
    jar: Arc<Jar>,
}

impl Person {
    /// Someone who can sign in under this name, and who allows nothing unless told to.
    pub fn named(name: impl Into<String>) -> Self {
        let jar = Arc::<Jar>::default();
        let browser = Client::builder()
            .cookie_provider(Arc::clone(&jar))
            .redirect(Policy::none())
            .no_proxy();
        Self {
            consent_pages: Vec::new(),
            sign_ins: 0,
            name: name.into(),
            answers: vec![Answer::Deny],
            browser: browser
                .build()
                .expect("a browser without settings that could be wrong"),
            jar,
        }
    }

    /// The cookies that the browser keeps for an address, as it sends them.
    pub fn cookies(&self, address: &str) -> String {
        let cookies = Url::parse(address)
            .ok()
            .and_then(|url| self.jar.cookies(&url));
        let cookies = cookies.as_ref().and_then(|value| value.to_str().ok());
        cookies.unwrap_or_default().to_owned()
    }

    /// Allows whatever is asked.
    pub fn allowing(mut self) -> Self {
        self.answers = vec![Answer::Allow];
        self
    }

    /// Denies whatever is asked.
    pub fn denying(mut self) -> Self {
        self.answers = vec![Answer::Deny];
        self
    }

    /// From the next consent page after the ones spoken of so far: denies.
    pub fn then_denying(mut self) -> Self {
        self.answers.push(Answer::Deny);
        self
    }

    /// Opens an authorization URL and does what its pages ask for, until the browser is sent back
    /// to the client. Returns that address, with its `code` or `error`, and does not open it.
    pub async fn visit(&mut self, authorize_url: &str) -> Result<String> {
        let start = Url::parse(authorize_url)?;
        let home = redirect_uri(&start)?;
        let mut response = self.browser.get(start).send().await?;
        for _ in 0..PATIENCE {
            response = match next_address(&response)? {
                Some(address) if is_home(&address, &home) => return Ok(address.into()),
                Some(address) => self.browser.get(address).send().await?,
                None => self.answer(response).await?,
            };
        }
        Err("the pages go round in circles".into())
    }

    async fn answer(&mut self, response: Response) -> Result<Response> {
        let (address, status) = (response.url().clone(), response.status());
        if let Some(page) = SinglePage::at(&address) {
            return self.answer_program(&page).await;
        }
        let page = Page::parse(&response.text().await?);
        if !status.is_success() {
            return Err(format!("{status} at {address}: {}", page.text).into());
        }
        if let Some(sign_in) = page.sign_in(&self.name) {
            self.sign_ins += 1;
            let typed = [(sign_in.field, self.name.as_str()), ("password", PASSWORD)];
            return self
                .send(&address, sign_in.form, sign_in.button, &typed)
                .await;
        }
        let (form, button) = page
            .button(self.next_words())
            .ok_or_else(|| format!("nothing to press at {address}: {}", page.text))?;
        self.consent_pages.push(page.text.clone());
        self.send(&address, form, Some(button), &[]).await
    }

    async fn answer_program(&mut self, page: &SinglePage) -> Result<Response> {
        let question = match page.question(&self.browser).await? {
            Some(question) => question,
            None => {
                page.sign_in(&self.browser, &self.name, PASSWORD).await?;
                self.sign_ins += 1;
                let question = page.question(&self.browser).await?;
                question.ok_or("signed in, and asked to sign in again")?
            }
        };
        let allow = self.next_answer() == Answer::Allow;
        self.consent_pages.push(question);
        let next = page.decide(&self.browser, allow).await?;
        Ok(self.browser.get(next).send().await?)
    }

    fn next_words(&self) -> &'static [&'static str] {
        match self.next_answer() {
            Answer::Allow => &ALLOW,
            Answer::Deny => &DENY,
        }
    }

    fn next_answer(&self) -> Answer {
        let last = self.answers.len() - 1;
        self.answers[self.consent_pages.len().min(last)]
    }

    async fn send(
        &self,
        address: &Url,
        form: &Form,
        button: Option<&Button>,
        typed: &[(&str, &str)],
    ) -> Result<Response> {
        let mut fields: Vec<(&str, &str)> = Vec::new();
        for (name, value) in &form.fields {
            let typed = typed.iter().find(|(field, _)| field == name);
            fields.push((name, typed.map_or(value.as_str(), |(_, text)| text)));
        }
        if let Some(button) = button.filter(|button| !button.name.is_empty()) {
            fields.push((&button.name, &button.value));
        }
        let target = address.join(&form.action)?;
        Ok(self.browser.post(target).form(&fields).send().await?)
    }
}

fn redirect_uri(authorize_url: &Url) -> Result<Url> {
    let (_, value) = authorize_url
        .query_pairs()
        .find(|(name, _)| name == "redirect_uri")
        .ok_or("the URL names no redirect_uri to come back to")?;
    Ok(Url::parse(&value)?)
}

fn next_address(response: &Response) -> Result<Option<Url>> {
    if !response.status().is_redirection() {
        return Ok(None);
    }
    let location = response.headers().get(LOCATION);
    let location = location.ok_or("a redirect that leads nowhere")?.to_str()?;
    let address = response.url().join(location).map_err(Error::from)?;
    Ok(Some(address))
}

fn is_home(address: &Url, home: &Url) -> bool {
    address.origin() == home.origin() && address.path() == home.path()
}
