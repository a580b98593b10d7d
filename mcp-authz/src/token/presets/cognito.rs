use crate::token::{Algorithm, Issuer};

impl Issuer {
    /// A user pool of Amazon Cognito by its id, `eu-central-1_AbCdEfGhI` (the region is in it).
    ///
    /// At Cognito:
    /// 1. Add a resource server whose identifier is this server's URI, with its scopes; tokens and
    ///    tools name them in full (`https://mcp.example.com/mcp/mail.send`).
    /// 2. Use managed login (Essentials or Plus), which honours the `resource` that MCP clients send
    ///    and puts it into `aud`.
    /// 3. Add an app client for each agent, with the authorization code grant and these scopes.
    ///
    /// Pools that know no `resource` put no audience into access tokens. Those are refused, unless
    /// you list the agents that stand in for it, at the cost that
    /// [`danger::without_audience`](crate::danger::without_audience) describes:
    /// `.jwt_without_audience(danger::without_audience(["client-id"]))`.
    ///
    /// ID tokens say `token_use: id` and are refused. Access tokens hold no identity claims.
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// let issuer = Issuer::cognito("eu-central-1_AbCdEfGhI");
    /// ```
    pub fn cognito(user_pool_id: impl AsRef<str>) -> Self {
        let pool = user_pool_id.as_ref();
        let region = pool.split_once('_').map_or("", |(region, _)| region);
        // The partition of China has a domain of its own.
        let domain = if region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        let issuer = Self::new(format!("https://cognito-idp.{region}.{domain}/{pool}"))
            .accept_typ_jwt()
            .algorithms([Algorithm::Rs256])
            .client_id_claim("client_id")
            .require_claim("token_use", "access");
        if is_pool_id(region, pool) {
            issuer
        } else {
            issuer
                .mistake("the user pool of Cognito must be its id, like \"eu-central-1_AbCdEfGhI\"")
        }
    }
}

fn is_pool_id(region: &str, pool: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !region.is_empty() && pool.len() > region.len() + 1 && pool.bytes().all(plain)
}
