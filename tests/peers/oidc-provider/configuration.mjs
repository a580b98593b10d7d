// What this provider allows. Everything that a resource server may meet is on; what is not named
// here keeps the library's default.
import { randomBytes } from 'node:crypto';

import { errors } from 'oidc-provider';

import { clients, isFirstParty } from './clients.mjs';
import { claimsFor, findAccount } from './people.mjs';

// Of the process, so that who has signed in stays signed in when the keys change.
const cookieKeys = [randomBytes(32).toString('hex')];

export function configuration(settings) {
  return {
    clients: clients(settings.resourceServerKey),
    findAccount,
    fetch: settings.fetch,
    jwks: settings.jwks,
    cookies: { keys: cookieKeys },
    // The resource's scopes are listed here too: only a listed scope may be registered, and only
    // a listed scope is held against what the client registered.
    scopes: ['openid', 'offline_access', ...settings.scopes.split(' ')],
    claims: { profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
    pkce: { required: () => true },
    // A refresh token for everyone who may use one: `offline_access` needs `openid`, which an
    // agent that only wants a token for the resource does not ask for.
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    extraTokenClaims: settings.bareTokens ? undefined : extraTokenClaims,
    loadExistingGrant,
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    features: features(settings),
  };
}

function features({ resource, scopes, alg, format, signedReplies }) {
  return {
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    jwtIntrospection: { enabled: signedReplies },
    revocation: { enabled: true },
    // Strict, as the library is: the scope of the registration is a ceiling for good.
    registration: { enabled: true },
    clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: async () => true,
      getResourceServerInfo: async (_ctx, indicator) => {
        if (indicator !== resource) throw new errors.InvalidTarget();
        return {
          scope: scopes,
          audience: resource,
          accessTokenFormat: format,
          accessTokenTTL: 600,
          ...(format === 'jwt' && { jwt: { sign: { alg } } }),
        };
      },
    },
  };
}

// The token carries exactly the claims that its scopes stand for: what was not consented to is
// not in there.
async function extraTokenClaims(_ctx, token) {
  return token.accountId && token.scope ? claimsFor(token.accountId, token.scope) : undefined;
}

// Anyone gets what was granted before in this browser, and otherwise the consent page. A
// first-party client gets what it asks for, unasked.
async function loadExistingGrant(ctx) {
  const { client, session, provider, params, resourceServers, result } = ctx.oidc;
  const { clientId } = client;
  const before = result?.consent?.grantId ?? session.grantIdFor(clientId);
  const granted = before && (await provider.Grant.find(before));
  if (!isFirstParty(client)) return granted;
  const grant = granted ?? new provider.Grant({ clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope ?? '');
  for (const indicator of Object.keys(resourceServers)) {
    grant.addResourceScope(indicator, params.scope ?? '');
  }
  await grant.save();
  return grant;
}
