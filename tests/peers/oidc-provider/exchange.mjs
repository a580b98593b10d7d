// A certified OpenID provider that exchanges tokens (RFC 8693), for the tests. The library has no such
// grant and lets others register one: which token is exchanged for which is here; who asks, how they prove
// it, the form of the request, the signatures and how a refusal is said are the library's.
//
//   RESOURCE=http://127.0.0.1:3001/mcp DOWNSTREAM=http://127.0.0.1:3002/api node exchange.mjs
//
// Prints one line of JSON, its issuer and a token of Alice's for RESOURCE in either form, and ends when its
// standard input closes. Tokens for RESOURCE are exchanged for tokens for DOWNSTREAM.
//
//   RESOURCE_SERVER_KEY  the public key (a JWK) of the client `server-key`
import http from 'node:http';

import { createRemoteJWKSet, jwtVerify } from 'jose';
import Provider, { errors } from 'oidc-provider';

import { Keys } from './keys.mjs';

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const SCOPES = 'calendar:read calendar:write';

console.info = console.error;

const { RESOURCE, DOWNSTREAM, RESOURCE_SERVER_KEY } = process.env;
// A client that waits for a person must find its connection as it left it.
const server = http.createServer({ keepAliveTimeout: 120_000 });
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const client = (id, method, more = {}) => ({
  client_id: id,
  token_endpoint_auth_method: method,
  redirect_uris: [],
  response_types: [],
  grant_types: [GRANT_TYPE],
  ...(method.startsWith('client_secret') && { client_secret: 'another-secret-for-tests-only' }),
  ...more,
});

// Who acts, by the token that is about to be signed.
const actors = new WeakMap();

const provider = new Provider(issuer, {
  jwks: new Keys().jwks,
  scopes: SCOPES.split(' '),
  extraTokenClaims: (_ctx, token) => actors.get(token),
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    resourceIndicators: { enabled: true },
  },
  clients: [
    client('third-party', 'none', { grant_types: [] }),
    client('server-basic', 'client_secret_basic'),
    client('server-post', 'client_secret_post'),
    client('may-not', 'client_secret_basic', { grant_types: [] }),
    ...(RESOURCE_SERVER_KEY
      ? [client('server-key', 'private_key_jwt', { jwks: { keys: [JSON.parse(RESOURCE_SERVER_KEY)] } })]
      : []),
  ],
});
provider.on('server_error', (_ctx, error) => console.error(error));
provider.registerGrantType(GRANT_TYPE, exchange, [
  'subject_token', 'subject_token_type', 'requested_token_type', 'resource', 'scope',
]);
const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
server.on('request', provider.callback());

async function exchange(ctx) {
  const { client: { clientId }, params } = ctx.oidc;
  for (const type of [params.subject_token_type, params.requested_token_type]) {
    if (type !== ACCESS_TOKEN) throw new errors.InvalidRequest('access tokens alone');
  }
  if (params.resource !== DOWNSTREAM) throw new errors.InvalidTarget();
  const subject = await known(params.subject_token);
  const held = subject.scope.split(' ');
  const scope = params.scope ?? subject.scope;
  if (!scope.split(' ').every((one) => held.includes(one))) throw new errors.InvalidScope('wider', scope);
  const act = { sub: clientId, act: { sub: subject.client } };
  const token = issue(await provider.Client.find(clientId), subject.person, DOWNSTREAM, 'jwt', scope, { act });
  ctx.body = {
    access_token: await token.save(),
    issued_token_type: ACCESS_TOKEN,
    token_type: token.tokenType,
    expires_in: token.expiration,
    scope,
  };
}

// What a token for RESOURCE says, in whichever form.
async function known(text) {
  if (text.includes('.')) {
    const verified = await jwtVerify(text, keys, { issuer, audience: RESOURCE, typ: 'at+jwt' })
      .catch((error) => { throw new errors.InvalidGrant(error.message); });
    const { sub, client_id, scope } = verified.payload;
    return { person: sub, client: client_id, scope };
  }
  const token = await provider.AccessToken.find(text);
  if (token?.aud !== RESOURCE) throw new errors.InvalidGrant('unknown token');
  return { person: token.accountId, client: token.clientId, scope: token.scope };
}

function issue(client, accountId, audience, accessTokenFormat, scope, claims) {
  const token = new provider.AccessToken({ accountId, client, scope, gty: 'token_exchange' });
  token.resourceServer = new provider.ResourceServer(audience, {
    scope: SCOPES, audience, accessTokenFormat, accessTokenTTL: 600,
    ...(accessTokenFormat === 'jwt' && { jwt: { sign: { alg: 'ES256' } } }),
  });
  token.scope = scope;
  if (claims) actors.set(token, claims);
  return token;
}

const agent = await provider.Client.find('third-party');
const [jwt, opaque] = await Promise.all(['jwt', 'opaque'].map(
  (format) => issue(agent, 'alice', RESOURCE, format, 'calendar:read').save(),
));
process.stdin.resume().on('close', () => process.exit(0)).on('end', () => process.exit(0));
console.log(JSON.stringify({ issuer, jwt, opaque }));
