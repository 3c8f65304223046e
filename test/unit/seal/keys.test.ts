import { createSecretKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  CONTEXT_KEY_COOLDOWN_MS,
  CONTEXT_KEY_LAST_GOOD_MS,
  CONTEXT_KEY_MAX_AGE_MS,
} from '../../../contract/limits/seal.ts';
import { createContextKeys, type KeyPair } from '../../../seal/keys.ts';

const keyOf = (version: string) => ({ version, key: createSecretKey(version.padEnd(64, 'k'), 'utf8') });

/** Secrets Manager with as many rotations behind it as a test wants. */
function world() {
  const at = { now: 1_000_000 };
  const state: { versions: string[]; fails: boolean; reads: number } = { versions: ['v1'], fails: false, reads: 0 };
  const lines: { event: string; Undecided?: number }[] = [];
  const keys = createContextKeys({
    async read(): Promise<KeyPair> {
      state.reads++;
      if (state.fails) throw new Error('a secret was here');
      const [current = '', previous] = state.versions;
      return { current: keyOf(current), previous: previous === undefined ? undefined : keyOf(previous) };
    },
    clock: () => at.now,
    write: (line) => lines.push(JSON.parse(line)),
  });
  return { at, state, lines, keys };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const undecided = expect.objectContaining({
  code: 'unavailable',
  reason: 'context-key',
  retryAfterSeconds: expect.anything(),
});

describe('the keys that contexts are sealed with', () => {
  test('are read once for all who ask at once, and then found without waiting', async () => {
    const { keys, state } = world();
    keys.prefetch();
    const asked = await Promise.all([keys.current(), keys.current(), keys.find('v1')]);
    expect(asked.map((key) => key?.version)).toEqual(['v1', 'v1', 'v1']);
    expect(keys.find('v1')).toMatchObject({ version: 'v1' });
    expect(state.reads).toBe(1);
  });

  test('the former one opens what it sealed, until the next one is made; the new one is found as soon as it is asked for', async () => {
    const { keys, state, at } = world();
    await keys.current();
    state.versions = ['v2', 'v1'];
    expect(await keys.find('v2')).toMatchObject({ version: 'v2' });
    expect(keys.find('v1')).toMatchObject({ version: 'v1' });
    state.versions = ['v3', 'v2'];
    at.now += CONTEXT_KEY_COOLDOWN_MS;
    expect(await keys.find('v3')).toMatchObject({ version: 'v3' });
    at.now += CONTEXT_KEY_COOLDOWN_MS;
    expect(await keys.find('v1')).toBeUndefined();
  });

  test('a version that is not there costs one reading in a while, whoever makes it up', async () => {
    const { keys, state, at } = world();
    await keys.current();
    for (let n = 0; n < 20; n++) expect(await keys.find(`forged-${n}`)).toBeUndefined();
    expect(state.reads).toBe(2);
    at.now += CONTEXT_KEY_COOLDOWN_MS;
    expect(await keys.find('forged')).toBeUndefined();
    expect(state.reads).toBe(3);
  });

  test('are read again when they are old, beside the call that finds them so', async () => {
    const { keys, state, at } = world();
    await keys.current();
    state.versions = ['v2', 'v1'];
    at.now += CONTEXT_KEY_MAX_AGE_MS;
    expect((await keys.current()).version).toBe('v1');
    await settled();
    expect((await keys.current()).version).toBe('v2');
    expect(state.reads).toBe(2);
  });

  test('stay good for a while when they cannot be read again, and past it nothing is sealed or opened', async () => {
    const { keys, state, at, lines } = world();
    await keys.current();
    state.fails = true;
    at.now += CONTEXT_KEY_LAST_GOOD_MS - 1;
    expect((await keys.current()).version).toBe('v1');
    await settled();
    at.now += 1 + CONTEXT_KEY_COOLDOWN_MS;
    await expect(keys.current()).rejects.toEqual(undecided);
    await expect(keys.find('v1')).rejects.toEqual(undecided);
    expect(lines.map(({ event }) => event)).toContain('context-key-unreadable');
    expect(lines.filter(({ Undecided }) => Undecided === 1)).toHaveLength(2);
    expect(JSON.stringify(lines)).not.toContain('a secret was here');
    state.fails = false;
    at.now += CONTEXT_KEY_COOLDOWN_MS;
    expect((await keys.current()).version).toBe('v1');
  });

  test('a version that is unknown while they cannot be read is not refused: it may be a new one', async () => {
    const { keys, state } = world();
    await keys.current();
    state.fails = true;
    await expect(keys.find('v2')).rejects.toEqual(undecided);
  });

  test('a reading that failed is not repeated at once, whoever asks', async () => {
    const { keys, state, at } = world();
    state.fails = true;
    keys.prefetch();
    await settled();
    await expect(keys.current()).rejects.toEqual(undecided);
    expect(state.reads).toBe(1);
    state.fails = false;
    at.now += CONTEXT_KEY_COOLDOWN_MS;
    expect((await keys.current()).version).toBe('v1');
  });

  test('a clock that was set back leads to a reading, never to trust', async () => {
    const { keys, state, at } = world();
    await keys.current();
    state.fails = true;
    at.now -= 60_000;
    await expect(keys.current()).rejects.toEqual(undecided);
  });
});
