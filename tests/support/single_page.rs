//! glewlwyd's sign-in and consent, which is no page but a program that runs in the browser: the
//! requests that it would make.

use http_client::{Client, StatusCode, Url};
use json::{Value, json};

use crate::Result;

/// What the program was opened for.
pub(crate) struct SinglePage {
    api: Url,
    client: String,
    scope: String,
    callback: String,
}

impl SinglePage {
    /// The program, if this address opens it.
    pub(crate) fn at(address: &Url) -> Option<Self> {
        let get = |wanted: &str| {
            let mut pairs = address.query_pairs();
            let (_, value) = pairs.find(|(name, _)| name == wanted)?;
            Some(value.into_owned())
        };
        address.path().ends_with("/login.html").then_some(())?;
        Some(Self {
            api: address.join("api/").ok()?,
            client: get("client_id")?,
            scope: get("scope")?,
            callback: get("callback_url")?,
        })
    }

    /// The text that asks for consent; none for somebody who has not signed in.
    pub(crate) async fn question(&self, browser: &Client) -> Result<Option<String>> {
        let address = self.api.join(&format!("auth/grant/{}/", self.client))?;
        let address = address.join(&self.scope)?;
        let answer = browser.get(address).send().await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            return Ok(None);
        }
        let asked: Value = answer.error_for_status()?.json().await?;
        let scopes = asked["scope"].as_array().into_iter().flatten();
        let scopes: Vec<_> = scopes.filter_map(|scope| scope["name"].as_str()).collect();
        let client = asked["client"]["name"].as_str().unwrap_or_default();
        Ok(Some(format!("{client} asks for {}", scopes.join(", "))))
    }

    pub(crate) async fn sign_in(&self, browser: &Client, name: &str, password: &str) -> Result<()> {
        let credentials = json!({ "username": name, "password": password });
        let request = browser.post(self.api.join("auth")?).json(&credentials);
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// Ticks everything that the client asks for, or nothing more than was ticked before; returns where
    /// the browser goes then. There is no button that says no.
    pub(crate) async fn decide(&self, browser: &Client, allow: bool) -> Result<Url> {
        if allow {
            let address = self.api.join(&format!("auth/grant/{}", self.client))?;
            let request = browser.put(address).json(&json!({ "scope": self.scope }));
            request.send().await?.error_for_status()?;
        }
        Ok(Url::parse(&format!("{}&g_continue", self.callback))?)
    }
}
