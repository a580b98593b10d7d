// The library in the shape of Logto (see logto.mjs), as the engine of one tenant behind the proxy in front of
// it: its clients, resources, roles and token customizer are those that the Management API has now. What people
// allowed is the engine's, so the two calls about it are answered here, for whom the Management API lets in.
//
//   TENANT=http://127.0.0.1:3301 APP=id:secret node tenant.mjs
//
//   TENANT  where the Management API is (required); the proxy leads /api there, and machines that want a token
//   APP     the machine-to-machine app that reads it (required)
//   LEAD    where the proxy leads the one path that Logto does not answer; nowhere by default
//
// Prints one line of JSON when it is ready, and ends when its standard input closes.
import http from 'node:http';

import Provider, { errors } from 'oidc-provider';

import { configuration } from './configuration.mjs';
import { LogtoKeys } from './keys.mjs';
import { Grants, customized, logto } from './logto.mjs';
import { pages } from './pages.mjs';

// The library's notices would otherwise come before the line that the caller waits for.
console.info = console.error;

const { TENANT, APP, LEAD } = process.env;
const GRANTS = /^\/api\/users\/([^/]+)\/grants(?:\/([^/]+))?$/;
const METADATA = '/.well-known/oauth-authorization-server/oidc';
// A client that waits for a person must find its connection as it left it.
const server = http.createServer({ keepAliveTimeout: 120_000 });
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const origin = `http://127.0.0.1:${server.address().port}`;

const keys = new LogtoKeys();
const settings = { scopes: '', userScopes: '', alg: keys.alg, jwks: keys.jwks, ttl: 3600 };
const shape = logto(configuration(settings), settings);
shape.clients = [];
shape.features.resourceIndicators.getResourceServerInfo = resourceServer;
shape.ttl.AccessToken = (_ctx, token) => token.resourceServer?.accessTokenTTL ?? settings.ttl;
shape.extraTokenClaims = async (_ctx, token) => {
  const installed = await ask('/configs/jwt-customizer/access-token');
  return installed && customized(token, installed, (id) => ask(`/users/${encodeURIComponent(id)}`));
};
let token;
const provider = new Provider(`${origin}/oidc`, shape);
provider.on('server_error', (_ctx, error) => console.error(error));
provider.Client.find = client;
const grants = new Grants();
grants.watch(provider);

const answerPage = pages(provider, { bareCancel: true, wordsFor });
const answerProtocol = provider.callback();
server.on('request', (request, response) => {
  // Who hangs up in the middle gets no answer.
  route(request, response).catch(() => response.destroy());
});
process.stdin.resume().on('end', () => process.exit(0));
console.log(JSON.stringify({ issuer: `${origin}/oidc` }));

async function route(request, response) {
  const { url } = request;
  if (url.startsWith('/interaction/')) return answerPage(request, response);
  if (url === METADATA && LEAD) return lead(request, response, LEAD);
  if (GRANTS.test(new URL(url, origin).pathname)) return answerOfGrants(request, response);
  if (url.startsWith('/api/')) return lead(request, response, TENANT + url);
  if (!url.startsWith('/oidc/')) return response.writeHead(404).end('Not Found');
  if (url === '/oidc/token') {
    // A machine's token is for the Management API, which knows those that it gave out.
    request.body = await bodyOf(request);
    const isMachine = new URLSearchParams(request.body.toString()).get('grant_type') === 'client_credentials';
    if (isMachine) return lead(request, response, TENANT + url);
  }
  request.originalUrl = url;
  request.url = url.slice('/oidc'.length);
  return answerProtocol(request, response);
}

// `GET /api/users/{userId}/grants` and `DELETE /api/users/{userId}/grants/{grantId}`. A refusal, and a grant that
// the engine does not know, are the Management API's.
async function answerOfGrants(request, response) {
  const { url, method, headers } = request;
  const { pathname, searchParams } = new URL(url, origin);
  const [person, id] = pathname.match(GRANTS).slice(1).map((part) => part && decodeURIComponent(part));
  const list = `${TENANT}/api/users/${encodeURIComponent(person)}/grants?${searchParams}`;
  const { authorization } = headers;
  const told = await fetch(list, { headers: authorization ? { authorization } : {} });
  const own = told.ok ? await grants.of(provider, person) : [];
  if (told.ok && method === 'GET' && !id) {
    const among = await Promise.all(own.map((grant) => isOfType(grant, searchParams.get('appType'))));
    const shown = own.filter((_, index) => among[index]).map(asLogtoHasIt);
    const others = (await told.json()).grants;
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify({ grants: [...others, ...shown] }));
  }
  if (told.ok && method === 'DELETE' && own.some(({ jti }) => jti === id)) {
    await grants.revoke(provider, id);
    return response.writeHead(204).end();
  }
  return lead(request, response, TENANT + url);
}

async function isOfType({ clientId }, type) {
  // Who is not known is a third party.
  const app = await ask(`/applications/${encodeURIComponent(clientId)}`);
  const is = (app?.isThirdParty ?? true) ? 'thirdParty' : 'firstParty';
  return !type || type === is;
}

const asLogtoHasIt = (payload) => ({ id: payload.jti, payload, expiresAt: payload.exp * 1000 });

async function bodyOf(request) {
  const body = [];
  for await (const chunk of request) body.push(chunk);
  return Buffer.concat(body);
}

async function lead(request, response, target) {
  try {
    const { method, headers } = request;
    const body = request.body ?? (await bodyOf(request));
    const { host, connection, 'content-length': length, ...kept } = headers;
    const sent = method === 'GET' ? undefined : body;
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
async function client(id) {
  const path = `/applications/${encodeURIComponent(id)}`;
  const app = await ask(path);
  if (!app) return undefined;
  const isPublic = app.type !== 'Traditional';
  const [secret] = isPublic ? [] : await ask(`${path}/secrets`);
  const { userScopes } = await ask(`${path}/user-consent-scopes`);
  return new provider.Client({
    client_id: id,
    client_name: app.name,
    redirect_uris: app.oidcClientMetadata.redirectUris,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: app.type === 'Native' ? 'native' : 'web',
    token_endpoint_auth_method: isPublic ? 'none' : 'client_secret_basic',
    ...(secret && { client_secret: secret.value }),
    scope: ['openid', 'offline_access', ...userScopes].join(' '),
  });
}

// What a token for an API can hold at most: what the person has by their roles and the app has on its list.
async function resourceServer(ctx, indicator, { clientId }) {
  const resource = await resourceOf(indicator);
  if (!resource) throw new errors.InvalidTarget();
  const { resourceScopes } = await ask(`/applications/${encodeURIComponent(clientId)}/user-consent-scopes`);
  const listed = resourceScopes.flatMap((one) => one.scopes.map(({ id }) => id));
  const person = ctx.oidc.session?.accountId ?? ctx.oidc.account?.accountId;
  const held = (await byRole(person)).filter(({ id, resourceId }) => resourceId === resource.id && listed.includes(id));
  return {
    scope: [...new Set(held.map(({ name }) => name))].join(' '),
    audience: indicator,
    accessTokenFormat: 'jwt',
    accessTokenTTL: resource.accessTokenTtl,
    jwt: { sign: { alg: settings.alg } },
  };
}

// What the consent screen says of the scopes of an API.
async function wordsFor(indicator) {
  const resource = await resourceOf(indicator);
  const scopes = resource ? await ask(`/resources/${resource.id}/scopes?page_size=100`) : [];
  return Object.fromEntries(scopes.map(({ name, description }) => [name, description]));
}

async function resourceOf(indicator) {
  const resources = await ask('/resources?page_size=100');
  return resources.find((one) => one.indicator === indicator);
}

// The permissions of somebody's roles. Who has not signed in yet has none.
async function byRole(person) {
  const held = [];
  for (const { id } of await ask('/roles?page_size=100')) {
    const people = await ask(`/roles/${id}/users?page_size=100`);
    if (people.some((one) => one.id === person)) held.push(...(await ask(`/roles/${id}/scopes?page_size=100`)));
  }
  return held;
}

// What the Management API has at a path; undefined if nothing.
async function ask(path) {
  // Good for longer than a test takes.
  token ??= await machineToken();
  const answer = await fetch(`${TENANT}/api${path}`, { headers: { authorization: `Bearer ${token}` } });
  return answer.ok ? answer.json() : undefined;
}

async function machineToken() {
  const [client_id, client_secret] = APP.split(':');
  const resource = 'https://default.logto.app/api';
  const form = { grant_type: 'client_credentials', client_id, client_secret, resource, scope: 'all' };
  const answer = await fetch(`${TENANT}/oidc/token`, { method: 'POST', body: new URLSearchParams(form) });
  return (await answer.json()).access_token;
}
