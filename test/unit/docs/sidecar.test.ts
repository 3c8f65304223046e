import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allSettings, SIDECAR_VARIABLES } from '../../../sidecar/settings.ts';

const page = readFileSync(new URL('../../../docs/sidecar.md', import.meta.url), 'utf8');

test('docs/sidecar.md lists every variable that there is, and no other', () => {
  const listed = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name ?? '');
  expect(listed.toSorted()).toEqual(['PORT', ...SIDECAR_VARIABLES].toSorted());
});

const NAME = '(?:TOLLGATE|SIDECAR)_[A-Z_]+';

/** The environments that the page shows: of a command, a manifest, a task definition, a unit. */
const blocks = [...page.matchAll(/^```(sh|yaml|json|ini)\n(.*?)^```$/gms)]
  .filter(([, kind, text]) => text?.includes('TOLLGATE_') && !(kind === 'json' && text.includes('"billing": {')))
  .map(([, kind = '', text = '']) => {
    const named = text.matchAll(new RegExp(`"?name"?: "?(${NAME})"?, "?value"?: "?([^ "}]+)`, 'g'));
    const given = text.matchAll(new RegExp(`(${NAME})(?:=|: )([^ ,"}\\n]+)`, 'g'));
    return [kind, { AWS_REGION: 'us-east-1', ...pairs(named), ...pairs(given) }] as const;
  });

function pairs(found: Iterable<RegExpMatchArray>): Record<string, string> {
  return Object.fromEntries([...found].map(([, name = '', value = '']) => [name, value]));
}

test.each(blocks)('what docs/sidecar.md shows as %s is accepted: %o', (_, env) => {
  expect(Object.keys(env).length).toBeGreaterThan(2);
  expect(allSettings(env)).toHaveLength(1);
});

test('docs/sidecar.md’s several clients are accepted', () => {
  const [, table = ''] = /^```json\n(\{\n {2}"billing": \{.*?)^```$/ms.exec(page) ?? [];
  const env = { TOLLGATE_URL: 'https://gateway.example.com', TOLLGATE_ISSUER: 'https://login.example.com' };
  expect(allSettings({ ...env, SIDECAR_CLIENTS: table }).map(({ client }) => client)).toEqual(['billing', 'search']);
});
