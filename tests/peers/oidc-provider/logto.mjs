// The shape of Logto, whose engine this library is: the settings that Logto gives it, as far as an
// agent or a resource server meets them. Written from the documented and observed answers of Logto 1.42.
import { readFileSync } from 'node:fs';

import { errors } from 'oidc-provider';

import { isFirstParty } from './clients.mjs';
import { users } from './people.mjs';

// Logto's user scopes, with what userinfo says for each.
const claimsOfScope = {
  profile: ['name', 'preferred_username', 'picture', 'updated_at', 'username', 'created_at'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
  custom_data: ['custom_data'],
  identities: ['identities', 'sso_identities'],
  roles: ['roles'],
};

const OWN = ['openid', 'offline_access'];

const list = (text) => text.split(' ').filter(Boolean);

export function logto(plain, settings) {
  const customize = settings.customizer ? customizer(settings) : undefined;
  return {
    ...plain,
    clients: plain.clients.map((client) => shaped(client, settings)),
    clientDefaults: { id_token_signed_response_alg: settings.alg },
    enabledJWA: { idTokenSigningAlgValues: ['ES384', 'RS256'] },
    findAccount,
    // API permissions are no scopes of the provider's: asked for beyond the ceiling, they are dropped
    // without a word. A user scope beyond it ends the request.
    scopes: [...OWN, ...Object.keys(claimsOfScope)],
    claims: claimsOfScope,
    pkce: { required: (_ctx, client) => client.clientAuthMethod !== 'client_secret_basic' },
    issueRefreshToken: undefined,
    extraTokenClaims: customize,
    revokeGrantPolicy: () => true,
    ttl: { AccessToken: settings.ttl },
    features: {
      ...plain.features,
      clientCredentials: { enabled: true },
      jwtIntrospection: { enabled: false },
      registration: { enabled: false },
      dPoP: { enabled: false },
      clientIdMetadataDocument: {
        ...plain.features.clientIdMetadataDocument,
        enabled: settings.metadataDocuments,
      },
      resourceIndicators: {
        enabled: true,
        // Who names no resource for the token gets one for userinfo: opaque, without an audience.
        useGrantedResource: async () => false,
        // A machine has to name one.
        defaultResource: async (ctx, _client, oneOf) => {
          if (ctx.oidc.params.grant_type === 'client_credentials') throw new errors.InvalidTarget();
          return oneOf;
        },
        getResourceServerInfo: async (ctx, indicator, client) => {
          if (indicator !== settings.resource) throw new errors.InvalidTarget();
          return {
            scope: ceiling(client, settings).join(' '),
            audience: indicator,
            accessTokenFormat: 'jwt',
            accessTokenTTL: settings.ttl,
            jwt: { sign: { alg: settings.alg } },
          };
        },
      },
    },
  };
}

// What a token for the resource can hold at most: what it offers, as far as people have it by their
// role and, for an agent of somebody else's, as far as the operator lets it ask.
function ceiling(client, { scopes, roleScopes, consentScopes }) {
  const all = list(scopes).filter((scope) => list(roleScopes).includes(scope));
  return isFirstParty(client) ? all : all.filter((scope) => list(consentScopes).includes(scope));
}

// A third-party agent has its user scopes listed; who asks about tokens is a machine.
function shaped(client, { userScopes }) {
  if (client.grant_types.length === 0) return { ...client, grant_types: ['client_credentials'] };
  if (isFirstParty({ clientId: client.client_id })) return client;
  return { ...client, scope: [...OWN, ...list(userScopes)].join(' ') };
}

// As it is installed: the script that `mcp_authz::logto::Provisioning` puts there.
function customizer({ resource }) {
  const script = readFileSync(
    new URL('../../../mcp-authz/src/logto/plan/customizer.js', import.meta.url), 'utf8');
  const installed = { script, environmentVariables: { MCP_AUTHZ_SERVERS: resource } };
  return (_ctx, token) => customized(token, installed, async (id) => users.get(id));
}

// What a token customizer adds to a token.
export async function customized(token, { script, environmentVariables }, userOf) {
  // For opaque tokens too, which have no audience; a machine's have a script of their own.
  if (token.kind !== 'AccessToken') return undefined;
  const getCustomJwtClaims = new Function(`${script}\nreturn getCustomJwtClaims;`)();
  const payload = token.constructor.IN_PAYLOAD.map((field) => [field, token[field]]);
  return getCustomJwtClaims({
    token: Object.fromEntries(payload.filter(([, value]) => value !== undefined)),
    context: { user: await userOf(token.accountId) },
    environmentVariables,
  });
}

async function findAccount(_ctx, id) {
  const user = users.get(id);
  if (!user) return undefined;
  if (user.isSuspended) throw new errors.InvalidGrant('user suspended');
  return { accountId: id, claims: async () => ({ sub: id, ...userinfo(user) }) };
}

const userinfo = (user) => ({
  name: user.name,
  preferred_username: user.profile.preferredUsername ?? user.username,
  picture: user.avatar,
  updated_at: user.updatedAt,
  username: user.username,
  created_at: user.createdAt,
  email: user.primaryEmail,
  email_verified: Boolean(user.primaryEmail),
  phone_number: user.primaryPhone,
  phone_number_verified: Boolean(user.primaryPhone),
  address: user.profile.address,
  custom_data: user.customData,
  identities: user.identities,
});

// What people allowed, until it is taken back. Whom Logto suspends loses all of it for good; sessions end
// by `findAccount`.
export class Grants {
  #ofPerson = new Map();

  watch(provider) {
    provider.on('grant.saved', ({ accountId, jti }) => {
      const before = this.#ofPerson.get(accountId) ?? new Set();
      this.#ofPerson.set(accountId, before.add(jti));
    });
  }

  async suspend(provider, id) {
    users.get(id).isSuspended = true;
    await this.takeBack(provider, id);
  }

  async takeBack(provider, id) {
    for (const grant of this.#ofPerson.get(id) ?? []) await this.revoke(provider, grant);
    this.#ofPerson.delete(id);
  }

  // As the engine keeps them: what is over or was taken back is not among them.
  async of(provider, id) {
    const all = [...(this.#ofPerson.get(id) ?? [])].map((grant) => provider.Grant.adapter.find(grant));
    return (await Promise.all(all)).filter(Boolean);
  }

  async revoke(provider, grant) {
    await provider.AccessToken.revokeByGrantId(grant);
    await provider.RefreshToken.revokeByGrantId(grant);
    await provider.Grant.adapter.destroy(grant);
  }

  async restore(_provider, id) {
    users.get(id).isSuspended = false;
  }
}
