import { beforeEach, describe, expect, test } from 'vitest';
import { REFUSED_PAUSE_MS, TICK_MS, TOKEN_WAIT_MS } from '../../../../contract/limits/tokens.ts';
import { TokenFault } from '../../../../sidecar/token/fault.ts';
import type { Time } from '../../../../sidecar/token/time.ts';
import type { HeldToken, Tokens } from '../../../../sidecar/token/token.ts';
import { createTokens } from '../../../../sidecar/token/tokens.ts';

/** The keeper, by clocks that the test moves. */

let wall: number;
let monotonic: number;
let timers: { at: number; run: () => void }[];
const time: Time = {
  now: () => wall,
  monotonic: () => monotonic,
  after(ms, run) {
    const timer = { at: monotonic + ms, run };
    timers.push(timer);
    return () => {
      timers = timers.filter((one) => one !== timer);
    };
  },
};

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Both clocks go on, and every timer runs when its time has come. */
async function pass(ms: number): Promise<void> {
  const until = monotonic + ms;
  for (;;) {
    await settled();
    const [next] = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
    if (next === undefined) break;
    timers = timers.filter((one) => one !== next);
    wall += next.at - monotonic;
    monotonic = next.at;
    next.run();
  }
  wall += until - monotonic;
  monotonic = until;
}

let asked: number;
let answer: () => Promise<HeldToken> | HeldToken;
let lines: Record<string, unknown>[];
let tokens: Tokens;

beforeEach(() => {
  wall = 1_700_000_000_000;
  monotonic = 5_000;
  timers = [];
  asked = 0;
  lines = [];
  answer = () => ({ token: `t${asked}`, expiresAt: wall + 60_000 });
  tokens = keeper();
});

function keeper(pollMs?: number): Tokens {
  const source = async (): Promise<HeldToken> => {
    asked++;
    return await answer();
  };
  return createTokens({ source, pollMs, time, random: () => 0, write: (line) => lines.push(JSON.parse(line)) });
}

const down = (): never => {
  throw new TokenFault('unreachable', { error: 'ECONNREFUSED' });
};

/** What a call gets now. */
async function current(): Promise<unknown> {
  try {
    return (await tokens.current()).token;
  } catch (error) {
    return error;
  }
}

test('is asked for once for all who wait, and held without waiting from then on', async () => {
  tokens.start();
  expect(await Promise.all(Array.from({ length: 50 }, current))).toEqual(Array.from({ length: 50 }, () => 't1'));
  expect(asked).toBe(1);
  expect(tokens.current()).not.toBeInstanceOf(Promise);
});

test('is renewed before it ends, while the last one is sent', async () => {
  tokens.start();
  await pass(0);
  let give: (token: HeldToken) => void = () => {};
  answer = () => new Promise((resolve) => (give = resolve));
  await pass(33_000);
  expect(asked).toBe(2);
  expect(tokens.current()).toMatchObject({ token: 't1' });
  give({ token: 'new', expiresAt: wall + 60_000 });
  await settled();
  expect(tokens.current()).toMatchObject({ token: 'new' });
  expect(lines.map(({ event }) => event)).toEqual(['token-renewed', 'token-renewed']);
});

test('is sent until shortly before its end while no other is to be had, then a call is told at once when to try again', async () => {
  tokens.start();
  await pass(0);
  answer = down;
  await pass(54_000);
  expect(await current()).toBe('t1');
  await pass(1_100);
  const refused = await current();
  expect(refused).toMatchObject({
    code: 'unavailable',
    reason: 'token-unavailable',
    retryAfterSeconds: expect.any(Number),
  });
  expect(tokens.state()).toMatchObject({ valid: false, fault: 'ECONNREFUSED', renewals: 1 });
  expect(lines.filter(({ event }) => event === 'token-not-renewed')).toHaveLength(asked - 1);
  answer = () => ({ token: 'back', expiresAt: wall + 60_000 });
  await pass(30_000);
  expect(await current()).toBe('back');
  expect(tokens.state()).toMatchObject({ valid: true, fault: undefined });
});

test('calls do not ask an issuer again that has just failed', async () => {
  answer = down;
  tokens.start();
  await pass(0);
  for (let call = 0; call < 100; call++) await current();
  expect(asked).toBe(1);
});

test('a call waits for it no longer than its bound', async () => {
  answer = () => new Promise(() => {});
  tokens.start();
  const waiting = current();
  await pass(TOKEN_WAIT_MS - 1);
  expect(await Promise.race([waiting, settled().then(() => 'waits')])).toBe('waits');
  await pass(1);
  expect(await waiting).toMatchObject({ reason: 'token-unavailable', retryAfterSeconds: 1 });
  expect(asked).toBe(1);
});

describe('a clock that lies', () => {
  test('set back: it ends when it would have', async () => {
    tokens.start();
    await pass(0);
    wall -= 3_600_000;
    answer = down;
    await pass(56_000);
    expect(await current()).toMatchObject({ reason: 'token-unavailable' });
  });

  test('set forward, or a machine that slept: it is asked for again at once', async () => {
    tokens.start();
    await pass(0);
    wall += 3_600_000;
    expect(await current()).toBe('t2');
  });

  test('a machine that slept: it is renewed without a call, too', async () => {
    tokens.start();
    await pass(0);
    wall += 40_000;
    await pass(TICK_MS);
    expect(asked).toBe(2);
  });
});

test('one that has ended when it comes is none', async () => {
  answer = () => ({ token: 'old', expiresAt: wall });
  tokens.start();
  expect(await current()).toMatchObject({ reason: 'token-unavailable' });
  expect(tokens.state().fault).toBe('token-ended');
});

test('one that the gateway refuses is renewed before the next call, and once in a while', async () => {
  tokens.start();
  await pass(0);
  for (let call = 0; call < 10; call++) tokens.refused('t1');
  tokens.refused('another');
  expect(await current()).toBe('t2');
  tokens.refused('t2');
  expect(asked).toBe(2);
  await pass(REFUSED_PAUSE_MS);
  tokens.refused('t2');
  expect(await current()).toBe('t3');
});

test('a file that others renew is looked at again and again, and told of when it is another', async () => {
  let token = 'one';
  answer = () => ({ token, expiresAt: wall + 3_600_000 });
  tokens = keeper(5_000);
  tokens.start();
  await pass(20_000);
  expect(lines).toHaveLength(1);
  token = 'two';
  await pass(5_000);
  expect(await current()).toBe('two');
  expect(lines).toHaveLength(2);
  answer = () => {
    throw new TokenFault('file-unreadable', { error: 'ENOENT' });
  };
  await pass(600_000);
  answer = () => ({ token: 'three', expiresAt: wall + 3_600_000 });
  await pass(5_000);
  expect(await current()).toBe('three');
});

test('a source that is broken says nothing of why, for a token may stand there', async () => {
  answer = () => {
    throw new Error('cannot parse eyJhbGciOi');
  };
  tokens.start();
  await pass(0);
  expect(JSON.stringify([lines, tokens.state(), String(await current())])).not.toContain('eyJ');
});

test('it asks no more when it is stopped', async () => {
  tokens.start();
  await pass(0);
  tokens.stop();
  await pass(600_000);
  expect(asked).toBe(1);
});
