//! A person with a browser: follows redirects, keeps cookies, reads forms and presses buttons.

use std::collections::BTreeMap;

use http_client::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use http_client::redirect::Policy;
use http_client::{Client, Response, StatusCode, Url};

/// One browser profile.
pub struct Browser {
    http: Client,
    cookies: BTreeMap<String, String>,
}

/// Where the browser ended up.
#[derive(Debug)]
pub enum Landing {
    /// A page of the provider.
    Page(Page),
    /// The client's redirect URI, with the answer in its query.
    Callback(Url),
}

/// A page that waits for the person.
#[derive(Clone, Debug)]
pub struct Page {
    pub url: Url,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub html: String,
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    pub fn new() -> Self {
        let http = Client::builder().redirect(Policy::none()).no_proxy();
        Self {
            http: http.build().unwrap(),
            cookies: BTreeMap::new(),
        }
    }

    /// Opens `url` and follows redirects as long as they stay at its origin.
    pub async fn open(&mut self, url: Url) -> Landing {
        let response = self.http.get(url.clone()).header(COOKIE, self.cookies());
        self.follow(url, response.send().await.unwrap()).await
    }

    /// Posts the form of `page` with `fields` in addition to its hidden ones.
    pub async fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Landing {
        let mut form = page.hidden_fields();
        form.extend(
            fields
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string())),
        );
        self.post(page.action(), &form).await
    }

    /// Posts exactly `form`.
    pub async fn post(&mut self, url: Url, form: &[(String, String)]) -> Landing {
        let request = self.http.post(url.clone()).header(COOKIE, self.cookies());
        let response = request.form(form).send().await.unwrap();
        self.follow(url, response).await
    }

    /// Signs in if asked, answers the consent page if asked, and says where the answer went.
    pub async fn play(&mut self, url: Url, username: &str, decision: &str) -> Url {
        let mut landing = self.open(url).await;
        for _ in 0..4 {
            landing = match landing {
                Landing::Callback(url) => return url,
                Landing::Page(page) if page.asks_for("username") => {
                    self.submit(&page, &[("username", username)]).await
                }
                Landing::Page(page) if page.asks_for("decision") => {
                    self.submit(&page, &[("decision", decision)]).await
                }
                Landing::Page(page) => panic!("no question: {}", page.html),
            };
        }
        panic!("asked again and again: {landing:?}");
    }

    async fn follow(&mut self, mut url: Url, mut response: Response) -> Landing {
        loop {
            self.remember(response.headers());
            let Some(location) = response.headers().get(LOCATION) else {
                return Landing::Page(Page {
                    url,
                    status: response.status(),
                    headers: response.headers().clone(),
                    html: response.text().await.unwrap(),
                });
            };
            assert_eq!(response.status(), StatusCode::SEE_OTHER);
            let next = url.join(location.to_str().unwrap()).unwrap();
            if next.origin() != url.origin() {
                return Landing::Callback(next);
            }
            url = next;
            let request = self.http.get(url.clone()).header(COOKIE, self.cookies());
            response = request.send().await.unwrap();
        }
    }

    fn remember(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// What the browser sends in its `Cookie` header.
    pub fn cookies(&self) -> String {
        let pairs = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }
}

impl Landing {
    #[track_caller]
    pub fn page(self) -> Page {
        match self {
            Self::Page(page) => page,
            Self::Callback(url) => panic!("sent back to the client: {url}"),
        }
    }

    #[track_caller]
    pub fn callback(self) -> Url {
        match self {
            Self::Callback(url) => url,
            Self::Page(page) => panic!("{}: {}", page.status, page.html),
        }
    }
}

impl Page {
    /// Whether it has a control of this name.
    pub fn asks_for(&self, name: &str) -> bool {
        self.html.contains(&format!(r#"name="{name}""#))
    }

    /// The section that contains `words`, as if it were all of the page.
    pub fn section(&self, words: &str) -> Option<Self> {
        let sections = self.html.split("<section").skip(1);
        let mut sections = sections.filter_map(|rest| rest.split_once("</section>"));
        let (html, _) = sections.find(|(html, _)| html.contains(words))?;
        Some(Self {
            html: html.to_owned(),
            ..self.clone()
        })
    }

    /// The value of the first button of this name.
    pub fn button(&self, name: &str) -> &str {
        let buttons = self.html.split("<button").skip(1);
        let mut named = buttons.filter(|button| attribute(button, "name") == Some(name));
        let button = named.next().expect("the page has such a button");
        attribute(button, "value").expect("it has a value")
    }

    pub fn action(&self) -> Url {
        let action = attribute(&self.html, "action").expect("the page has a form");
        self.url.join(action).unwrap()
    }

    pub fn hidden_fields(&self) -> Vec<(String, String)> {
        let inputs = self.html.split(r#"<input type="hidden""#).skip(1);
        inputs
            .map(|input| {
                let name = attribute(input, "name").unwrap();
                let value = attribute(input, "value").unwrap();
                (name.to_owned(), value.to_owned())
            })
            .collect()
    }
}

fn attribute<'a>(html: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = html.split_once(&format!(r#" {name}=""#))?;
    Some(rest.split_once('"')?.0)
}
