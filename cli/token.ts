import type { Command } from 'commander';
import { TollgateError } from '../contract/errors.ts';
import { shown } from './answer.ts';
import type { Target } from './target.ts';
import { verbOf } from './verb.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  verbOf<{ 'client-id': string; secret?: string }>(program, target, 'token', {
    about: 'print an access token of the local identity provider, e.g. tollgate token acme-app',
    args: { '<client-id>': 'a client of the identity provider' },
    options: (verb) => verb.option('--secret <secret>', 'its secret, if not the demo’s (or TOLLGATE_CLIENT_SECRET)'),
    run: async ({ 'client-id': clientId, secret }, { target: of, refuse }) => {
      if (clientId.trim() === '') return refuse('<client-id> is empty');
      const { issuer } = await of();
      if (issuer === undefined)
        throw new TollgateError('bad_setting', {
          field: '--stage',
          reason: 'bad-option',
          message: '--stage has no identity provider of ours: get a token from your own',
        });
      const known = secret ?? process.env.TOLLGATE_CLIENT_SECRET ?? demoSecret(clientId);
      const token = await clientCredentials(issuer, clientId, known, fetch);
      return shown(token, { client: clientId, token }, () => token);
    },
  });
}

/** The demo's clients: `acme-app` has `acme-secret`, `ops` has `ops-secret`. */
function demoSecret(clientId: string): string {
  return `${clientId.replace(/-app$/, '')}-secret`;
}

/**
 * The client credentials grant (RFC 6749 section 4.4), the secret as Basic (section 2.3.1).
 *
 * @returns the access token
 * @throws TollgateError `unauthenticated` when the client or its secret is refused, `unavailable` when nobody answers
 */
export async function clientCredentials(
  issuer: string,
  clientId: string,
  secret: string,
  ask: typeof fetch,
): Promise<string> {
  const { token_endpoint: endpoint } = await json(ask, `${issuer}/.well-known/openid-configuration`, {});
  if (typeof endpoint !== 'string') throw unavailable('its discovery document names no token endpoint');
  const form = (text: string) => encodeURIComponent(text);
  const answer = await json(ask, endpoint, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${form(clientId)}:${form(secret)}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });
  if (typeof answer.access_token === 'string') return answer.access_token;
  if (answer.error === 'invalid_client')
    throw new TollgateError('unauthenticated', {
      field: 'client-id',
      reason: 'invalid-client',
      message: `the identity provider does not know ${clientId} with this secret (client-id)`,
    });
  throw unavailable(`it answered ${String(answer.error ?? 'without a token')}`);
}

async function json(ask: typeof fetch, url: string, init: RequestInit): Promise<Record<string, unknown>> {
  try {
    const response = await ask(url, { ...init, signal: AbortSignal.timeout(5_000) });
    const body: unknown = await response.json();
    if (body !== null && typeof body === 'object') return body as Record<string, unknown>;
  } catch (cause) {
    throw unavailable('it does not answer', cause);
  }
  throw unavailable('its answer is not JSON');
}

function unavailable(what: string, cause?: unknown): TollgateError {
  return new TollgateError('unavailable', {
    reason: 'identity-provider',
    message: `the identity provider gave no token: ${what}`,
    cause,
  });
}
