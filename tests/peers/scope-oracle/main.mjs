// A mail server on the TypeScript SDK, each of whose parts asks for scopes, on a free loopback port.
//
//   ISSUER=http://127.0.0.1:9000 node main.mjs
//
// Prints one line of JSON when it is ready, and ends when its standard input closes. `GET /ran`
// answers how often a handler ran.
import http from 'node:http';
import { Readable } from 'node:stream';

import {
  OAuthError,
  OAuthErrorCode,
  createMcpHandler,
  getOAuthProtectedResourceMetadataUrl,
  requireBearerAuth,
} from '@modelcontextprotocol/server';
import { createRemoteJWKSet, jwtVerify } from 'jose';

import { mailbox, ran } from './mailbox.mjs';

process.stdin.resume().once('close', () => process.exit(0));

// A client that waits must find its connection as it left it.
const server = http.createServer({ keepAliveTimeout: 120_000 }, answer);
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const resource = new URL(`http://127.0.0.1:${server.address().port}/mcp`);

const issuer = process.env.ISSUER;
const discovery = await fetch(`${issuer}/.well-known/openid-configuration`);
const keys = createRemoteJWKSet(new URL((await discovery.json()).jwks_uri));
const authenticate = requireBearerAuth({
  verifier: { verifyAccessToken },
  expectedResource: resource,
  resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource),
});
const handler = createMcpHandler(mailbox);

console.log(JSON.stringify({ url: resource.href }));

async function verifyAccessToken(token) {
  try {
    const options = { issuer, audience: resource.href, typ: 'at+jwt' };
    const { payload } = await jwtVerify(token, keys, options);
    return {
      token,
      clientId: payload.client_id,
      scopes: (payload.scope ?? '').split(' ').filter(Boolean),
      expiresAt: payload.exp,
      resource,
    };
  } catch {
    throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token is not good here');
  }
}

async function answer(request, response) {
  if (request.url === '/ran') {
    response.end(String(ran()));
    return;
  }
  const message = new Request(new URL(request.url, resource), {
    method: request.method,
    headers: Object.entries(request.headers),
    body: request.method === 'POST' ? Readable.toWeb(request) : undefined,
    duplex: 'half',
  });
  const auth = await authenticate(message);
  const reply = auth instanceof Response ? auth : await handler.fetch(message, { authInfo: auth });
  response.writeHead(reply.status, Object.fromEntries(reply.headers));
  if (reply.body) Readable.fromWeb(reply.body).pipe(response);
  else response.end();
}
