// A certified OpenID provider on a free loopback port, for the tests.
//
//   RESOURCE=http://127.0.0.1:3001/mcp node main.mjs
//
// Prints one line of JSON when it is ready, and ends when its standard input closes, so that no
// process outlives the test that started it. Until then it takes orders there, one line of JSON each,
// and answers each with a line: {"keys": "add"} signs with new keys and publishes the old ones beside
// them, {"keys": "replace"} forgets the old ones.
//
//   RESOURCE             the only resource that tokens are issued for (required)
//   SCOPES               what the resource offers, separated by spaces
//   ALG                  ES256 (default), RS256 or EdDSA: how access tokens are signed
//   FORMAT               jwt (default) or opaque
//   CLAIMS               token (default) or userinfo: where the person's claims are
//   SIGNED_REPLIES       yes (default) or no: whether introspection signs where it is asked to
//   RESOURCE_SERVER_KEY  the public key (a JWK) of a client that asks about tokens
//   PORT                 0 (default) takes a free one
//   SHAPE                plain (default) or logto, see `logto.mjs`
//
// In the shape of Logto the issuer is `…/oidc`, tokens for the resource are JWTs (ES384 at first) and all
// others opaque, and these count besides; ALG, FORMAT, CLAIMS and SIGNED_REPLIES do not:
//
//   USER_SCOPES          which user scopes third-party agents may ask for (default: profile email)
//   CONSENT_SCOPES       which of SCOPES they may have (default: all); more is dropped silently
//   ROLE_SCOPES          which of SCOPES people have by their role (default: all); as above
//   CUSTOMIZER           yes (default) or no: whether the token customizer of mcp-authz is installed
//   METADATA_DOCUMENTS   no (default) or yes: whether a client ID may be a URL
//   TTL                  how many seconds an access token is good for (default: 3600)
//
// It takes other orders: {"rotate": "RSA"} or {"rotate": "EC"}, {"take_back": "alice"} (what she allowed),
// {"suspend": "alice"}, {"restore": "alice"}.
import http from 'node:http';
import { createInterface } from 'node:readline';

import Provider from 'oidc-provider';

import { configuration } from './configuration.mjs';
import { Keys, LogtoKeys } from './keys.mjs';
import { Grants, logto } from './logto.mjs';
import { hostDocument } from './metadata-document.mjs';
import { pages } from './pages.mjs';

// The library's notices would otherwise come before the line that the caller waits for.
console.info = console.error;

const isLogto = process.env.SHAPE === 'logto';
const scopes = process.env.SCOPES ?? 'profile email mail:read mail:send notes:read notes:write';

const settings = {
  resource: required('RESOURCE'),
  scopes,
  alg: process.env.ALG ?? 'ES256',
  format: process.env.FORMAT ?? 'jwt',
  bareTokens: process.env.CLAIMS === 'userinfo',
  signedReplies: process.env.SIGNED_REPLIES !== 'no',
  resourceServerKey: JSON.parse(process.env.RESOURCE_SERVER_KEY ?? 'null'),
  userScopes: process.env.USER_SCOPES ?? 'profile email',
  consentScopes: process.env.CONSENT_SCOPES ?? scopes,
  roleScopes: process.env.ROLE_SCOPES ?? scopes,
  customizer: process.env.CUSTOMIZER !== 'no',
  metadataDocuments: process.env.METADATA_DOCUMENTS === 'yes',
  ttl: Number(process.env.TTL ?? 3600),
  bareCancel: isLogto,
};

// A client that waits for a person must find its connection as it left it.
const server = http.createServer({ keepAliveTimeout: 120_000 });
await new Promise((ready) => server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', ready));
const mount = isLogto ? '/oidc' : '';
const issuer = `http://127.0.0.1:${server.address().port}${mount}`;
const document = await hostDocument();
const keys = isLogto ? new LogtoKeys() : new Keys();
const grants = new Grants();
let provider;
let answer = open();
server.on('request', (request, response) => answer(request, response));

const orders = createInterface({ input: process.stdin });
orders.on('line', async (line) => {
  await obey(JSON.parse(line));
  console.log(line);
});
orders.on('close', () => process.exit(0));

console.log(JSON.stringify({ issuer, metadata_document: document.url }));

async function obey({ keys: change, rotate, take_back, suspend, restore }) {
  if (take_back) return grants.takeBack(provider, take_back);
  if (suspend) return grants.suspend(provider, suspend);
  if (restore) return grants.restore(provider, restore);
  if (rotate) keys.rotate(rotate);
  else keys[change]();
  answer = open();
}

// The library reads its keys once. What it remembers of people, grants and tokens is the process's,
// so a new one in its place is the same provider with other keys.
function open() {
  const now = { ...settings, fetch: document.fetch, jwks: keys.jwks, alg: keys.alg ?? settings.alg };
  const plain = configuration(now);
  provider = new Provider(issuer, isLogto ? logto(plain, now) : plain);
  provider.on('server_error', (_ctx, error) => console.error(error));
  grants.watch(provider);
  const answerPage = pages(provider, settings);
  const answerProtocol = provider.callback();
  return (request, response) => {
    if (request.url.startsWith('/interaction/')) return answerPage(request, response);
    if (!request.url.startsWith(`${mount}/`)) return response.writeHead(404).end();
    // As a router does that mounts it there; the library makes its addresses from both.
    request.originalUrl = request.url;
    request.url = request.url.slice(mount.length);
    answerProtocol(request, response);
  };
}

function required(name) {
  const value = process.env[name];
  if (!value) {
    console.error(`${name} must be set`);
    process.exit(2);
  }
  return value;
}
