import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { localSettings } from '../../../local/settings.ts';

const issuer = { issuer: 'https://id.example', audience: 'x', tenantClaim: 'tenant' };

describe('the settings of the local gateway', () => {
  test('have the documented defaults and cannot be changed', () => {
    const settings = localSettings({});
    expect(settings).toEqual({
      port: 8787,
      dataDir: resolve('.tollgate'),
      issuers: [],
      authorizerTtlSeconds: 60,
      cacheDir: resolve('.tollgate/compiled'),
      broker: false,
      tenantIsolation: false,
      keyMaxDays: 365,
      basePath: '',
      spokes: ['arn:aws:iam::444455556666:role/tollgate-local-spoke-*'],
      corsOrigins: [],
      storeResponses: false,
      tellRoute: true,
      sharedHealth: false,
      verbose: false,
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  test.each([
    ['PORT', 'eighty'],
    ['PORT', '0'],
    ['PORT', '65534'],
    ['PORT', '8787.5'],
    ['TOLLGATE_AUTHORIZER_TTL', '301'],
    ['TOLLGATE_AUTHORIZER_TTL', '-1'],
    ['TOLLGATE_ROUTING', '{"maxAttempts":0}'],
    ['TOLLGATE_SPOKES', '111122223333'],
    ['TOLLGATE_SPOKES', '444455556666,arn:aws:iam::444455556666:role/Admin'],
    ['TOLLGATE_ISSUERS', '[{'],
    ['TOLLGATE_ISSUERS', '/no/such/file.json'],
    ['TOLLGATE_ISSUERS', '[{"issuer":"http://evil.example","audience":"x","tenantClaim":"t"}]'],
  ])('%s=%s is refused in one line that names the variable', (name, value) => {
    expect(() => localSettings({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'bad_setting', publicMessage: expect.stringMatching(new RegExp(`^${name}.*$`)) }),
    );
  });

  test('take issuers as JSON', () => {
    expect(localSettings({ TOLLGATE_ISSUERS: JSON.stringify([issuer]) }).issuers).toEqual([issuer]);
  });

  test('take issuers from a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-settings-'));
    try {
      writeFileSync(join(folder, 'issuers.json'), JSON.stringify([issuer]));
      expect(localSettings({ TOLLGATE_ISSUERS: join(folder, 'issuers.json') }).issuers).toEqual([issuer]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
