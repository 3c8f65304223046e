import { expect, test } from 'vitest';
import type { TrustMap } from '../../../authorizer/issuers.ts';
import { TollgateError } from '../../../contract/errors.ts';
import { parseIssuers } from '../../../contract/issuer.ts';
import { READY_MEMORY_MS } from '../../../contract/limits/server.ts';
import type { RegistryReader } from '../../../registry/reader.ts';
import { createReady } from '../../../server/ready.ts';

type Part = 'registry' | 'first' | 'second';

/** A registry and two issuers, each of which may be away. */
function setUp() {
  const away = new Set<Part>();
  const asked: Part[] = [];
  const time = { now: 1_000_000 };
  const answer = async (part: Part): Promise<undefined> => {
    asked.push(part);
    if (away.has(part)) throw new TollgateError('unavailable');
  };
  const issuers: TrustMap = new Map(
    (['first', 'second'] as const).map((part) => {
      const issuer = `https://${part}.example.com`;
      const [settings] = parseIssuers([{ issuer, audience: 'tollgate', tenantClaim: 'tenant' }]);
      if (settings === undefined) throw new Error('an issuer is one');
      return [issuer, { settings, keys: { find: async () => [], reach: () => answer(part) } }];
    }),
  );
  const registry = { tenant: () => answer('registry') } as unknown as RegistryReader;
  const look = createReady({ registry, issuers, clock: () => time.now });
  const ready = (): Promise<boolean> => {
    time.now += READY_MEMORY_MS;
    return look();
  };
  return { away, asked, look, ready, time };
}

test.each<[string, Part[], boolean]>([
  ['nothing', [], true],
  ['the registry', ['registry'], false],
  ['the keys of every issuer', ['first', 'second'], false],
  ['both', ['registry', 'first', 'second'], false],
  ['the keys of one issuer, whose callers alone miss them', ['first'], true],
])('with %s away, and back again', async (_, parts, isReady) => {
  const { away, ready } = setUp();
  expect(await ready()).toBe(true);
  for (const part of parts) away.add(part);
  expect(await ready()).toBe(isReady);
  away.clear();
  expect(await ready()).toBe(true);
});

test('however often it is asked, it looks once a second, and again when the clock was set back', async () => {
  const { asked, look, time } = setUp();
  await Promise.all([look(), look(), look()]);
  time.now += READY_MEMORY_MS - 1;
  await look();
  expect(asked.filter((part) => part === 'registry')).toHaveLength(1);
  time.now += 1;
  await look();
  expect(asked.filter((part) => part === 'registry')).toHaveLength(2);
  time.now -= 10_000;
  await look();
  expect(asked.filter((part) => part === 'registry')).toHaveLength(3);
});
