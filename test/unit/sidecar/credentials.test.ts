import { describe, expect, test } from 'vitest';
import {
  CREDENTIALS_EARLY_MS,
  CREDENTIALS_MODELS_MAX,
  CREDENTIALS_SHORT_MS,
} from '../../../contract/limits/credentials.ts';
import { type Answer, createCredentials, isCredentialsPath } from '../../../sidecar/credentials.ts';

const LIFE_MS = 900_000;

function setUp(answer: (now: number) => Answer | Promise<Answer> = (now) => given(now + LIFE_MS)) {
  const time = { now: Date.parse('2026-11-29T10:00:00Z') };
  const asked: string[] = [];
  const credentials = createCredentials({
    ask: async (path) => {
      asked.push(path);
      return answer(time.now);
    },
    clock: () => time.now,
  });
  return { time, asked, credentials };
}

function given(ends: number, headers: Record<string, string> = {}): Answer {
  return { status: 200, headers, body: JSON.stringify({ AccessKeyId: 'A', Expiration: new Date(ends).toISOString() }) };
}

describe('credentials for direct mode', () => {
  test('are asked for once for all who wait, by model', async () => {
    const { asked, credentials } = setUp();
    await Promise.all([...Array.from({ length: 50 }, () => credentials(['nova-lite'])), credentials(['a/b:c'])]);
    expect(asked).toEqual(['/credentials?model=nova-lite', '/credentials?model=a%2Fb%3Ac']);
  });

  test('are kept until five minutes before their end', async () => {
    const { time, asked, credentials } = setUp();
    await credentials(['nova-lite']);
    time.now += LIFE_MS - CREDENTIALS_EARLY_MS - 1;
    await credentials(['nova-lite']);
    expect(asked).toHaveLength(1);
    time.now += 1;
    await credentials(['nova-lite']);
    expect(asked).toHaveLength(2);
  });

  test.each([
    [CREDENTIALS_EARLY_MS, CREDENTIALS_SHORT_MS],
    [1_000, 500],
  ])('that live for %i ms are kept for %i, for an SDK asks at each call', async (life, kept) => {
    const { time, asked, credentials } = setUp((now) => given(now + life));
    await credentials(['nova-lite']);
    time.now += kept - 1;
    await credentials(['nova-lite']);
    expect(asked).toHaveLength(1);
    time.now += 1;
    await credentials(['nova-lite']);
    expect(asked).toHaveLength(2);
  });

  test.each([-3_600_000, 3_600_000])(
    'live as long as the clock says that set their end: ours is %i ms off',
    async (off) => {
      const { time, asked, credentials } = setUp((now) =>
        given(now + off + LIFE_MS, { date: new Date(now + off).toUTCString() }),
      );
      await credentials(['nova-lite']);
      time.now += LIFE_MS - CREDENTIALS_EARLY_MS - 1;
      await credentials(['nova-lite']);
      expect(asked).toHaveLength(1);
      time.now += 1;
      await credentials(['nova-lite']);
      expect(asked).toHaveLength(2);
    },
  );

  test.each<[string, (now: number) => Answer | Promise<Answer>]>([
    ['a refusal', () => ({ status: 403, headers: {}, body: '{"Code":"AccessDeniedException"}' })],
    ['a failure that is told with an end', (now) => ({ ...given(now + LIFE_MS), status: 503 })],
    ['no answer', () => Promise.reject(new Error('the gateway is away'))],
    ['what is no JSON', () => ({ status: 200, headers: {}, body: '<html>' })],
    ['what says no end', () => ({ status: 200, headers: {}, body: '{}' })],
    ['what is nothing', () => ({ status: 200, headers: {}, body: 'null' })],
    ['what has ended', (now) => given(now)],
  ])('are not kept when it is %s, and who waits together is told together', async (_what, answer) => {
    const { asked, credentials } = setUp(answer);
    const both = await Promise.allSettled([credentials(['nova-lite']), credentials(['nova-lite'])]);
    expect(both[1]).toEqual(both[0]);
    await Promise.allSettled([credentials(['nova-lite'])]);
    expect(asked).toHaveLength(2);
  });

  test('of many models are bounded, the oldest go first', async () => {
    const { asked, credentials } = setUp();
    for (let i = 0; i <= CREDENTIALS_MODELS_MAX; i++) await credentials([`model-${i}`]);
    await credentials([`model-${CREDENTIALS_MODELS_MAX}`]);
    expect(asked).toHaveLength(CREDENTIALS_MODELS_MAX + 1);
    await credentials(['model-0']);
    expect(asked).toHaveLength(CREDENTIALS_MODELS_MAX + 2);
  });

  test('of no model and of two are for the gateway to refuse', async () => {
    const { asked, credentials } = setUp();
    await credentials([]);
    await credentials(['a', 'b&model=c']);
    expect(asked).toEqual(['/credentials?', '/credentials?model=a&model=b%26model%3Dc']);
  });
});

test.each([
  '/credentials',
  '/credentials/',
  '//credentials',
  '/./credentials',
  '/v1/../credentials',
  '/v1/%2e%2E/credentials',
  '/v1%2f..%2fcredentials',
  '/%63redentials',
  '/%2563redentials',
  '/%25%36%33redentials',
  '\\credentials',
  '/credentials;x=1',
  '/credentials%3Fmodel=x',
  '/credentials%23',
  '/%zz/../credentials',
  '/CREDENTIALS',
  '/prod/credentials',
  '/a/b/%63redentials',
])('%s is guarded, for somebody on the way might take it for /credentials', (path) => {
  expect(isCredentialsPath(path)).toBe(true);
});

test.each(['/', '', '/credentials/x', '/credentialsx', '/model/credentials/converse', '/%', '/%c0'])(
  '%s is the gateway’s alone',
  (path) => {
    expect(isCredentialsPath(path)).toBe(false);
  },
);
