//! `/api/users`: people, and what they allowed.

use json::{Value, json};

use super::reply::{Answer, Reply};
use super::request::Request;
use super::tenant::{Tenant, find, find_mut, now};

impl Tenant {
    pub(super) fn users(&mut self, method: &str, path: &[&str], request: &Request) -> Answer {
        match (method, path) {
            ("GET", []) => Reply::page(Self::rows(&self.users), request),
            ("GET", [id]) => Reply::ok(find(&self.users, id)?.clone()),
            ("GET", [id, "grants"]) => {
                let third_party = match request.query("appType") {
                    None => None,
                    Some("thirdParty") => Some(true),
                    Some("firstParty") => Some(false),
                    Some(_) => return Err(Reply::invalid("appType")),
                };
                let grants = Self::rows(&self.grants).into_iter().filter(|grant| {
                    let client = grant["payload"]["clientId"].as_str().unwrap_or_default();
                    let app = find(&self.apps, client);
                    // Who is not known is a third party.
                    let is_third_party = app.map_or(true, |app| app["isThirdParty"] == true);
                    grant["payload"]["accountId"] == *id
                        && third_party.is_none_or(|wanted| wanted == is_third_party)
                });
                Reply::ok(json!({ "grants": grants.collect::<Vec<_>>() }))
            }
            ("DELETE", [id, "grants", grant]) => {
                match find(&self.grants, grant) {
                    Ok(found) if found["payload"]["accountId"] == *id => {}
                    _ => return Err(Reply::refusal(404, "oidc.invalid_grant")),
                }
                Self::delete(&mut self.grants, grant)
            }
            _ => Err(Self::no_route()),
        }
    }

    pub(super) fn sign_up(&mut self, username: &str) -> String {
        let id = self.new_id("user");
        self.sign_up_as(&id, username);
        id
    }

    pub(super) fn sign_up_as(&mut self, id: &str, username: &str) {
        let id = id.to_owned();
        let user = json!({
            "id": id, "username": username, "primaryEmail": format!("{username}@example.com"),
            "primaryPhone": null, "name": null, "avatar": null, "customData": {}, "identities": {},
            "lastSignInAt": null, "createdAt": now(), "updatedAt": now(), "profile": {},
            "applicationId": null, "isSuspended": false,
        });
        self.users.push((id.clone(), user));
        for (role, row) in &self.roles {
            if row["isDefault"] == true {
                self.role_users.insert((role.clone(), id.clone()));
            }
        }
    }

    pub(super) fn edit(&mut self, user: &str, changes: &Value) {
        let record = find_mut(&mut self.users, user).ok();
        let members = record.and_then(Value::as_object_mut).expect("a user");
        for (name, value) in changes.as_object().into_iter().flatten() {
            members.insert(name.clone(), value.clone());
        }
    }

    pub(super) fn roles_of(&self, user: &str) -> Vec<String> {
        let held = self.role_users.iter().filter(|(_, own)| own == user);
        let names = held.filter_map(|(role, _)| find(&self.roles, role).ok()?["name"].as_str());
        names.map(str::to_owned).collect()
    }

    pub(super) fn grant(&mut self, user: &str, client: &str, mut payload: Value) -> String {
        let id = self.new_id("grant");
        let issued = now() / 1000;
        for (name, value) in [
            ("kind", json!("Grant")),
            ("jti", json!(id)),
            ("accountId", json!(user)),
            ("clientId", json!(client)),
            ("iat", json!(issued)),
            ("exp", json!(issued + 14 * 24 * 60 * 60)),
        ] {
            payload[name] = value;
        }
        let expires_at = (issued + 14 * 24 * 60 * 60) * 1000;
        let grant = json!({ "id": id, "payload": payload, "expiresAt": expires_at });
        self.grants.push((id.clone(), grant));
        id
    }
}
