// What the server offers: the same as mailbox.rs on the other side.
import {
  McpServer,
  ResourceTemplate,
  completable,
  requireScopes,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

let times = 0;

export function ran() {
  return times;
}

function run(answer) {
  times += 1;
  return answer;
}

const said = (text) => ({ content: [{ type: 'text', text }] });
const read = (uri) => ({ contents: [{ uri, text: 'mail' }] });
const asked = (text) => ({ messages: [{ role: 'user', content: { type: 'text', text } }] });

export function mailbox() {
  const server = new McpServer({ name: 'mailbox', version: '1.0.0' });
  server.registerTool('about', { description: 'For everybody' }, () => run(said('a mailbox')));
  server.registerTool(
    'read_mail',
    { description: 'Read', scopeChallenge: requireScopes('mail:read') },
    () => run(said('mail')),
  );
  server.registerTool(
    'send_mail',
    { description: 'Send', scopeChallenge: requireScopes('mail:send', 'mail:read') },
    () => run(said('sent')),
  );
  const region = z.string().meta({ 'x-mcp-header': 'Region' });
  server.registerTool(
    'route_mail',
    {
      description: 'Has an argument that a header repeats',
      inputSchema: z.object({ region }),
      scopeChallenge: requireScopes('mail:send'),
    },
    () => run(said('routed')),
  );
  server.registerPrompt(
    'summarize',
    {
      description: 'Sum up',
      argsSchema: z.object({ folder: completable(z.string(), () => run(['inbox', 'sent'])) }),
      scopeChallenge: requireScopes('mail:read'),
    },
    ({ folder }) => run(asked(`Sum up ${folder}`)),
  );
  server.registerResource(
    'folders',
    'mail://folders',
    { scopeChallenge: requireScopes('mail:read') },
    (uri) => run(read(uri.href)),
  );
  server.registerResource(
    'folder',
    new ResourceTemplate('mail://folders/{folder}', { list: undefined }),
    { scopeChallenge: ofTheFolder },
    (uri) => run(read(uri.href)),
  );
  return server;
}

// As the SDK itself reads the address.
function ofTheFolder(context) {
  const { pathname } = new URL(context.request.params.uri);
  return requireScopes(`folder:${decodeURIComponent(pathname.slice(1))}:read`)(context);
}
