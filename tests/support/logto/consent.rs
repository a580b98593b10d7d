//! What applications, and agents with a metadata document, may ask people for.

use json::{Value, json};

use super::reply::{Answer, Reply};
use super::request::{Request, texts};
use super::tenant::{Tenant, find};

const USER_SCOPES: [&str; 11] = [
    "profile",
    "email",
    "phone",
    "address",
    "custom_data",
    "identities",
    "roles",
    "urn:logto:scope:organizations",
    "urn:logto:scope:organization_roles",
    "urn:logto:scope:sessions",
    "urn:logto:scope:trusted_devices",
];

impl Tenant {
    /// Of one application.
    pub(super) fn consent(
        &mut self,
        method: &str,
        app: &str,
        path: &[&str],
        request: &Request,
    ) -> Answer {
        find(&self.apps, app)?;
        if method == "POST" {
            let body = request.json()?;
            guard(&body)?;
            self.third_party(app)?;
            return self.allow(app, &body);
        }
        self.consent_list(method, app, path)
    }

    /// Of whom `owner` stands for: an application, or nobody for metadata documents.
    pub(super) fn consent_list(&mut self, method: &str, owner: &str, path: &[&str]) -> Answer {
        match (method, path) {
            ("GET", []) => Reply::ok(self.allowed(owner)?),
            ("DELETE", [kind, id]) => {
                let row = (owner.to_owned(), (*kind).to_owned(), (*id).to_owned());
                match self.consent.remove(&row) {
                    true => Reply::no_content(),
                    false => Err(Reply::refusal(404, "entity.not_found")),
                }
            }
            _ => Err(Self::no_route()),
        }
    }

    /// User scopes by name, scopes of resources by id; what is there already does not matter.
    pub(super) fn allow(&mut self, owner: &str, body: &Value) -> Answer {
        guard(body)?;
        let resource_scopes = texts(body, "resourceScopes")?;
        let organization_scopes = texts(body, "organizationScopes")?;
        let unknown = resource_scopes
            .iter()
            .any(|id| find(&self.scopes, id).is_err());
        // The stand-in has no organizations.
        if unknown || !organization_scopes.is_empty() {
            return Err(Reply::refusal(
                422,
                "application.user_consent_scopes_not_found",
            ));
        }
        for id in &resource_scopes {
            let resource = find(&self.scopes, id)?["resourceId"].as_str();
            if self.is_management_api(resource.unwrap_or_default()) {
                let code = "application.consent_management_api_scopes_not_allowed";
                return Err(Reply::refusal(422, code));
            }
        }
        for (kind, ids) in [
            ("user-scopes", texts(body, "userScopes")?),
            ("resource-scopes", resource_scopes),
        ] {
            let rows = ids
                .into_iter()
                .map(|id| (owner.to_owned(), kind.to_owned(), id));
            self.consent.extend(rows);
        }
        Reply::created(Value::Null)
    }

    fn allowed(&self, owner: &str) -> Result<Value, Reply> {
        let of = |kind: &'static str| {
            let mine = self
                .consent
                .iter()
                .filter(move |(own, k, _)| own == owner && k == kind);
            mine.map(|(_, _, id)| id.as_str())
        };
        let mut resources: Vec<Value> = Vec::new();
        for id in of("resource-scopes") {
            let scope = find(&self.scopes, id)?;
            let resource = find(
                &self.resources,
                scope["resourceId"].as_str().unwrap_or_default(),
            )?;
            let scope = pick(scope, ["id", "name", "description"]);
            let mut known = resources.iter_mut();
            match known.find(|known| known["resource"]["id"] == resource["id"]) {
                Some(known) => known["scopes"].as_array_mut().expect("a list").push(scope),
                None => resources.push(json!({
                    "resource": pick(resource, ["id", "name", "indicator"]), "scopes": [scope],
                })),
            }
        }
        Ok(json!({
            "organizationScopes": [], "organizationResourceScopes": [],
            "resourceScopes": resources, "userScopes": of("user-scopes").collect::<Vec<_>>(),
        }))
    }
}

/// User scopes are names that Logto knows.
fn guard(body: &Value) -> Result<(), Reply> {
    let names = texts(body, "userScopes")?;
    match names
        .iter()
        .all(|name| USER_SCOPES.contains(&name.as_str()))
    {
        true => Ok(()),
        false => Err(Reply::invalid("userScopes")),
    }
}

fn pick(row: &Value, members: [&str; 3]) -> Value {
    let members = members.map(|name| (name.to_owned(), row[name].clone()));
    Value::Object(members.into_iter().collect())
}
