import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ANSWER_BEAT_MS, ANSWER_ITEM_BYTES, ANSWER_LEASE_MS } from '../../../contract/limits/answers.ts';
import { createAnswers } from '../../../invoke/answers/answers.ts';
import { answersTable } from './answers-table.ts';

const OWNER = { tenant: 'acme', principal: 'app' };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
});

afterEach(() => {
  vi.useRealTimers();
});

function kept() {
  const table = answersTable();
  const answers = createAnswers({ ask: table.ask, table: 'answers', ttlSeconds: 60, clock: Date.now });
  return { ...table, answers };
}

/** Time goes on, and what it sets off comes to its end. */
async function later(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** What runs beside the time, such as packing, comes to its end. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

describe('an answer that is kept', () => {
  test('is read as it began until it has ended, and then as it ended', async () => {
    const { answers } = kept();
    const writing = await answers.begin(OWNER, 'a', 'begun');
    expect(await answers.read(OWNER, 'a')).toEqual({ status: 'running', body: 'begun', ended: false });
    expect(await writing.end('done', 'ended')).toBe(true);
    expect(await answers.read(OWNER, 'a')).toEqual({ status: 'done', body: 'ended', ended: true });
  });

  test.each([
    ['another tenant', { tenant: 'globex', principal: 'app' }],
    ['another principal of its tenant', { tenant: 'acme', principal: 'app2' }],
    ['one whose names only look the same when put together', { tenant: 'acme","app', principal: '' }],
  ])('is as absent as one that never was to %s, who can neither cancel nor delete it', async (_, other) => {
    const { answers, items } = kept();
    await answers.keep(OWNER, 'a', 'body');
    expect(await answers.read(other, 'a')).toBeUndefined();
    expect(await answers.remove(other, 'a')).toBe(false);
    await answers.cancel(other, 'a');
    expect(await answers.read(OWNER, 'a')).toMatchObject({ status: 'done' });
    expect([...items.keys()].join()).not.toMatch(/acme|app/);
  });

  test('is gone when it was deleted, and all of its items with it', async () => {
    const { answers, items } = kept();
    const writing = await answers.begin(OWNER, 'a', 'begun');
    for (const text of ['1', '2', '3']) writing.append(text);
    await writing.end('done', 'ended');
    expect(await answers.remove(OWNER, 'a')).toBe(true);
    expect(items.size).toBe(0);
    expect(await answers.read(OWNER, 'a')).toBeUndefined();
    expect(await answers.remove(OWNER, 'a')).toBe(false);
  });

  test('is gone when its time is over, whether or not the table has deleted it', async () => {
    const { answers, items } = kept();
    await answers.keep(OWNER, 'a', 'body');
    const [until] = [...new Set([...items.values()].map(({ expiresAt }) => expiresAt?.N))];
    await later(Number(until) * 1000 - Date.now() - 1);
    expect(await answers.status(OWNER, 'a')).toBe('done');
    await later(1);
    expect(await answers.status(OWNER, 'a')).toBeUndefined();
  });

  test('may be of any length: it is several items, each in the bound of the table', async () => {
    const { answers, items } = kept();
    // What does not pack.
    const body = randomBytes(2 * ANSWER_ITEM_BYTES + 1).toString('base64');
    const writing = await answers.begin(OWNER, 'a', 'begun');
    writing.append(body);
    await writing.end('done', body);
    expect((await answers.read(OWNER, 'a'))?.body).toBe(body);
    expect((await answers.pieces(OWNER, 'a', '')).pieces).toEqual([{ number: 0, text: body }]);
    expect(items.size).toBeGreaterThan(6);
    for (const { data } of items.values())
      expect(Buffer.from(data?.B ?? '', 'base64').byteLength).toBeLessThanOrEqual(ANSWER_ITEM_BYTES);
  });

  test('when the table does not answer, nothing is told', async () => {
    const { answers, fail } = kept();
    fail(1);
    await expect(answers.read(OWNER, 'a')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('the pieces of an answer', () => {
  test('are written together, each once, and read on from where a reader was', async () => {
    const { answers, items } = kept();
    const writing = await answers.begin(OWNER, 'a', 'begun');
    for (const text of ['0', '1', '2']) writing.append(text);
    expect((await answers.pieces(OWNER, 'a', '')).pieces).toEqual([]);
    await later(1_000);
    await until(async () => (await answers.pieces(OWNER, 'a', '')).pieces.length > 0);
    const first = await answers.pieces(OWNER, 'a', '');
    expect(first.pieces.map(({ number, text }) => `${number}=${text}`)).toEqual(['0=0', '1=1', '2=2']);
    expect([...items.keys()].filter((key) => key.includes('piece'))).toHaveLength(1);
    writing.append('3');
    await writing.end('done', 'ended');
    const next = await answers.pieces(OWNER, 'a', first.after);
    expect(next.pieces).toEqual([{ number: 3, text: '3' }]);
    expect((await answers.pieces(OWNER, 'a', next.after)).pieces).toEqual([]);
  });

  test('wait for the table, and keep their order', async () => {
    const { answers, fail, failures } = kept();
    const writing = await answers.begin(OWNER, 'a', 'begun');
    writing.append('0');
    fail(1);
    await later(1_000);
    await until(() => failures() === 0);
    writing.append('1');
    await later(1_000);
    await until(async () => (await answers.pieces(OWNER, 'a', '')).pieces.length > 0);
    expect((await answers.pieces(OWNER, 'a', '')).pieces.map(({ text }) => text)).toEqual(['0', '1']);
    await writing.end('done', 'ended');
  });
});

describe('an answer that is being made', () => {
  test('lives as long as it gives signs of life', async () => {
    const { answers } = kept();
    const writing = await answers.begin(OWNER, 'a', 'begun');
    for (let ms = 0; ms < 3 * ANSWER_LEASE_MS; ms += ANSWER_BEAT_MS) await later(ANSWER_BEAT_MS);
    expect(await answers.status(OWNER, 'a')).toBe('running');
    await writing.end('done', 'ended');
  });

  test('has failed when it gives none, and who made it after all does not change that', async () => {
    const { answers } = kept();
    const writing = await answers.begin(OWNER, 'a', 'begun');
    writing.leave();
    await later(ANSWER_LEASE_MS);
    expect(await answers.status(OWNER, 'a')).toBe('running');
    await later(1);
    expect(await answers.read(OWNER, 'a')).toEqual({ status: 'failed', body: 'begun', ended: false });
    expect(await writing.end('done', 'ended')).toBe(false);
    expect(await answers.read(OWNER, 'a')).toEqual({ status: 'failed', body: 'begun', ended: false });
  });

  test.each(['cancelled', 'deleted'] as const)('is left within a beat when it is %s', async (how) => {
    const { answers } = kept();
    const writing = await answers.begin(OWNER, 'a', 'begun');
    if (how === 'cancelled') await answers.cancel(OWNER, 'a');
    else await answers.remove(OWNER, 'a');
    expect(await answers.status(OWNER, 'a')).toBe(how === 'cancelled' ? 'cancelled' : undefined);
    expect(writing.over.aborted).toBe(false);
    await later(ANSWER_BEAT_MS);
    expect(writing.over.aborted).toBe(true);
    expect(await writing.end('done', 'ended')).toBe(false);
    expect(await answers.status(OWNER, 'a')).toBe(how === 'cancelled' ? 'cancelled' : undefined);
  });

  test('stays as it ended when it is cancelled too late', async () => {
    const { answers } = kept();
    const writing = await answers.begin(OWNER, 'a', 'begun');
    await writing.end('done', 'ended');
    await answers.cancel(OWNER, 'a');
    expect(await answers.status(OWNER, 'a')).toBe('done');
  });
});
