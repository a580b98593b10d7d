// Clients that were registered before anyone came. The agents never listen on their redirect
// address: whoever plays the person hands them the callback.
export const REDIRECT = 'http://127.0.0.1:8976/callback';

const agent = {
  redirect_uris: [REDIRECT],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
};

const FIRST_PARTY = 'first-party';

// Ask about tokens and never receive one.
const resourceServer = { redirect_uris: [], grant_types: [], response_types: [] };

export const clients = (resourceServerKey) => [
  {
    ...agent,
    client_id: 'third-party',
    client_name: 'SmartMail AI',
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  },
  {
    ...agent,
    client_id: 'third-party-confidential',
    client_name: 'SmartMail AI (server side)',
    client_secret: 'a-secret-for-tests-only',
    token_endpoint_auth_method: 'client_secret_basic',
  },
  // `web`, because the library asks a native client for consent every time.
  {
    ...agent,
    client_id: FIRST_PARTY,
    client_name: 'Our own webmail',
    token_endpoint_auth_method: 'none',
    application_type: 'web',
  },
  {
    ...resourceServer,
    client_id: 'resource-server',
    client_secret: 'another-secret-for-tests-only',
    token_endpoint_auth_method: 'client_secret_basic',
  },
  {
    ...resourceServer,
    client_id: 'resource-server-post',
    client_secret: 'another-secret-for-tests-only',
    token_endpoint_auth_method: 'client_secret_post',
  },
  ...(resourceServerKey ? [withKey(resourceServerKey)] : []),
];

const withKey = (jwk) => ({
  ...resourceServer,
  client_id: 'resource-server-key',
  jwks: { keys: [jwk] },
  token_endpoint_auth_method: 'private_key_jwt',
});

export const isFirstParty = (client) => client.clientId === FIRST_PARTY;
