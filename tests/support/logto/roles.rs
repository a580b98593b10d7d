//! `/api/roles`.

use std::collections::BTreeSet;

use json::{Value, json};

use super::reply::{Answer, Reply};
use super::request::{Request, text, texts};
use super::tenant::{Tenant, find, find_mut};

impl Tenant {
    pub(super) fn roles(&mut self, method: &str, path: &[&str], request: &Request) -> Answer {
        if let [id, ..] = path {
            find(&self.roles, id)?;
        }
        match (method, path) {
            ("GET", []) => Reply::page(Self::rows(&self.roles), request),
            ("POST", []) => self.create_role(&request.json()?),
            ("PATCH", [id]) => {
                let body = request.json()?;
                let is_default = body["isDefault"].as_bool();
                let is_default = is_default.ok_or_else(|| Reply::invalid("isDefault"))?;
                let role = find_mut(&mut self.roles, id)?;
                role["isDefault"] = json!(is_default);
                Reply::ok(role.clone())
            }
            ("DELETE", [id]) => {
                self.role_scopes.retain(|(role, _)| role != id);
                self.role_users.retain(|(role, _)| role != id);
                Self::delete(&mut self.roles, id)
            }
            ("GET", [id, "scopes"]) => {
                let held = Self::second(&self.role_scopes, id);
                let mut scopes = Vec::new();
                for id in held {
                    let mut scope = find(&self.scopes, &id)?.clone();
                    let resource = scope["resourceId"].as_str().unwrap_or_default();
                    scope["resource"] = find(&self.resources, resource)?.clone();
                    scopes.push(scope);
                }
                Reply::page(scopes, request)
            }
            ("POST", [id, "scopes"]) => {
                let scopes = texts(&request.json()?, "scopeIds")?;
                self.add_scopes(id, &scopes, true)
            }
            ("DELETE", [id, "scopes", scope]) => {
                let held = (id.to_string(), scope.to_string());
                Self::take(&mut self.role_scopes, &held)
            }
            ("GET", [id, "users"]) => {
                let ids = Self::second(&self.role_users, id);
                let users = ids.iter().map(|id| find(&self.users, id).cloned());
                Reply::page(users.collect::<Result<_, _>>()?, request)
            }
            ("POST", [id, "users"]) => self.assign(id, &texts(&request.json()?, "userIds")?),
            ("DELETE", [id, "users", user]) => {
                let held = (id.to_string(), user.to_string());
                Self::take(&mut self.role_users, &held)
            }
            _ => Err(Self::no_route()),
        }
    }

    /// Logto makes the role before it looks at the scopes: an unknown one leaves it without any.
    fn create_role(&mut self, body: &Value) -> Answer {
        let (name, description) = (text(body, "name")?, text(body, "description")?);
        let scopes = texts(body, "scopeIds")?;
        if Self::rows(&self.roles)
            .iter()
            .any(|role| role["name"] == name)
        {
            return Err(Reply::refusal(422, "role.name_in_use"));
        }
        let id = self.new_id("role");
        let role = json!({
            "id": id, "tenantId": "default", "name": name, "description": description,
            "type": body.get("type").cloned().unwrap_or(json!("User")),
            "isDefault": body.get("isDefault").cloned().unwrap_or(json!(false)),
        });
        self.roles.push((id.clone(), role.clone()));
        if !scopes.is_empty() {
            self.add_scopes(&id, &scopes, false)?;
        }
        Reply::ok(role)
    }

    fn add_scopes(&mut self, role: &str, scopes: &[String], is_old: bool) -> Answer {
        if scopes.is_empty() {
            return Err(Reply::invalid("scopeIds"));
        }
        let held = |scope: &String| self.role_scopes.contains(&(role.to_owned(), scope.clone()));
        if is_old && scopes.iter().any(held) {
            return Err(Reply::refusal(422, "role.scope_exists"));
        }
        let is_for_people = find(&self.roles, role)?["type"] == "User";
        for scope in scopes {
            let resource = find(&self.scopes, scope)?["resourceId"].as_str();
            if is_for_people && self.is_management_api(resource.unwrap_or_default()) {
                let code = "role.management_api_scopes_not_assignable_to_user_role";
                return Err(Reply::refusal(400, code));
            }
        }
        for scope in scopes {
            self.role_scopes.insert((role.to_owned(), scope.clone()));
        }
        let held = Self::second(&self.role_scopes, role);
        let held = held.iter().map(|id| find(&self.scopes, id).cloned());
        Reply::created(held.collect::<Result<Vec<_>, _>>()?.into())
    }

    fn assign(&mut self, role: &str, users: &[String]) -> Answer {
        if users.is_empty() {
            return Err(Reply::invalid("userIds"));
        }
        let has = |user: &String| self.role_users.contains(&(role.to_owned(), user.clone()));
        if users.iter().any(has) {
            return Err(Reply::refusal(422, "role.user_exists"));
        }
        for user in users {
            find(&self.users, user)?;
        }
        let pairs = users.iter().map(|user| (role.to_owned(), user.clone()));
        self.role_users.extend(pairs);
        Reply::created(Value::Null)
    }

    /// What stands beside `first` in the pairs.
    fn second(pairs: &BTreeSet<(String, String)>, first: &str) -> Vec<String> {
        let found = pairs.iter().filter(|(own, _)| own == first);
        found.map(|(_, second)| second.clone()).collect()
    }

    fn take(pairs: &mut BTreeSet<(String, String)>, pair: &(String, String)) -> Answer {
        match pairs.remove(pair) {
            true => Reply::no_content(),
            false => Err(Reply::refusal(404, "entity.not_found")),
        }
    }
}
