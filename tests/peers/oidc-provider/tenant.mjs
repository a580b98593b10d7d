// The library in the shape of Logto (see logto.mjs), as the engine of one tenant behind the proxy in front of
// it: its clients are the applications that the Management API has, each with no more than its own scopes.
//
//   RESOURCE=http://127.0.0.1:3001/mcp TENANT=http://127.0.0.1:3301 APP=id:secret node tenant.mjs
//
//   RESOURCE  the only resource that tokens are issued for (required)
//   TENANT    where the Management API is (required); the proxy leads /api there
//   APP       the machine-to-machine app that reads it (required)
//   LEAD      where the proxy leads the one path that Logto does not answer; nowhere by default
//
// Prints one line of JSON when it is ready, and ends when its standard input closes.
import http from 'node:http';

import Provider from 'oidc-provider';

import { configuration } from './configuration.mjs';
import { LogtoKeys } from './keys.mjs';
import { logto } from './logto.mjs';
import { pages } from './pages.mjs';

// The library's notices would otherwise come before the line that the caller waits for.
console.info = console.error;

const { RESOURCE, TENANT, APP, LEAD } = process.env;
const METADATA = '/.well-known/oauth-authorization-server/oidc';
const server = http.createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const origin = `http://127.0.0.1:${server.address().port}`;

const keys = new LogtoKeys();
const scopes = 'profile email mail:read mail:send';
const settings = {
  ...{ resource: RESOURCE, scopes, alg: keys.alg, jwks: keys.jwks, ttl: 3600 },
  ...{ userScopes: '', consentScopes: scopes, roleScopes: scopes, customizer: true },
};
const shape = logto(configuration(settings), settings);
const { getResourceServerInfo } = shape.features.resourceIndicators;
// By client: what it may ask people for of the API.
const listed = new Map();
shape.features.resourceIndicators.getResourceServerInfo = async (ctx, indicator, client) => {
  const info = await getResourceServerInfo(ctx, indicator, client);
  const own = listed.get(client.clientId) ?? [];
  return { ...info, scope: info.scope.split(' ').filter((name) => own.includes(name)).join(' ') };
};
const provider = new Provider(`${origin}/oidc`, shape);
provider.on('server_error', (_ctx, error) => console.error(error));
const findOwn = provider.Client.find.bind(provider.Client);
provider.Client.find = async (id) => (await findOwn(id)) ?? fromTenant(id);

const answerPage = pages(provider, { bareCancel: true });
const answerProtocol = provider.callback();
server.on('request', (request, response) => {
  const { url } = request;
  if (url.startsWith('/interaction/')) return answerPage(request, response);
  if (url === METADATA && LEAD) return lead(request, response, LEAD);
  if (url.startsWith('/api/')) return lead(request, response, TENANT + url);
  if (!url.startsWith('/oidc/')) return response.writeHead(404).end('Not Found');
  request.originalUrl = url;
  request.url = url.slice('/oidc'.length);
  return answerProtocol(request, response);
});
process.stdin.resume().on('end', () => process.exit(0));
console.log(JSON.stringify({ issuer: `${origin}/oidc` }));

async function lead(request, response, target) {
  try {
    const { method, headers } = request;
    const body = [];
    for await (const chunk of request) body.push(chunk);
    const { host, connection, 'content-length': length, ...kept } = headers;
    const sent = method === 'GET' ? undefined : Buffer.concat(body);
    const answer = await fetch(target, { method, headers: kept, body: sent });
    const told = Buffer.from(await answer.arrayBuffer());
    const { 'content-encoding': coding, 'content-length': size, ...others } = Object.fromEntries(answer.headers);
    response.writeHead(answer.status, others).end(told);
  } catch {
    // What a proxy says while nobody listens there.
    response.writeHead(502).end('Bad Gateway');
  }
}

// As Logto does it: an application is a client, and its list of scopes is what it may ask for.
async function fromTenant(id) {
  const token = await machineToken();
  const ask = async (path) => {
    const answer = await fetch(`${TENANT}/api/applications/${encodeURIComponent(id)}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return answer.ok ? answer.json() : undefined;
  };
  const app = await ask('');
  if (!app) return undefined;
  const isPublic = app.type !== 'Traditional';
  const [secret] = isPublic ? [] : await ask('/secrets');
  const allowed = await ask('/user-consent-scopes');
  listed.set(id, allowed.resourceScopes.flatMap(({ scopes: own }) => own.map(({ name }) => name)));
  return new provider.Client({
    client_id: id,
    client_name: app.name,
    redirect_uris: app.oidcClientMetadata.redirectUris,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: app.type === 'Native' ? 'native' : 'web',
    token_endpoint_auth_method: isPublic ? 'none' : 'client_secret_basic',
    ...(secret && { client_secret: secret.value }),
    scope: ['openid', 'offline_access', ...allowed.userScopes].join(' '),
  });
}

async function machineToken() {
  const [client_id, client_secret] = APP.split(':');
  const resource = 'https://default.logto.app/api';
  const form = { grant_type: 'client_credentials', client_id, client_secret, resource, scope: 'all' };
  const answer = await fetch(`${TENANT}/oidc/token`, { method: 'POST', body: new URLSearchParams(form) });
  return (await answer.json()).access_token;
}
