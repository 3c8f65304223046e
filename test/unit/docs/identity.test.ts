import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import cdk from '../../../cdk.json' with { type: 'json' };
import { parseIssuers } from '../../../contract/issuer.ts';
import { PRESETS } from '../../../contract/presets.ts';
import { readSettings } from '../../../infra/settings/index.ts';

const identity = readFileSync(new URL('../../../docs/identity.md', import.meta.url), 'utf8');
type Pool = { 'tollgate:cognito'?: { providers?: Record<string, { kind: string }> } };
const blocks = [...identity.matchAll(/^```json\n(.*?)^```$/gms)].map(
  ([, text]) => JSON.parse(text ?? '') as object[] | Pool,
);
const examples = blocks.filter((block) => Array.isArray(block));
const pools = blocks.filter((block): block is Pool => !Array.isArray(block));

test.each(examples.map((issuers) => [JSON.stringify(issuers).slice(0, 80), issuers] as const))(
  'docs/identity.md: %s is accepted on the laptop and in a deployment',
  (_, issuers) => {
    expect(parseIssuers(issuers)).toHaveLength(issuers.length);
    expect(readSettings({ ...cdk.context, 'tollgate:issuers': issuers }).issuersJson).toBe(JSON.stringify(issuers));
  },
);

test.each(pools.map((pool, index) => [index, pool] as const))(
  'docs/identity.md: the user pool %i is accepted in a deployment',
  (_, pool) => {
    expect(readSettings({ ...cdk.context, ...pool }).cognito).toMatchObject({ plan: 'essentials' });
  },
);

test('docs/identity.md has an example of every kind of provider of a user pool', () => {
  const kinds = pools
    .flatMap((pool) => Object.values(pool['tollgate:cognito']?.providers ?? {}))
    .map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(new Set(['entra', 'okta', 'google', 'oidc', 'saml']));
});

test('docs/identity.md has an example of every preset, and of several issuers at once', () => {
  const shown = examples.flat().map((issuer) => ('preset' in issuer ? issuer.preset : 'oidc'));
  expect(new Set(shown)).toEqual(new Set(Object.keys(PRESETS)));
  expect(examples.some((issuers) => issuers.length > 1)).toBe(true);
  expect(() => parseIssuers(examples.flat())).not.toThrow();
});

test('docs/identity.md names every member that an issuer may have', () => {
  const members = membersIn(identity.split('\n## ')[0]);
  expect(members.length).toBeGreaterThan(10);
  const taken = (member: string, value: unknown) => () =>
    parseIssuers([{ issuer: 'https://a.example', audience: 'a', tenantClaim: 't', [member]: value }]);
  for (const member of members) expect(taken(member, Symbol()), member).not.toThrow(/is not a known setting/);
  expect(taken('misspelt', Symbol())).toThrow(/is not a known setting/);
});

test('docs/identity.md names every member that a user pool and its providers may have', () => {
  const [, pool = ''] = identity.split('\n## Sign-in for people\n');
  const [ofPool, ofProviders] = pool.split('\n### Providers\n').map(membersIn);
  const taken = (cognito: object) => () =>
    readSettings({
      ...cdk.context,
      'tollgate:cognito': { domain: 'a', callbackUrls: ['https://a.example/'], ...cognito },
    });
  for (const member of [...(ofPool ?? []), 'misspelt'])
    expect(taken({ [member]: null }), member).toThrow(member === 'misspelt' ? /not a known member/ : /must be/);
  const provider = (kind: string, member: string) => taken({ providers: { One: { kind, [member]: null } } });
  for (const member of (ofProviders ?? []).filter((name) => name !== 'kind'))
    expect(provider(member === 'metadataUrl' ? 'saml' : 'oidc', member), member).not.toThrow(
      new RegExp(`One\\.${member} is not a known member`),
    );
  expect(ofPool?.length).toBeGreaterThan(5);
  expect(ofProviders?.length).toBeGreaterThan(7);
});

/** The names in the first column of the tables. */
function membersIn(page = ''): string[] {
  return [...page.matchAll(/^\| ((?:`\w+`(?:, | or )?)+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ''),
  );
}
