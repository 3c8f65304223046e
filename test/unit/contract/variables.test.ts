import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nearest } from '../../../contract/nearest.ts';
import { KNOWN_VARIABLES, misspelt } from '../../../contract/variables.ts';

const ROOT = join(import.meta.dirname, '../../..');
const ROOMS = [
  'alerts',
  'authorizer',
  'broker',
  'cli',
  'contract',
  'infra',
  'invoke',
  'local',
  'metering',
  'pages',
  'pool',
  'seal',
  'server',
  'sidecar',
  'sync',
];

test('every variable that a source names is known', () => {
  const named = new Set<string>();
  for (const room of ROOMS)
    for (const file of readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.ts'))
        for (const [name] of readFileSync(join(ROOT, room, file), 'utf8').matchAll(/\bTOLLGATE_[A-Z][A-Z_]*[A-Z]\b/g))
          named.add(name);
  // What Kubernetes makes of a service of that name, in a comment, and the example of a misspelt one.
  for (const name of ['TOLLGATE_PORT', 'TOLLGATE_SERVICE']) named.delete(name);
  expect([...named].toSorted()).toEqual(KNOWN_VARIABLES.toSorted());
});

describe('a variable that nobody reads is named with the one that it was to be', () => {
  test.each([
    [
      'local',
      { TOLLGATE_ISSUER: '[]' },
      ['TOLLGATE_ISSUER is not read by anything here; did you mean TOLLGATE_ISSUERS?'],
    ],
    ['local', { TOLLGATE_AUTHORISER_TTL: '0' }, [expect.stringContaining('did you mean TOLLGATE_AUTHORIZER_TTL?')]],
    ['local', { tollgate_data: '/x' }, [expect.stringContaining('did you mean TOLLGATE_DATA?')]],
    ['local', { TOLLGATE_SOMETHING_ELSE: '1' }, ['TOLLGATE_SOMETHING_ELSE is not read by anything here']],
    ['local', { TOLLGATE_ISSUERS: '[]', TOLLGATE_ISSUER: 'https://x' }, []],
    ['local', { TOLLGATE_CLIENT_SECRET: 'x', TOLLGATE_URL: 'https://x', TOLLGATE_DATA: '/x' }, []],
    ['stage', { TOLLGATE_TABEL: 'x' }, [expect.stringContaining('did you mean TOLLGATE_TABLE?')]],
    [
      'stage',
      { TOLLGATE_SERVICE_HOST: '10.0.0.1', TOLLGATE_PORT_8080_TCP: 'tcp://10.0.0.1:8080', TOLLGATE_PORT: 'x' },
      [],
    ],
    ['cli', { TOLLGATE_BUCKETS: 'x' }, [expect.stringContaining('did you mean TOLLGATE_BUCKET?')]],
    ['cli', { TOLLGATE_ISSUERS: '[]', TOLLGATE_VERBOSE: '1', TOLLGATE_TOKEN_FILE: '/t' }, []],
    ['cli', { HOME: '/x', PATH: '/y' }, []],
  ] as const)('%s: %j', (reader, env, said) => {
    expect(misspelt(env, reader)).toEqual(said);
  });
});

test.each([
  ['brokr', 'broker'],
  ['tenantIsolatoin', 'tenantIsolation'],
  ['modelregions', 'modelRegions'],
  ['somethingElse', undefined],
])('%s is nearest to %s', (name, meant) => {
  expect(nearest(name, ['broker', 'tenantIsolation', 'modelRegions', 'stage'])).toBe(meant);
});
