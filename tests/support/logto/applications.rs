//! `/api/applications`, with secrets and branding.

use json::{Value, json};

use super::reply::{Answer, Reply};
use super::request::{Request, text};
use super::tenant::{Tenant, find, now};

impl Tenant {
    pub(super) fn applications(
        &mut self,
        method: &str,
        path: &[&str],
        request: &Request,
    ) -> Answer {
        if let [id, ..] = path {
            find(&self.apps, id)?;
        }
        match (method, path) {
            ("GET", []) => {
                let wanted = match request.query("isThirdParty") {
                    None => None,
                    Some("true") => Some(true),
                    Some("false") => Some(false),
                    Some(_) => return Err(Reply::invalid("isThirdParty")),
                };
                let is = |app: &Value| wanted.is_none_or(|wanted| app["isThirdParty"] == wanted);
                Reply::page(
                    Self::rows(&self.apps).into_iter().filter(is).collect(),
                    request,
                )
            }
            ("POST", []) => self.create_app(&request.json()?),
            ("GET", [id]) => {
                let mut app = find(&self.apps, id)?.clone();
                app["isAdmin"] = json!(false);
                Reply::ok(app)
            }
            ("DELETE", [id]) => {
                self.secrets.retain(|(app, _)| app != id);
                self.consent.retain(|(app, _, _)| app != id);
                self.grants
                    .retain(|(_, grant)| grant["payload"]["clientId"] != *id);
                self.branding.remove(*id);
                Self::delete(&mut self.apps, id)
            }
            ("GET", [id, "secrets"]) => {
                let mine = self.secrets.iter().filter(|(app, _)| app == id);
                Reply::ok(mine.map(|(_, secret)| secret.clone()).collect())
            }
            ("POST", [id, "secrets"]) => self.create_secret(id, &request.json()?),
            ("DELETE", [id, "secrets", name]) => {
                let before = self.secrets.len();
                self.secrets
                    .retain(|(app, secret)| app != id || secret["name"] != *name);
                match self.secrets.len() < before {
                    true => Reply::no_content(),
                    false => Err(Reply::refusal(404, "entity.not_found")),
                }
            }
            ("GET", [id, "sign-in-experience"]) => {
                let set = self.branding.get(*id).cloned();
                Reply::ok(set.ok_or_else(Reply::unknown_id)?)
            }
            ("PUT", [id, "sign-in-experience"]) => self.brand(id, &request.json()?),
            _ => Err(Self::no_route()),
        }
    }

    /// An application, past every check; returns its id.
    pub(super) fn application(&mut self, name: &str, kind: &str, is_third_party: bool) -> String {
        let id = self.new_id("app");
        let app = json!({
            "id": id, "tenantId": "default", "name": name, "description": null, "type": kind,
            "isThirdParty": is_third_party, "customData": {}, "createdAt": now(),
            "oidcClientMetadata": { "redirectUris": [], "postLogoutRedirectUris": [] },
            "customClientMetadata": {}, "protectedAppMetadata": null,
        });
        self.apps.push((id.clone(), app));
        if kind == "Traditional" {
            self.add_secret(&id, "Default secret", Value::Null);
        }
        id
    }

    fn create_app(&mut self, body: &Value) -> Answer {
        let (name, kind) = (text(body, "name")?, text(body, "type")?);
        if !["Traditional", "SPA", "Native", "MachineToMachine"].contains(&kind.as_str()) {
            return Err(Reply::invalid("type"));
        }
        let metadata = &body["oidcClientMetadata"];
        for list in ["redirectUris", "postLogoutRedirectUris"] {
            let uris = metadata[list]
                .as_array()
                .ok_or_else(|| Reply::invalid(list))?;
            let is_uri = |uri: &Value| {
                uri.as_str()
                    .is_some_and(|uri| http_client::Url::parse(uri).is_ok())
            };
            if !uris.iter().all(is_uri) {
                return Err(Reply::invalid(list));
            }
        }
        let is_third_party = body["isThirdParty"] == true;
        let third_parties = self
            .apps
            .iter()
            .filter(|(_, app)| app["isThirdParty"] == true);
        if is_third_party
            && self
                .app_limit
                .is_some_and(|limit| third_parties.count() >= limit)
        {
            return Err(Reply::refusal(403, "subscription.limit_exceeded"));
        }
        if is_third_party && kind == "MachineToMachine" {
            let code = "application.invalid_third_party_application_type";
            return Err(Reply::refusal(400, code));
        }
        self.application(&name, &kind, is_third_party);
        let (_, app) = self.apps.last_mut().expect("it was made");
        if self.knows_no_third_parties {
            app["isThirdParty"] = json!(false);
        }
        for member in ["oidcClientMetadata", "customData", "description"] {
            if self.drops_custom_data && member == "customData" {
                continue;
            }
            if let Some(value) = body.get(member) {
                app[member] = value.clone();
            }
        }
        Reply::ok(app.clone())
    }

    fn create_secret(&mut self, app: &str, body: &Value) -> Answer {
        let name = text(body, "name")?;
        let expires_at = body.get("expiresAt").cloned().unwrap_or_default();
        if !expires_at.is_null() && expires_at.as_u64().is_none_or(|at| at <= now()) {
            return Err(Reply::refusal(400, "request.invalid_input"));
        }
        let taken = |(own, secret): &(String, Value)| own == app && secret["name"] == name;
        if self.secrets.iter().any(taken) {
            return Err(Reply::refusal(422, "application.secret_name_exists"));
        }
        Reply::created(self.add_secret(app, &name, expires_at))
    }

    fn add_secret(&mut self, app: &str, name: &str, expires_at: Value) -> Value {
        let value = self.new_id("s3cret");
        let secret = json!({
            "tenantId": "default", "applicationId": app, "name": name, "value": value,
            "createdAt": now(), "expiresAt": expires_at,
        });
        self.secrets.push((app.to_owned(), secret.clone()));
        secret
    }

    fn brand(&mut self, app: &str, body: &Value) -> Answer {
        self.third_party(app)?;
        for url in ["termsOfUseUrl", "privacyPolicyUrl"] {
            let text = body[url].as_str().unwrap_or_default();
            if !text.is_empty() && http_client::Url::parse(text).is_err() {
                return Err(Reply::invalid(url));
            }
        }
        let new = json!({
            "tenantId": "default", "applicationId": app, "displayName": null, "branding": {},
            "termsOfUseUrl": null, "privacyPolicyUrl": null,
        });
        let is_new = !self.branding.contains_key(app);
        let set = self.branding.entry(app.to_owned()).or_insert(new);
        for member in [
            "displayName",
            "branding",
            "termsOfUseUrl",
            "privacyPolicyUrl",
        ] {
            if let Some(value) = body.get(member) {
                set[member] = value.clone();
            }
        }
        Ok(Reply::new(if is_new { 201 } else { 200 }, set.clone()))
    }

    /// There is such an app, and it is a third-party one.
    pub(super) fn third_party(&self, app: &str) -> Result<(), Reply> {
        match find(&self.apps, app)?["isThirdParty"] == true {
            true => Ok(()),
            false => Err(Reply::refusal(
                422,
                "application.third_party_application_only",
            )),
        }
    }
}
