import { describe, expect, test } from 'vitest';
import { createKeySource, type KeySource } from '../../../authorizer/keys.ts';
import { TollgateError } from '../../../contract/errors.ts';
import { parseIssuers } from '../../../contract/issuer.ts';
import { JWKS_COOLDOWN_MS, JWKS_LAST_GOOD_MS, JWKS_MAX_AGE_MS } from '../../../contract/limits/authorizer.ts';
import { edKey, ISSUER, NOW } from './tokens.ts';
import { json, SETTINGS } from './world.ts';

const [a, b, c] = [edKey('a'), edKey('b'), edKey('c')];

/** One issuer that publishes what `site.keys` holds, or fails while `site.down`. */
function createSite() {
  const site = { keys: [a.jwk], down: false, fetches: 0, now: NOW * 1000, reports: [] as unknown[] };
  const [issuer] = parseIssuers([SETTINGS]);
  if (issuer === undefined) throw new Error('no issuer');
  const source = createKeySource({
    issuer,
    clock: () => site.now,
    report: (event) => site.reports.push(event),
    fetch: async () => {
      site.fetches++;
      if (site.down) throw new TypeError('fetch failed');
      return json({ keys: site.keys });
    },
  });
  return { site, source };
}

/** 'ok', or why not. */
async function outcome(source: KeySource, kid: string): Promise<string> {
  try {
    const keys = await source.find(kid, 'EdDSA');
    return keys.length > 0 && keys.every((key) => key.kid === kid) ? 'ok' : 'another key';
  } catch (error) {
    if (error instanceof TollgateError) return `${error.code}: ${error.reason}`;
    throw error;
  }
}

const UNKNOWN = 'unauthenticated: unknown-key';
const DOWN = 'unavailable: jwks-unreachable';

describe('J14: while the issuer does not answer', () => {
  test('known keys stay trusted until the last-good limit and not a millisecond longer', async () => {
    const { site, source } = createSite();
    const start = site.now;
    expect(await outcome(source, 'a')).toBe('ok');
    site.down = true;
    for (const after of [JWKS_MAX_AGE_MS - 1, JWKS_MAX_AGE_MS, JWKS_LAST_GOOD_MS - 1]) {
      site.now = start + after;
      expect(await outcome(source, 'a'), `after ${after} ms`).toBe('ok');
    }
    site.now = start + JWKS_LAST_GOOD_MS;
    expect(await outcome(source, 'a')).toBe(DOWN);
    site.down = false;
    site.now += JWKS_COOLDOWN_MS;
    expect(await outcome(source, 'a')).toBe('ok');
  });

  test('a cold start is undecided, tells when to come back, and is repaired after the cooldown', async () => {
    const { site, source } = createSite();
    site.down = true;
    await expect(source.find('a', 'EdDSA')).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 2 });
    site.down = false;
    expect(await outcome(source, 'a')).toBe(DOWN);
    site.now += JWKS_COOLDOWN_MS;
    expect(await outcome(source, 'a')).toBe('ok');
  });

  test('a hundred at once make one fetch, whether it succeeds or fails', async () => {
    const { site, source } = createSite();
    site.down = true;
    const failed = await Promise.all(Array.from({ length: 100 }, () => outcome(source, 'a')));
    expect(new Set(failed)).toEqual(new Set([DOWN]));
    expect(site.fetches).toBe(1);
    site.down = false;
    site.now += JWKS_COOLDOWN_MS;
    const found = await Promise.all(Array.from({ length: 100 }, () => outcome(source, 'a')));
    expect(new Set(found)).toEqual(new Set(['ok']));
    expect(site.fetches).toBe(2);
  });

  test('a failure is remembered for the cooldown', async () => {
    const { site, source } = createSite();
    site.down = true;
    for (let i = 0; i < 100; i++) {
      await outcome(source, 'a');
      site.now += JWKS_COOLDOWN_MS / 100;
    }
    expect(site.fetches).toBe(1);
    await outcome(source, 'a');
    expect(site.fetches).toBe(2);
  });

  test('an unknown key is undecided rather than refused: it may be a new one', async () => {
    const { site, source } = createSite();
    await outcome(source, 'a');
    site.down = true;
    expect(await outcome(source, 'b')).toBe(DOWN);
    expect(await outcome(source, 'a')).toBe('ok');
    expect(site.fetches).toBe(2);
  });

  test('an unknown key is refused again as soon as the issuer answers again', async () => {
    const { site, source } = createSite();
    site.down = true;
    await outcome(source, 'b');
    site.down = false;
    site.now += JWKS_COOLDOWN_MS;
    expect(await outcome(source, 'b')).toBe(UNKNOWN);
  });

  test('the operator is told once per fetch, with the issuer and the reason', async () => {
    const { site, source } = createSite();
    site.down = true;
    await Promise.all([outcome(source, 'a'), outcome(source, 'a')]);
    expect(site.reports).toEqual([
      { event: 'issuer-unreachable', level: 'warn', issuer: ISSUER, reason: 'jwks-unreachable' },
    ]);
  });
});

describe('J15: when keys change', () => {
  test('a new key costs one fetch and is accepted at once', async () => {
    const { site, source } = createSite();
    await outcome(source, 'a');
    site.keys = [a.jwk, b.jwk];
    expect(await outcome(source, 'b')).toBe('ok');
    expect(site.fetches).toBe(2);
    site.keys = [b.jwk, c.jwk];
    expect(await outcome(source, 'c')).toBe('ok');
    expect(site.fetches).toBe(3);
  });

  test('a thousand unknown ids make one fetch per cooldown', async () => {
    const { site, source } = createSite();
    await outcome(source, 'a');
    const unknown = (n: number) => Promise.all(Array.from({ length: n }, (_, i) => outcome(source, `made-up-${i}`)));
    expect(new Set(await unknown(1_000))).toEqual(new Set([UNKNOWN]));
    expect(site.fetches).toBe(2);
    site.now += JWKS_COOLDOWN_MS - 1;
    await unknown(1_000);
    expect(site.fetches).toBe(2);
    site.now += 1;
    await unknown(1_000);
    expect(site.fetches).toBe(3);
    expect(await outcome(source, 'a')).toBe('ok');
  });

  test('a thousand unknown ids on a cold start make one fetch', async () => {
    const { site, source } = createSite();
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => outcome(source, `made-up-${i}`)));
    expect(site.fetches).toBe(1);
  });

  test('a really rotated key is accepted within the cooldown while unknown ids keep coming', async () => {
    const { site, source } = createSite();
    await outcome(source, 'a');
    await outcome(source, 'made-up');
    site.keys = [b.jwk];
    const rotatedAt = site.now;
    const answers: [number, string][] = [];
    while (answers.at(-1)?.[1] !== 'ok' && site.now - rotatedAt < 10 * JWKS_COOLDOWN_MS) {
      site.now += 500;
      await outcome(source, `made-up-${site.now}`);
      answers.push([site.now - rotatedAt, await outcome(source, 'b')]);
    }
    expect(answers.at(-1)).toEqual([JWKS_COOLDOWN_MS, 'ok']);
  });

  test('a key that was withdrawn is refused within the maximum age', async () => {
    const { site, source } = createSite();
    await outcome(source, 'a');
    site.keys = [b.jwk];
    site.now += JWKS_MAX_AGE_MS - 1;
    expect(await outcome(source, 'a')).toBe('ok');
    site.now += 1;
    expect(await outcome(source, 'a')).toBe(UNKNOWN);
    expect(site.fetches).toBe(2);
  });

  test('a key withdrawn while another took over its id is refused within the maximum age', async () => {
    const { site, source } = createSite();
    const [before] = await source.find('a', 'EdDSA');
    site.keys = [{ ...b.jwk, kid: 'a' }];
    site.now += JWKS_MAX_AGE_MS;
    const [after] = await source.find('a', 'EdDSA');
    expect(before?.key.equals(a.publicKey)).toBe(true);
    expect(after?.key.equals(b.publicKey)).toBe(true);
  });

  test('an issuer that withdraws every key is believed', async () => {
    const { site, source } = createSite();
    await outcome(source, 'a');
    site.keys = [];
    site.now += JWKS_MAX_AGE_MS;
    expect(await outcome(source, 'a')).toBe(UNKNOWN);
  });

  test('a clock that is set back leads to a fetch, not to longer trust', async () => {
    const { site, source } = createSite();
    await outcome(source, 'a');
    site.keys = [b.jwk];
    site.now -= 1;
    expect(await outcome(source, 'a')).toBe(UNKNOWN);
  });

  test('nothing is fetched while the keys are young and known', async () => {
    const { site, source } = createSite();
    for (let i = 0; i < 100; i++) await outcome(source, 'a');
    expect(site.fetches).toBe(1);
  });
});

test('J13: the operator is told how many keys cannot be used', async () => {
  const { site, source } = createSite();
  site.keys = [a.jwk, { ...b.jwk, use: 'enc' }, { kid: 'x', kty: 'oct', k: 'AA' }];
  expect(await outcome(source, 'a')).toBe('ok');
  expect(site.reports).toEqual([{ event: 'issuer-keys-unusable', level: 'warn', issuer: ISSUER, dropped: 2 }]);
});
