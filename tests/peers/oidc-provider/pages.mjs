// The sign-in and the consent page: plain forms, no scripts.
import { isKnown } from './people.mjs';

export function pages(provider, settings = {}) {
  return (request, response) => {
    answer(provider, settings, request, response).catch((error) => {
      // Also a page that has expired or was never there.
      response.writeHead(error.status ?? 500, { 'content-type': 'text/plain' });
      response.end(error.message);
    });
  };
}

async function answer(provider, settings, request, response) {
  const interaction = await provider.interactionDetails(request, response);
  if (request.method !== 'POST') return show(provider, settings, interaction, response);
  const form = new URLSearchParams(await bodyOf(request));
  if (settings.bareCancel && form.get('decision') === 'deny') {
    // What Logto's button does: back to the agent, and not a word about what happened.
    response.writeHead(303, { location: interaction.params.redirect_uri });
    return response.end();
  }
  const result =
    interaction.prompt.name === 'login'
      ? signIn(form)
      : await decide(provider, interaction, form.get('decision'));
  if (!result) return show(provider, settings, interaction, response);
  return provider.interactionFinished(request, response, result, {
    mergeWithLastSubmission: Boolean(result.consent),
  });
}

function signIn(form) {
  const login = form.get('login') ?? '';
  return isKnown(login) && form.get('password') ? { login: { accountId: login } } : undefined;
}

async function decide(provider, interaction, decision) {
  if (decision !== 'allow') {
    return { error: 'access_denied', error_description: 'the person said no' };
  }
  const { grantId, session, params, prompt } = interaction;
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope((prompt.details.missingOIDCScope ?? []).join(' '));
  grant.addOIDCClaims(prompt.details.missingOIDCClaims ?? []);
  for (const [indicator, scopes] of Object.entries(prompt.details.missingResourceScopes ?? {})) {
    grant.addResourceScope(indicator, scopes.join(' '));
  }
  return { consent: { grantId: await grant.save() } };
}

async function show(provider, { wordsFor }, interaction, response) {
  const client = await provider.Client.find(interaction.params.client_id);
  const words = (await wordsFor?.(interaction.params.resource)) ?? {};
  const page = interaction.prompt.name === 'login' ? signInPage(client) : consentPage(client, interaction, words);
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`<!doctype html><meta charset="utf-8">${page}`);
}

const signInPage = (client) => `<title>Sign in</title><h1>Sign in</h1>
<p>to continue to ${escape(nameOf(client))}</p>
<form method="post">
<label>Name <input name="login" autofocus required></label>
<label>Password <input name="password" type="password" required></label>
<button type="submit">Sign in</button>
</form>`;

function consentPage(client, { prompt, params }, words) {
  const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details;
  const missing = new Set([...missingOIDCScope, ...Object.values(missingResourceScopes).flat()]);
  const asked = missing.size > 0 ? [...missing] : (params.scope ?? '').split(' ');
  const item = (scope) => `<li><code>${escape(scope)}</code> ${escape(words[scope] ?? '')}</li>`;
  const items = asked.map(item).join('');
  return `<title>Consent</title><h1>${escape(nameOf(client))} asks for access</h1>
<ul>${items}</ul>
<form method="post">
<button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</form>`;
}

const nameOf = (client) => client.clientName ?? client.clientId;

const escape = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

async function bodyOf(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 10_000) throw Object.assign(new Error('too large'), { status: 413 });
  }
  return body;
}
