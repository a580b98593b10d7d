// A certified OpenID provider on a free loopback port, for the tests.
//
//   RESOURCE=http://127.0.0.1:3001/mcp node main.mjs
//
// Prints one line of JSON when it is ready, and ends when its standard input closes, so that no
// process outlives the test that started it.
//
//   RESOURCE   the only resource that tokens are issued for (required)
//   SCOPES     what the resource offers, separated by spaces
//   ALG        ES256 (default), RS256 or EdDSA: how access tokens are signed
//   FORMAT     jwt (default) or opaque
//   PORT       0 (default) takes a free one
import http from 'node:http';

import Provider from 'oidc-provider';

import { configuration } from './configuration.mjs';
import { hostDocument } from './metadata-document.mjs';
import { pages } from './pages.mjs';

// The library's notices would otherwise come before the line that the caller waits for.
console.info = console.error;
process.stdin.resume().once('close', () => process.exit(0));

const settings = {
  resource: required('RESOURCE'),
  scopes: process.env.SCOPES ?? 'profile email mail:read mail:send notes:read notes:write',
  alg: process.env.ALG ?? 'ES256',
  format: process.env.FORMAT ?? 'jwt',
};

const server = http.createServer();
await new Promise((ready) => server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;
const document = await hostDocument();

const provider = new Provider(issuer, configuration({ ...settings, fetch: document.fetch }));
provider.on('server_error', (_ctx, error) => console.error(error));
const answerPage = pages(provider);
const answerProtocol = provider.callback();
server.on('request', (request, response) => {
  const answer = request.url.startsWith('/interaction/') ? answerPage : answerProtocol;
  answer(request, response);
});

console.log(JSON.stringify({ issuer, metadata_document: document.url }));

function required(name) {
  const value = process.env[name];
  if (!value) {
    console.error(`${name} must be set`);
    process.exit(2);
  }
  return value;
}
