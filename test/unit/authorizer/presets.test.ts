import { describe, expect, test } from 'vitest';
import { decodeContext, readContext } from '../../../contract/context.ts';
import file from '../../cases/presets.json' with { type: 'json' };
import { NOW, rsaKey, segments, signer } from './tokens.ts';
import { bearer, createWorld, entries, json, statusOf } from './world.ts';

interface PresetCase {
  id: string;
  name: string;
  input: {
    /** Names of `issuers` and `tokens`. */
    issuer: string;
    token: string;
    claims?: Record<string, unknown>;
    without?: string[];
    header?: Record<string, unknown>;
  };
  expected: { status: number; reason?: string; tenant?: string; principal?: string; roles?: string[] };
}

const { issuers, tokens, cases } = file as unknown as {
  issuers: Record<string, object>;
  tokens: Record<string, object>;
  cases: PresetCase[];
};

const key = rsaKey('k1');

function tokenOf({ token, claims, without = [], header }: PresetCase['input']): string {
  const payload: Record<string, unknown> = { iat: NOW - 10, exp: NOW + 900, ...tokens[token], ...claims };
  for (const name of without) delete payload[name];
  const parts = segments(
    JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: key.kid, ...header }),
    JSON.stringify(payload),
    signer('RS256', key),
  );
  return `${parts.header}.${parts.payload}.${parts.signature}`;
}

test.each(cases)('$id: $name', async ({ input, expected }) => {
  const issuer = issuers[input.issuer];
  if (issuer === undefined) throw new Error(`no issuer ${input.issuer}`);
  const world = createWorld({
    issuers: [issuer],
    // Discovery, where the preset does not say where the keys are.
    answer: (url) =>
      json(
        url.endsWith('/.well-known/openid-configuration')
          ? { issuer: url.slice(0, -33), jwks_uri: 'https://keys.example/jwks' }
          : { keys: [key.jwk] },
      ),
    tenants: [entries('acme'), entries('globex')],
  });
  const event = bearer(tokenOf(input));
  const { status, reason, ...who } = expected;
  expect(await statusOf(world, event)).toBe(status);
  expect(world.log.at(-1)?.reason).toBe(reason);
  if (status !== 200) return;
  const { context } = await world.authorize(event);
  expect(decodeContext(readContext(context), world.clock.now)).toMatchObject(who);
});

describe('the keys of a preset', () => {
  const addressOf = async (issuer: string, token: string) => {
    const world = createWorld({
      issuers: [issuers[issuer] ?? {}],
      answer: () => json({ keys: [key.jwk] }),
      tenants: [entries('acme')],
    });
    await statusOf(world, bearer(tokenOf({ issuer, token })));
    return world.fetched;
  };

  test.each([
    ['cognito', 'cognito', 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123/.well-known/jwks.json'],
    ['okta', 'okta', 'https://acme.okta.com/oauth2/aus1/v1/keys'],
    ['github', 'github', 'https://token.actions.githubusercontent.com/.well-known/jwks'],
    ['identity-center', 'identity-center', 'https://identitycenter.amazonaws.com/ssoins-0123456789abcdef/keys'],
  ])('of %s are asked for where they are known to be', async (issuer, token, address) => {
    expect(await addressOf(issuer, token)).toEqual([address]);
  });
});
