// The people who can sign in. Any password will do.
const people = {
  alice: {
    name: 'Alice Archer',
    preferred_username: 'alice',
    email: 'alice@example.com',
    email_verified: true,
  },
  bob: {
    name: 'Bob Baker',
    preferred_username: 'bob',
    email: 'bob@example.com',
    email_verified: false,
  },
};

const claimsOfScope = {
  profile: ['name', 'preferred_username'],
  email: ['email', 'email_verified'],
};

export const isKnown = (login) => Object.hasOwn(people, login);

export function claimsFor(login, scope) {
  const names = scope.split(' ').flatMap((token) => claimsOfScope[token] ?? []);
  return Object.fromEntries(names.map((name) => [name, people[login][name]]));
}

export async function findAccount(_ctx, login) {
  if (!isKnown(login)) return undefined;
  return {
    accountId: login,
    claims: async (_use, scope) => ({ sub: login, ...claimsFor(login, scope) }),
  };
}

// The same people as Logto keeps them, under the same ids; they can change while the process runs.
export const users = new Map(Object.entries(people).map(([id, person]) => [id, {
  id,
  username: id,
  name: person.name,
  primaryEmail: person.email,
  primaryPhone: null,
  avatar: null,
  profile: {},
  customData: { plan: 'internal' },
  identities: {},
  isSuspended: false,
  createdAt: 1700000000000,
  updatedAt: 1700000000000,
}]));
