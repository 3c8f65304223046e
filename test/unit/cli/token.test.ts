import { describe, expect, test } from 'vitest';
import { clientCredentials } from '../../../cli/token.ts';

const ISSUER = 'http://127.0.0.1:8788';

function provider(answer: { status?: number; body: string }, discovery = { token_endpoint: `${ISSUER}/token` }) {
  const asked: { url: string; init: RequestInit | undefined }[] = [];
  const ask = (async (url: string, init?: RequestInit) => {
    asked.push({ url, init });
    if (asked.length === 1) return Response.json(discovery);
    return new Response(answer.body, { status: answer.status ?? 200 });
  }) as typeof fetch;
  return { asked, ask };
}

describe('a token by client credentials', () => {
  test('the token endpoint is discovered, and the secret goes as Basic with its reserved characters encoded', async () => {
    const { asked, ask } = provider({ body: '{"access_token":"t"}' });
    expect(await clientCredentials(ISSUER, 'acme-app', 'a:b c', ask)).toBe('t');
    expect(asked.map(({ url }) => url)).toEqual([`${ISSUER}/.well-known/openid-configuration`, `${ISSUER}/token`]);
    const headers = new Headers(asked[1]?.init?.headers);
    const basic = headers.get('authorization')?.replace('Basic ', '') ?? '';
    expect(Buffer.from(basic, 'base64').toString()).toBe('acme-app:a%3Ab%20c');
    expect(asked[1]?.init?.body).toBe('grant_type=client_credentials');
  });

  test('a client or secret that the provider refuses is the caller’s fault', async () => {
    const { ask } = provider({ status: 401, body: '{"error":"invalid_client"}' });
    await expect(clientCredentials(ISSUER, 'x', 'y', ask)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test.each(['<html>', '{}', 'null', '{"access_token":7}', '{"error":"server_error"}'])(
    'an answer of %s is no token',
    async (body) => {
      await expect(clientCredentials(ISSUER, 'x', 'y', provider({ body }).ask)).rejects.toMatchObject({
        code: 'unavailable',
      });
    },
  );

  test('a provider without a token endpoint gives none', async () => {
    const { ask } = provider({ body: '{}' }, {} as { token_endpoint: string });
    await expect(clientCredentials(ISSUER, 'x', 'y', ask)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('a provider that does not answer is unavailable', async () => {
    const ask = (async () => {
      throw new TypeError('fetch failed');
    }) as typeof fetch;
    await expect(clientCredentials(ISSUER, 'x', 'y', ask)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
