// One JSON object a line, in both directions.
import { createInterface } from 'node:readline';

import { extractWWWAuthenticateParams } from '@modelcontextprotocol/client';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export function say(event, details = {}) {
  process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);
}

export async function nextLine() {
  const { value, done } = await lines.next();
  if (done) throw new Error('the person has left');
  return JSON.parse(value);
}

/** The challenge as the SDK itself reads it. */
export function challengeOf(response) {
  const { scope, error, resourceMetadataUrl } = extractWWWAuthenticateParams(response);
  return { scope: scope ?? null, error: error ?? null, resource_metadata: resourceMetadataUrl ?? null };
}
