import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CallerContext, encodeContext, type SealedContext } from '../../../contract/context.ts';
import { CONTEXTS_REMEMBERED } from '../../../contract/limits/seal.ts';
import { Secret } from '../../../contract/secret.ts';
import { createOpen, createSeal } from '../../../seal/seal.ts';
import { AUTHORIZATION, bound, CONTEXT_KEY, KEYS } from '../../seal.ts';
import { caller, NOW } from '../invoke/edge.ts';

const HEADER = new Secret(AUTHORIZATION);
const opening = (clock = () => NOW) => createOpen({ keys: KEYS, clock });
const refused = (reason: string) => expect.objectContaining({ code: 'forbidden', reason });

describe('a sealed context', () => {
  test('is what was sealed, on its first and on every later opening', async () => {
    const open = opening();
    const sealed = await bound(caller);
    expect(open(sealed, HEADER)).toEqual(caller);
    expect(open({ ...sealed }, HEADER)).toBe(open(sealed, HEADER));
    expect(open({ ...sealed, principalId: 'acme', integrationLatency: 3 }, HEADER)).toEqual(caller);
  });

  test('is bound to whatever is in the header, also what is no JWT', async () => {
    const key = 'Bearer tg_live_0123456789';
    expect(opening()(await bound(caller, key), new Secret(key))).toEqual(caller);
    expect(() => opening()(sealedFor, new Secret(key))).toThrow(refused('context-forged'));
  });

  test('with any one character of it changed is refused, whether or not it was opened before', async () => {
    const sealed = await bound(caller);
    await fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(sealed) as (keyof SealedContext)[])),
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        fc.boolean(),
        (name, at, letter, warm) => {
          const open = opening();
          if (warm) open(sealed, HEADER);
          const { [name]: text = '' } = sealed;
          const i = at % (text.length + 1);
          const changed = text.slice(0, i) + letter + text.slice(i + 1);
          fc.pre(changed !== text);
          expect(() => open({ ...sealed, [name]: changed }, HEADER)).toThrow(
            refused(name === 'v' ? 'context-version' : 'context-forged'),
          );
        },
      ),
      { numRuns: 400 },
    );
  });

  test('cannot be read in two ways: what moves from one member to the next is refused', async () => {
    const sealed = await bound(caller);
    const moved = { ...sealed, tenant: `${sealed.tenant}${sealed.principal[0]}`, principal: sealed.principal.slice(1) };
    expect(() => opening()(moved, HEADER)).toThrow(refused('context-forged'));
  });

  test('that was opened is refused from its exp on, and when its key is no longer good', async () => {
    const at = { now: NOW };
    const known = { good: true };
    const find = (version: string) => (known.good ? KEYS.find(version) : undefined);
    const open = createOpen({ keys: { find }, clock: () => at.now });
    const sealed = await bound(caller);
    expect(open(sealed, HEADER)).toEqual(caller);
    at.now = caller.exp * 1000;
    expect(() => open(sealed, HEADER)).toThrow(refused('context-expired'));
    at.now = NOW;
    known.good = false;
    expect(() => open(sealed, HEADER)).toThrow(refused('context-forged'));
  });

  test('of another key by the same name is refused', async () => {
    const key = { version: CONTEXT_KEY.version, key: createSecretKey('x'.repeat(64), 'utf8') };
    const sealed = await createSeal({ keys: { current: async () => key } })(encodeContext(caller), AUTHORIZATION);
    expect(() => opening()(sealed, HEADER)).toThrow(refused('context-forged'));
  });

  test('that is genuine and holds what no caller can be is refused all the same', async () => {
    const sealed = await bound({ ...caller, tenant: 'a/b' } as unknown as CallerContext);
    expect(() => opening()(sealed, HEADER)).toThrow(refused('context-member'));
  });

  test('waits for a key that has to be read first', async () => {
    const find = async (version: string) => KEYS.find(version);
    expect(await createOpen({ keys: { find }, clock: () => NOW })(await bound(caller), HEADER)).toEqual(caller);
  });

  test('is not remembered for ever: the oldest goes', async () => {
    const open = opening();
    const first = await bound(caller);
    const opened = open(first, HEADER);
    for (let n = 0; n < CONTEXTS_REMEMBERED; n++) open(await bound(caller, `Bearer ${n}`), new Secret(`Bearer ${n}`));
    expect(open(first, HEADER)).not.toBe(opened);
    expect(open(first, HEADER)).toEqual(opened);
  });
});

const sealedFor = await bound(caller);
