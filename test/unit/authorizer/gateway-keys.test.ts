import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createGatewayKeys } from '../../../authorizer/gateway-keys.ts';
import { TollgateError } from '../../../contract/errors.ts';
import { keyText } from '../../../registry/gateway-keys/format.ts';
import { usedDocument, usedKey } from '../../../registry/gateway-keys/secrets.ts';
import { keyKey } from '../../../registry/keys.ts';
import { modelOf } from '../invoke/core.ts';
import { type Entry, entryOf, gatewayKeys, newKey, secretOf, UNDER } from './gateway-keys.ts';
import { NOW, rsaKey, token } from './tokens.ts';
import { bearer, createWorld, entries, eventOf, json, statusOf } from './world.ts';

interface KeyCase {
  id: string;
  name: string;
  input?: {
    entry?: Entry;
    secret?: { madeIn?: number; untilIn?: number; former?: true; copied?: true; under?: string; hash?: unknown };
    without?: 'entry' | 'secret' | 'both';
    send?: string;
    headers?: Record<string, string[]>;
    off?: true;
    fails?: 'registry' | 'secrets' | 'hash' | 'note';
  };
  expected: { status: number; reason?: string; models?: string[]; exp?: number; reads?: number };
}

const cases: KeyCase[] = JSON.parse(readFileSync(new URL('../../cases/gateway-keys.json', import.meta.url), 'utf8'));

const TENANTS = [
  entries('acme', {
    models: [
      modelOf('nova'),
      { ...modelOf('for-chem'), roles: ['chem'] },
      { ...modelOf('for-admins'), roles: ['admin'] },
      { ...modelOf('handed-out'), direct: true },
    ],
  }),
  entries('closed', { models: [modelOf('nova')], suspended: true }),
];

const down = async (): Promise<never> => {
  throw new TollgateError('unavailable', { reason: 'registry-failed' });
};

function setUp({ entry = {}, secret = {}, without, fails }: NonNullable<KeyCase['input']>) {
  const key = newKey();
  const other = newKey();
  const lines: string[] = [];
  const keys = gatewayKeys();
  const { registry, secrets, keep } = keys;
  if (without !== 'entry' && without !== 'both') registry.edit(keyKey(key.id), entryOf(key.id, entry));
  const { former, copied, under, ...times } = secret;
  const kept = {
    ...secretOf(copied ? other : key, times),
    ...(under && { under }),
    ...('hash' in secret && { hash: secret.hash }),
  };
  if (without !== 'secret' && without !== 'both')
    keep(key.id, ...(former ? [secretOf({ ...other, id: key.id }), kept] : [kept]));
  const identify = createGatewayKeys({
    registry: fails === 'registry' ? { batch: down } : registry,
    secrets: fails === 'secrets' ? { batch: down } : secrets,
    hashKey: (version) => (fails === 'hash' ? down() : version === UNDER.version ? UNDER : undefined),
    note: fails === 'note' ? down : async () => {},
    maxDays: 365,
    clock: () => NOW * 1000,
    write: (line) => lines.push(line),
  });
  return { key, other, identify, lines, reads: () => registry.calls.length + secrets.calls.length };
}

describe('who calls by a key', () => {
  test.each(cases)('$id: $name', async ({ input = {}, expected }) => {
    const { key, other, identify, lines, reads } = setUp(input);
    const text = keyText(key);
    const filled = (template: string): string =>
      template
        .replaceAll('{key}', text)
        .replace('{KEY}', text.toUpperCase())
        .replace('{other}', keyText({ id: key.id, secret: other.secret }))
        .replace('{key-last}', `${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`)
        .replace('{key-first}', `tg_${text[3] === 'a' ? 'b' : 'a'}${text.slice(4)}`)
        .replace('{key-short}', text.slice(0, -1))
        .replace('{key-dot}', `${text.slice(0, 20)}.${text.slice(21)}`)
        .replace(/\{(\d+)\}/, (_, count) => 'a'.repeat(Number(count)));
    const { send = '{key}', headers = { Authorization: [`Bearer ${send}`] } } = input;
    const event = eventOf(
      Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.map(filled)])),
    );
    const world = createWorld({
      answer: () => json({ keys: [] }),
      tenants: TENANTS,
      ...(input.off ? {} : { keys: identify }),
    });
    expect(await statusOf(world, event)).toBe(expected.status);
    if (expected.reason !== undefined)
      expect(world.log.at(-1)).toMatchObject({ event: 'authorizer-refused', reason: expected.reason });
    if (expected.reads !== undefined) expect(reads()).toBe(expected.reads);
    if (expected.status === 200) {
      const { context, principalId } = await world.authorize(event);
      expect(principalId).toBe('acme');
      expect(context).toMatchObject({ tenant: 'acme', principal: `key:${key.id}`, costCenter: 'cc-1' });
      expect(context.narrowed).toBeDefined();
      if (expected.models !== undefined)
        expect(JSON.parse(context.models ?? '').map(({ id }: { id: string }) => id)).toEqual(expected.models);
      // No key is handed credentials, so none says that it may be.
      expect(context.models).not.toContain('"direct"');
      expect(Number(context.exp)).toBe(NOW + (expected.exp ?? 3_600));
    }
    // Neither the key, nor what is secret of it, is written anywhere.
    for (const line of [...lines, ...world.log.map((one) => JSON.stringify(one))]) {
      expect(line).not.toContain(key.secret);
      expect(line).not.toContain(text.slice(0, 30));
    }
  });

  test('is not kept from a token’s caller: both work beside each other, and a token cannot name a key', async () => {
    const rsa = rsaKey('rsa');
    const keys = gatewayKeys();
    const world = createWorld({ answer: () => json({ keys: [rsa.jwk] }), tenants: TENANTS, keys: keys.identify });
    expect(await statusOf(world, bearer(keys.give()))).toBe(200);
    const signed = await world.authorize(bearer(token(rsa)));
    expect(signed.context).not.toHaveProperty('narrowed');
    expect(await statusOf(world, bearer(token(rsa, { sub: 'key:q3k9v0x2m7ap' })))).toBe(401);
    expect(world.log.at(-1)).toMatchObject({ reason: 'principal-claim' });
    expect(await statusOf(world, bearer(token(rsa, { sub: 'key:somebody' })))).toBe(200);
  });

  test('does not know by the answer what was wrong with it', async () => {
    const answers = new Set<string>();
    for (const { input, expected } of cases.filter(({ expected: { status } }) => status === 401)) {
      const { key, identify } = setUp(input ?? {});
      const world = createWorld({ answer: () => json({ keys: [] }), tenants: TENANTS, keys: identify });
      if (expected.reads === 0) continue;
      await world.authorize(bearer(keyText(key))).catch((error: Error) => answers.add(error.message));
    }
    expect([...answers]).toEqual(['Unauthorized']);
  });
});

describe('when a key was last used', () => {
  function noting() {
    let now = NOW * 1000;
    const noted: string[] = [];
    const keys = gatewayKeys({
      clock: () => now,
      note: async (key, document, before) => void noted.push(`${key.pk} ${document.at} ${before}`),
    });
    return { ...keys, noted, later: (ms: number) => (now += ms) };
  }

  test('is noted at most once an hour, and beside the call', async () => {
    const { give, identify, noted, later } = noting();
    const key = give({ expiresIn: 86_400 });
    for (let call = 0; call < 5; call++) await identify(key);
    later(3_599_999);
    await identify(key);
    expect(noted).toEqual([`USED#${key.slice(3, 15)} 2033-05-18T03:33:20.000Z 2033-05-18T02:33:20.000Z`]);
    later(1);
    await identify(key);
    expect(noted).toHaveLength(2);
  });

  test('is not noted where another process noted it within the hour, nor of who is refused', async () => {
    const { give, secrets, identify, noted } = noting();
    const key = give();
    secrets.edit(usedKey(key.slice(3, 15)), usedDocument(NOW * 1000 - 1_000));
    await identify(key);
    await expect(identify(give({ revoked: true }))).rejects.toMatchObject({ reason: 'key-revoked' });
    expect(noted).toEqual([]);
  });
});
