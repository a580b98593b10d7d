// An agent on the TypeScript SDK. It speaks lines of JSON, see ../README.md:
//
//   node run.mjs SERVER REVISION REGISTRATION STEP…
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

import { Denied, Grants } from './grants.mjs';
import { challengeOf, say } from './lines.mjs';

const [server, revision, registration, ...steps] = process.argv.slice(2);
const grants = new Grants(registration);

try {
  await run();
} catch (error) {
  if (error instanceof Denied) {
    say('denied', { error: error.message, holds_token: grants.holdsToken });
  } else {
    say('failed', { message: String(error?.stack ?? error) });
    process.exitCode = 1;
  }
}
say('done');
// Nothing is awaited any more; an open stream must not keep the process.
process.exit();

async function run() {
  const connection = await withPerson(connect);
  say('connected', { revision: connection.client.getNegotiatedProtocolVersion() });
  const { tools } = await connection.client.listTools();
  say('tools', { names: tools.map((tool) => tool.name) });
  for (const step of steps) await take(connection, JSON.parse(step));
  await connection.client.close();
}

async function take({ client, transport }, step) {
  const { tool, prompt, resource, arguments: args } = step;
  const again = (action) =>
    withPerson((attempt) => {
      attempt.transport = transport;
      return action();
    });
  if (tool) {
    say('called', { tool, result: await again(() => client.callTool({ name: tool, arguments: args })) });
  } else if (prompt) {
    const { prompts } = await client.listPrompts();
    say('prompts', { names: prompts.map(({ name }) => name) });
    say('got', { prompt, result: await again(() => client.getPrompt({ name: prompt, arguments: args })) });
  } else {
    const { resources } = await client.listResources();
    say('resources', { uris: resources.map(({ uri }) => uri) });
    say('read', { uri: resource, result: await again(() => client.readResource({ uri: resource })) });
  }
}

// A client that was refused at `connect` is used up, so each attempt makes a new one.
async function connect(attempt) {
  attempt.transport = new StreamableHTTPClientTransport(new URL(server), {
    authProvider: grants,
    fetch: watch,
  });
  const mode = revision === '2025-11-25' ? 'legacy' : { pin: revision };
  const client = new Client(
    { name: 'smartmail-ai', version: '1.0.0' },
    { versionNegotiation: { mode } },
  );
  await client.connect(attempt.transport);
  return { client, transport: attempt.transport };
}

// The SDK gives up when a person is needed. So: let the person answer, then try once more.
async function withPerson(action) {
  const attempt = {};
  try {
    return await action(attempt);
  } catch (error) {
    if (!grants.waiting) throw error;
    await grants.ask(attempt.transport);
    return action(attempt);
  }
}

async function watch(url, init) {
  const response = await fetch(url, init);
  if (String(url) === server) {
    if (response.status === 401) say('unauthorized', challengeOf(response));
    if (response.status === 403) say('refused', challengeOf(response));
  }
  return response;
}
