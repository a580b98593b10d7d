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
import http from 'node:http';
import { createInterface } from 'node:readline';

import Provider from 'oidc-provider';

import { configuration } from './configuration.mjs';
import { Keys } from './keys.mjs';
import { hostDocument } from './metadata-document.mjs';
import { pages } from './pages.mjs';

// The library's notices would otherwise come before the line that the caller waits for.
console.info = console.error;

const settings = {
  resource: required('RESOURCE'),
  scopes: process.env.SCOPES ?? 'profile email mail:read mail:send notes:read notes:write',
  alg: process.env.ALG ?? 'ES256',
  format: process.env.FORMAT ?? 'jwt',
  bareTokens: process.env.CLAIMS === 'userinfo',
  signedReplies: process.env.SIGNED_REPLIES !== 'no',
  resourceServerKey: JSON.parse(process.env.RESOURCE_SERVER_KEY ?? 'null'),
};

const server = http.createServer();
await new Promise((ready) => server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;
const document = await hostDocument();
const keys = new Keys();
let answer = open();
server.on('request', (request, response) => answer(request, response));

const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => {
  keys[JSON.parse(line).keys]();
  answer = open();
  console.log(line);
});
orders.on('close', () => process.exit(0));

console.log(JSON.stringify({ issuer, metadata_document: document.url }));

// The library reads its keys once. What it remembers of people, grants and tokens is the process's,
// so a new one in its place is the same provider with other keys.
function open() {
  const provider = new Provider(issuer, configuration({
    ...settings,
    fetch: document.fetch,
    jwks: keys.jwks,
  }));
  provider.on('server_error', (_ctx, error) => console.error(error));
  const answerPage = pages(provider);
  const answerProtocol = provider.callback();
  return (request, response) => {
    const part = request.url.startsWith('/interaction/') ? answerPage : answerProtocol;
    part(request, response);
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
