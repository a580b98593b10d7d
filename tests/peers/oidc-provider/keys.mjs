// The keys that this provider signs with: one of each kind, and what happens to keys in their life.
import { generateKeyPairSync, randomBytes } from 'node:crypto';

export class Keys {
  #published = newSet();

  get jwks() {
    return { keys: this.#published };
  }

  // The first key of a kind signs; the older ones still verify what they have signed.
  add() {
    this.#published = [...newSet(), ...this.#published];
  }

  // As after a theft: what the old keys have signed is worth nothing.
  replace() {
    this.#published = newSet();
  }
}

// As Logto has them: one signs, and a rotation may change its kind. The engine names the only
// algorithm of an EC key in its JWK, and none of the several of an RSA key.
export class LogtoKeys {
  #published = [];
  #kind;

  constructor() {
    this.rotate('EC');
  }

  get jwks() {
    return { keys: this.#published };
  }

  get alg() {
    return algorithms[this.#kind];
  }

  // Signs with the new one at once; the old one stays.
  rotate(kind) {
    const { alg, ...key } = signingKey(algorithms[kind]);
    this.#kind = kind;
    this.#published = [key, ...this.#published.slice(0, 1)];
  }
}

const algorithms = { EC: 'ES384', RSA: 'RS256' };

const newSet = () => ['ES256', 'RS256', 'EdDSA'].map(signingKey);

function signingKey(alg) {
  const { privateKey } = {
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    EdDSA: () => generateKeyPairSync('ed25519'),
  }[alg]();
  const kid = `${alg.toLowerCase()}-${randomBytes(4).toString('hex')}`;
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg };
}
