// Written by mcp-authz. Tokens for the servers in MCP_AUTHZ_SERVERS carry the claims of the scopes
// that the person granted, and no others; all other tokens stay as they are.
const getCustomJwtClaims = async ({ token, context, environmentVariables }) => {
  const servers = (environmentVariables?.MCP_AUTHZ_SERVERS ?? '').split(/\s+/).filter(Boolean);
  const audiences = [token.aud].flat();
  if (audiences.length !== 1 || !servers.includes(audiences[0])) return {};

  const granted = new Set((token.scope ?? '').split(' '));
  const user = context?.user ?? {};
  const profile = user.profile ?? {};
  const released = {
    profile: {
      name: user.name,
      username: user.username,
      preferred_username: profile.preferredUsername ?? user.username,
      picture: user.avatar,
      given_name: profile.givenName,
      family_name: profile.familyName,
      middle_name: profile.middleName,
      nickname: profile.nickname,
      profile: profile.profile,
      website: profile.website,
      gender: profile.gender,
      birthdate: profile.birthdate,
      zoneinfo: profile.zoneinfo,
      locale: profile.locale,
    },
    email: { email: user.primaryEmail, email_verified: user.primaryEmail ? true : undefined },
    phone: { phone_number: user.primaryPhone, phone_number_verified: user.primaryPhone ? true : undefined },
    address: { address: profile.address },
    roles: { roles: user.roles?.map((role) => role.name) },
  };
  const claims = Object.entries(released)
    .filter(([scope]) => granted.has(scope))
    .flatMap(([, values]) => Object.entries(values))
    .filter(([, value]) => value !== undefined && value !== null && value !== '');
  return Object.fromEntries(claims);
};
