import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import cdk from '../../../cdk.json' with { type: 'json' };
import { parseIssuers } from '../../../contract/issuer.ts';
import { PRESETS } from '../../../contract/presets.ts';
import { readSettings } from '../../../infra/settings/index.ts';

const identity = readFileSync(new URL('../../../docs/identity.md', import.meta.url), 'utf8');
const examples = [...identity.matchAll(/^```json\n(.*?)^```$/gms)].map(
  ([, text]) => JSON.parse(text ?? '') as object[],
);

test.each(examples.map((issuers) => [JSON.stringify(issuers).slice(0, 80), issuers] as const))(
  'docs/identity.md: %s is accepted on the laptop and in a deployment',
  (_, issuers) => {
    expect(parseIssuers(issuers)).toHaveLength(issuers.length);
    expect(readSettings({ ...cdk.context, 'tollgate:issuers': issuers }).issuersJson).toBe(JSON.stringify(issuers));
  },
);

test('docs/identity.md has an example of every preset, and of several issuers at once', () => {
  const shown = examples.flat().map((issuer) => ('preset' in issuer ? issuer.preset : 'oidc'));
  expect(new Set(shown)).toEqual(new Set(Object.keys(PRESETS)));
  expect(examples.some((issuers) => issuers.length > 1)).toBe(true);
  expect(() => parseIssuers(examples.flat())).not.toThrow();
});

test('docs/identity.md names every member that an issuer may have', () => {
  const members = [...identity.matchAll(/^\| ((?:`\w+`(?:, | or )?)+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ''),
  );
  expect(members.length).toBeGreaterThan(10);
  const taken = (member: string, value: unknown) => () =>
    parseIssuers([{ issuer: 'https://a.example', audience: 'a', tenantClaim: 't', [member]: value }]);
  for (const member of members) expect(taken(member, Symbol()), member).not.toThrow(/is not a known setting/);
  expect(taken('misspelt', Symbol())).toThrow(/is not a known setting/);
});
