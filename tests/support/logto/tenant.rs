//! What a tenant has, and who may speak to its Management API.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use json::{Value, json};

use super::reply::{Answer, Reply};
use super::request::Request;
use super::{Logto, MANAGEMENT_API};

/// One kind of thing by its id, in the order in which it was made.
pub(super) type Table = Vec<(String, Value)>;

pub(super) struct Tenant {
    pub(super) endpoint: String,
    /// Counts everything that has an id.
    count: usize,
    /// What it publishes for the tokens of people.
    pub(super) keys: Vec<Value>,
    /// The tokens of machines, with the scope of each.
    pub(super) tokens: BTreeMap<String, String>,
    pub(super) resources: Table,
    /// Scopes of API resources, with `resourceId`.
    pub(super) scopes: Table,
    pub(super) roles: Table,
    /// Role and scope.
    pub(super) role_scopes: BTreeSet<(String, String)>,
    /// Role and person.
    pub(super) role_users: BTreeSet<(String, String)>,
    pub(super) users: Table,
    pub(super) apps: Table,
    /// By application.
    pub(super) secrets: Vec<(String, Value)>,
    /// Application (nobody's is that of metadata documents), kind, and id or name.
    pub(super) consent: BTreeSet<(String, String, String)>,
    pub(super) branding: BTreeMap<String, Value>,
    /// With `accountId` in the payload.
    pub(super) grants: Table,
    pub(super) customizer: Option<Value>,
    pub(super) metadata_documents: bool,
    pub(super) has_metadata_documents: bool,
    pub(super) protects_addresses: bool,
    pub(super) app_limit: Option<usize>,
    pub(super) drops_custom_data: bool,
    pub(super) knows_no_third_parties: bool,
}

impl Default for Tenant {
    fn default() -> Self {
        let resource = json!({
            "id": "management-api", "tenantId": "default", "name": "Logto Management API",
            "indicator": MANAGEMENT_API, "isDefault": false, "accessTokenTtl": 3600,
        });
        let scope = json!({
            "id": "management-api-all", "tenantId": "default", "resourceId": "management-api",
            "name": "all", "description": "Default scope for Management API, allows all permissions.",
            "createdAt": 0,
        });
        let role = json!({
            "id": "management-access", "tenantId": "default", "name": "Logto Management API access",
            "description": "Has all", "type": "MachineToMachine", "isDefault": false,
        });
        Self {
            endpoint: String::new(),
            count: 0,
            keys: Vec::new(),
            tokens: BTreeMap::new(),
            resources: vec![("management-api".into(), resource)],
            scopes: vec![("management-api-all".into(), scope)],
            roles: vec![("management-access".into(), role)],
            role_scopes: BTreeSet::new(),
            role_users: BTreeSet::new(),
            users: Vec::new(),
            apps: Vec::new(),
            secrets: Vec::new(),
            consent: BTreeSet::new(),
            branding: BTreeMap::new(),
            grants: Vec::new(),
            customizer: None,
            metadata_documents: false,
            has_metadata_documents: true,
            protects_addresses: true,
            app_limit: None,
            drops_custom_data: false,
            knows_no_third_parties: false,
        }
    }
}

/// The row with this id.
pub(super) fn find<'a>(table: &'a Table, id: &str) -> Result<&'a Value, Reply> {
    let found = table.iter().find(|(own, _)| own == id);
    found.map(|(_, row)| row).ok_or_else(Reply::unknown_id)
}

pub(super) fn find_mut<'a>(table: &'a mut Table, id: &str) -> Result<&'a mut Value, Reply> {
    let found = table.iter_mut().find(|(own, _)| own == id);
    found.map(|(_, row)| row).ok_or_else(Reply::unknown_id)
}

/// Milliseconds, as Logto counts.
pub(super) fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or_default()
}

impl Tenant {
    pub(super) fn answer(&mut self, request: &Request) -> Reply {
        match request.path.as_str() {
            "/oidc/token" if request.method == "POST" => self.token(request),
            "/oidc/.well-known/openid-configuration" => Reply::new(200, self.metadata()),
            "/oidc/jwks" => Reply::new(200, json!({ "keys": self.keys })),
            path if path.starts_with("/api/") => match self.authorize(request) {
                Ok(()) => self.route(request),
                Err(refusal) => refusal,
            },
            _ => Reply::new(404, json!("Not Found")),
        }
    }

    /// Below `/api`, for somebody who may.
    pub(super) fn route(&mut self, request: &Request) -> Reply {
        let method = request.method.as_str();
        let path = request.below_api();
        let answer = match path.as_slice() {
            ["resources", rest @ ..] => self.resources(method, rest, request),
            ["roles", rest @ ..] => self.roles(method, rest, request),
            ["users", rest @ ..] => self.users(method, rest, request),
            ["applications", id, "user-consent-scopes", rest @ ..] => {
                self.consent(method, id, rest, request)
            }
            ["applications", rest @ ..] => self.applications(method, rest, request),
            ["configs" | "cimd", ..] => self.configs(method, &path, request),
            _ => Err(Self::no_route()),
        };
        answer.unwrap_or_else(|refusal| refusal)
    }

    pub(super) fn no_route() -> Reply {
        Reply::new(404, json!("Not Found"))
    }

    fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}/oidc{path}", self.endpoint);
        json!({
            "issuer": at(""), "jwks_uri": at("/jwks"), "token_endpoint": at("/token"),
            "authorization_endpoint": at("/auth"), "userinfo_endpoint": at("/me"),
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    /// `client_credentials`, for an API resource.
    fn token(&mut self, request: &Request) -> Reply {
        let form = |name| request.form(name).unwrap_or_default();
        if form("grant_type") != "client_credentials" {
            return Reply::oauth(400, "unsupported_grant_type");
        }
        let client = (form("client_id"), form("client_secret"));
        let is = |app: (&str, &str)| (client.0.as_str(), client.1.as_str()) == app;
        let has_role = is(Logto::APP);
        if !has_role && !is(Logto::POWERLESS) {
            return Reply::oauth(401, "invalid_client");
        }
        if form("resource") != MANAGEMENT_API {
            return Reply::oauth(400, "invalid_target");
        }
        let asked = form("scope");
        let granted = if has_role && asked.split(' ').any(|one| one == "all") {
            "all"
        } else {
            ""
        };
        let token = self.new_id("token");
        self.tokens.insert(token.clone(), granted.to_owned());
        let mut body = json!({
            "access_token": token, "expires_in": 3600, "token_type": "Bearer",
        });
        if !granted.is_empty() {
            body["scope"] = json!(granted);
        }
        Reply::new(200, body)
    }

    fn authorize(&self, request: &Request) -> Result<(), Reply> {
        let header = request.authorization.as_str();
        if header.is_empty() {
            return Err(Reply::refusal(401, "auth.authorization_header_missing"));
        }
        let token = header.strip_prefix("Bearer ");
        let token = token
            .ok_or_else(|| Reply::refusal(401, "auth.authorization_token_type_not_supported"))?;
        match self.tokens.get(token).map(String::as_str) {
            None => Err(Reply::refusal(401, "auth.unauthorized")),
            Some("all") => Ok(()),
            Some(_) => Err(Reply::refusal(403, "auth.forbidden")),
        }
    }

    /// An id that is no name.
    pub(super) fn new_id(&mut self, kind: &str) -> String {
        self.count += 1;
        format!("{kind}{:0>18}", self.count)
    }

    /// All rows of a table, by page.
    pub(super) fn rows(table: &Table) -> Vec<Value> {
        table.iter().map(|(_, row)| row.clone()).collect()
    }

    pub(super) fn is_management_api(&self, resource_id: &str) -> bool {
        find(&self.resources, resource_id).is_ok_and(|one| one["indicator"] == MANAGEMENT_API)
    }

    /// Takes a row away, or says that there is none.
    pub(super) fn delete(table: &mut Table, id: &str) -> Answer {
        find(table, id)?;
        table.retain(|(own, _)| own != id);
        Reply::no_content()
    }
}
