//! `/api/resources`.

use json::{Value, json};

use super::reply::{Answer, Reply};
use super::request::{Request, text};
use super::tenant::{Tenant, find, find_mut, now};

impl Tenant {
    pub(super) fn resources(&mut self, method: &str, path: &[&str], request: &Request) -> Answer {
        match (method, path) {
            ("GET", []) => Reply::page(Self::rows(&self.resources), request),
            ("POST", []) => self.create_resource(&request.json()?),
            ("DELETE", [id]) => {
                let mine = |scope: &Value| scope["resourceId"] == *id;
                let scopes: Vec<_> = Self::rows(&self.scopes).into_iter().filter(mine).collect();
                for scope in scopes {
                    self.drop_scope(scope["id"].as_str().unwrap_or_default())?;
                }
                Self::delete(&mut self.resources, id)
            }
            ("GET", [id, "scopes"]) => {
                let mine = |scope: &Value| scope["resourceId"] == *id;
                let scopes = Self::rows(&self.scopes).into_iter().filter(mine);
                Reply::page(scopes.collect(), request)
            }
            ("POST", [id, "scopes"]) => self.create_scope(id, &request.json()?),
            ("PATCH", [id, "scopes", scope]) => self.describe(id, scope, &request.json()?),
            ("DELETE", [id, "scopes", scope]) => {
                self.modifiable(id)?;
                self.drop_scope(scope)
            }
            _ => Err(Self::no_route()),
        }
    }

    fn create_resource(&mut self, body: &Value) -> Answer {
        let (name, indicator) = (text(body, "name")?, text(body, "indicator")?);
        if http_client::Url::parse(&indicator).is_err() {
            return Err(Reply::invalid("indicator"));
        }
        if Self::rows(&self.resources)
            .iter()
            .any(|one| one["indicator"] == indicator)
        {
            return Err(Reply::refusal(422, "resource.resource_identifier_in_use"));
        }
        let life = body.get("accessTokenTtl").cloned().unwrap_or(json!(3600));
        if !life.is_u64() {
            return Err(Reply::invalid("accessTokenTtl"));
        }
        let id = self.new_id("resource");
        let mut resource = json!({
            "id": id, "tenantId": "default", "name": name, "indicator": indicator,
            "isDefault": false, "accessTokenTtl": life,
        });
        self.resources.push((id, resource.clone()));
        resource["scopes"] = json!([]);
        Reply::created(resource)
    }

    fn create_scope(&mut self, resource: &str, body: &Value) -> Answer {
        let name = text(body, "name")?;
        if name.contains(char::is_whitespace) {
            return Err(Reply::refusal(400, "scope.name_with_space"));
        }
        self.modifiable(resource)?;
        let taken = |scope: &Value| scope["resourceId"] == resource && scope["name"] == name;
        if Self::rows(&self.scopes).iter().any(taken) {
            return Err(Reply::refusal(422, "scope.name_exists"));
        }
        let id = self.new_id("scope");
        let scope = json!({
            "id": id, "tenantId": "default", "resourceId": resource, "name": name,
            "description": body["description"], "createdAt": now(),
        });
        self.scopes.push((id, scope.clone()));
        Reply::created(scope)
    }

    fn describe(&mut self, resource: &str, scope: &str, body: &Value) -> Answer {
        self.modifiable(resource)?;
        let scope = find_mut(&mut self.scopes, scope)?;
        scope["description"] = body["description"].clone();
        Reply::ok(scope.clone())
    }

    /// There is such a resource, and it is not the Management API.
    fn modifiable(&self, resource: &str) -> Result<(), Reply> {
        find(&self.resources, resource)?;
        match self.is_management_api(resource) {
            true => Err(Reply::refusal(400, "resource.cannot_modify_management_api")),
            false => Ok(()),
        }
    }

    fn drop_scope(&mut self, id: &str) -> Answer {
        self.role_scopes.retain(|(_, scope)| scope != id);
        self.consent.retain(|(_, _, scope)| scope != id);
        Self::delete(&mut self.scopes, id)
    }
}
