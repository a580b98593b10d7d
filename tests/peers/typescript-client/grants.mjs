// What the agent holds: its registration, its tokens, and what is under way at the person.
import { randomUUID } from 'node:crypto';

import { nextLine, say } from './lines.mjs';

const REDIRECT = 'http://127.0.0.1:8976/callback';

/** The person, or the authorization server on the person's way, said no. */
export class Denied extends Error {}

export class Grants {
  redirectUrl = REDIRECT;
  clientMetadata = {
    client_name: 'SmartMail AI',
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  };
  waiting = undefined;
  #client;
  #tokens;
  #verifier;
  #state;
  #discovered;

  constructor(registration) {
    const [mode, ...rest] = registration.split(':');
    if (mode === 'preregistered') this.#client = { client_id: rest[0], client_secret: rest[1] };
    if (mode === 'metadata-document') this.clientMetadataUrl = rest.join(':');
  }

  /** Sends the person to the page that the SDK named, and redeems what comes back. */
  async ask(transport) {
    say('authorize', { url: this.waiting });
    this.waiting = undefined;
    const { searchParams } = new URL((await nextLine()).callback);
    if (searchParams.get('state') !== this.#state) throw new Error('the state is not ours');
    try {
      await transport.finishAuth(searchParams);
    } catch (error) {
      if (searchParams.has('error')) throw new Denied(searchParams.get('error'));
      throw error;
    }
  }

  get holdsToken() {
    return Boolean(this.#tokens);
  }

  // What follows is the SDK's interface `OAuthClientProvider`.
  state() {
    this.#state = randomUUID();
    return this.#state;
  }

  redirectToAuthorization(url) {
    this.waiting = url.href;
  }

  clientInformation() {
    return this.#client;
  }

  saveClientInformation(client) {
    this.#client = client;
  }

  tokens() {
    return this.#tokens;
  }

  saveTokens(tokens) {
    this.#tokens = tokens;
  }

  // Binds the callback to the authorization server that the person was sent to.
  saveDiscoveryState(discovered) {
    this.#discovered = discovered;
  }

  discoveryState() {
    return this.#discovered;
  }

  codeVerifier() {
    return this.#verifier;
  }

  saveCodeVerifier(verifier) {
    this.#verifier = verifier;
  }
}
