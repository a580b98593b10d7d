// The agent's own home page, as far as this test needs it: one client ID metadata document. Such
// a document must be fetched over https, so a certificate is made that lives as long as the
// process, and the provider is given a fetch that trusts it and nothing else.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { REDIRECT } from './clients.mjs';

export async function hostDocument() {
  const { key, cert } = throwAwayCertificate();
  const server = https.createServer({ key, cert });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const url = `https://localhost:${server.address().port}/agent.json`;
  server.on('request', (request, response) => {
    const found = request.url === '/agent.json';
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ? document(url) : {}));
  });
  return { url, fetch: fetchTrusting(cert) };
}

const document = (url) => ({
  client_id: url,
  client_name: 'SmartMail AI (by its own document)',
  redirect_uris: [REDIRECT],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
  application_type: 'native',
});

function throwAwayCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'peer-certificate-'));
  const file = (name) => join(folder, name);
  try {
    execFileSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
      ...['-keyout', file('key.pem'), '-out', file('cert.pem')],
    ], { stdio: 'pipe' });
    return { key: readFileSync(file('key.pem')), cert: readFileSync(file('cert.pem')) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// The library hands over a dispatcher that drops loopback connections. That guard is right in
// production and in the way here, where everything is on loopback.
const fetchTrusting = (ca) => (url, { headers, method, signal }) =>
  new Promise((resolve, reject) => {
    const options = { ca, method, signal, headers: Object.fromEntries(headers) };
    https.request(url, options, async (answer) => {
      try {
        const chunks = [];
        for await (const chunk of answer) chunks.push(chunk);
        resolve(new Response(Buffer.concat(chunks), {
          status: answer.statusCode,
          headers: answer.headers,
        }));
      } catch (error) {
        reject(error);
      }
    }).on('error', reject).end();
  });
