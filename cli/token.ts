import { type Command, InvalidArgumentError } from 'commander';
import { TollgateError } from '../contract/errors.ts';
import { print } from './print.ts';
import type { Target } from './target.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  program
    .command('token')
    .description('print an access token of the local identity provider, e.g. tollgate token acme-app')
    .argument('<client-id>', 'a client of the identity provider', notEmpty)
    .option('--secret <secret>', 'its secret, if not the demo’s (or TOLLGATE_CLIENT_SECRET)')
    .action(async (clientId: string, options: { secret?: string }) => {
      const { issuer } = await target();
      if (issuer === undefined)
        throw new TollgateError('bad_setting', {
          field: '--stage',
          reason: 'bad-option',
          message: '--stage has no identity provider of ours: get a token from your own',
        });
      const secret = options.secret ?? process.env.TOLLGATE_CLIENT_SECRET ?? demoSecret(clientId);
      print(await clientCredentials(issuer, clientId, secret, fetch));
    });
}

function notEmpty(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty.');
  return value;
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
