import { describe, expect, test } from 'vitest';
import { BASELINE_DAYS, MONITORED_ANSWERS } from '../../../../contract/limits/monitor.ts';
import { METRICS } from '../../../../contract/log.ts';
import type { FinishedUsage } from '../../../../contract/usage.ts';
import { answersKey, BASELINES_KEY } from '../../../../metering/ledger/layout.ts';
import { readAnswers } from '../../../../metering/monitor/answers.ts';
import { baselineOf, readBaselines, setBaseline } from '../../../../metering/monitor/baseline.ts';
import { readVersions } from '../../../../metering/monitor/monitor.ts';
import { aggregationOver, finished, MemoryStore, NINE } from '../support.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** In the hour of NINE. */
const NOW = NINE + 30 * 60_000;
const OLD = 'vendor.model-v1:0';
const NEW = 'vendor.model-v2:0';

let id = 0;
/** So many answers of a version, each of so many tokens. */
function answers(at: number, count: number, output: number, members: Partial<FinishedUsage> = {}): FinishedUsage[] {
  return Array.from({ length: count }, () =>
    finished({
      ...{ invocationId: `call-${id++}`, at, nativeModel: OLD, stop: 'end', durationMs: 1_000 },
      tokens: { input: 1, output, cacheRead: 0, cacheWrite: 0 },
      ...members,
    }),
  );
}

async function ledger(...records: FinishedUsage[][]) {
  const store = new MemoryStore();
  for (const [i, some] of records.entries()) store.deliver(`dt=2026-11-21/hour=09/${i}`, some);
  const aggregation = aggregationOver(store, { now: NOW });
  await aggregation.run();
  return { store, drift: aggregation.lines.filter(({ event }) => event === 'model-drift') };
}

const short = (versions: Awaited<ReturnType<typeof readVersions>>) =>
  versions.map(({ measures, ...version }) => ({
    ...version,
    moved: measures.filter(({ moved }) => moved).map(({ name }) => name),
  }));

describe('what answers told of a day', () => {
  test('stands by hour and version, over all who called, and is what the ledger has', async () => {
    const { store } = await ledger(
      answers(NINE, 2, 5),
      answers(NINE, 1, 7, { tenant: 'globex', nativeModel: NEW, stop: 'tool' }),
      answers(NINE - HOUR, 3, 1, { tenant: 'globex' }),
    );
    const day = readAnswers(store.text(answersKey('2026-11-21')) ?? '');
    expect(day.map(({ hour, nativeModel, told }) => [hour, nativeModel, told[0], told[2], told[14]])).toEqual([
      [(NINE - HOUR) / HOUR, OLD, 3n, 0n, 3n],
      [NINE / HOUR, OLD, 2n, 0n, 10n],
      [NINE / HOUR, NEW, 0n, 1n, 7n],
    ]);
  });

  test('is made anew with its day', async () => {
    const { store } = await ledger(answers(NINE, 2, 5));
    store.deliver('dt=2026-11-21/hour=09/late', answers(NINE, 1, 9));
    await aggregationOver(store, { now: NOW }).run();
    expect(readAnswers(store.text(answersKey('2026-11-21')) ?? '').map(({ told }) => told[0])).toEqual([3n]);
  });
});

describe('the last 24 hours beside the seven days before', () => {
  const enough = MONITORED_ANSWERS;

  test('the same says nothing; an hour of each edge is where it belongs', async () => {
    const { store, drift } = await ledger(
      answers(NINE, enough, 5),
      // The first hour of the day that is compared, the last before it, and the first and the last that count for it.
      answers(NINE - 23 * HOUR, 10, 5),
      answers(NINE - DAY, enough, 5),
      answers(NINE - DAY - (BASELINE_DAYS * 24 - 1) * HOUR, 7, 5),
      answers(NINE - DAY - BASELINE_DAYS * DAY, 1_000, 500),
    );
    expect(short(await readVersions(store, NOW))).toEqual([
      { model: 'nova-lite', nativeModel: OLD, answers: enough + 10, before: enough + 7, predecessor: '', moved: [] },
    ]);
    expect(drift).toEqual([]);
  });

  test('another length is told by a line that names what moved, from what to what, and by the metric that rings', async () => {
    const { drift } = await ledger(answers(NINE, enough, 20), answers(NINE - 2 * DAY, enough, 10));
    expect(drift).toEqual([
      expect.objectContaining({
        ...{ level: 'warn', model: 'nova-lite', nativeModel: OLD, answers: enough, before: enough, predecessor: '' },
        moved: [{ name: 'answer_tokens', was: 10, is: 20 }],
        [METRICS.modelDrift]: 1,
      }),
    ]);
  });

  test.each([
    ['refusals', { stop: 'refusal' }, ['stop_end', 'stop_refusal']],
    ['a guardrail', { stop: 'guardrail', guardrail: 'topic' }, ['stop_end', 'stop_guardrail']],
    ['time', { durationMs: 2_000 }, ['answer_ms']],
  ] as const)('so is %s', async (_, members, moved) => {
    const { drift } = await ledger(answers(NINE, enough, 5, members), answers(NINE - 2 * DAY, enough, 5));
    expect(drift).toMatchObject([{ moved: moved.map((name) => ({ name })) }]);
  });

  test('a new version is compared with the one that it took the place of, until it has a baseline of its own', async () => {
    const successor = { nativeModel: NEW };
    const first = await ledger(
      ...[answers(NINE, enough, 20, successor), answers(NINE, 5, 10), answers(NINE - 2 * DAY, enough, 10)],
    );
    expect(short(await readVersions(first.store, NOW))).toMatchObject([
      { nativeModel: OLD, answers: 5, before: enough, predecessor: '', moved: [] },
      { nativeModel: NEW, answers: enough, before: enough, predecessor: OLD, moved: ['answer_tokens'] },
    ]);
    expect(first.drift).toHaveLength(1);
    const later = await ledger(
      ...[answers(NINE, enough, 20, successor), answers(NINE - 2 * DAY, 2 * enough, 10)],
      answers(NINE - 2 * DAY, enough, 20, successor),
    );
    expect(short(await readVersions(later.store, NOW))).toMatchObject([
      { nativeModel: NEW, predecessor: '', moved: [] },
    ]);
    expect(later.drift).toEqual([]);
  });

  test('versions of one model that answer side by side are each beside themselves', async () => {
    const both = (at: number) => [answers(at, enough, 10), answers(at, enough, 20, { nativeModel: NEW })].flat();
    expect((await ledger(both(NINE), both(NINE - 2 * DAY))).drift).toEqual([]);
  });

  test('a run that has nothing new reads nothing and tells nothing again; the next one that has does', async () => {
    const { store } = await ledger(answers(NINE, enough, 20), answers(NINE - 2 * DAY, enough, 10));
    const read: string[] = [];
    store.before = (operation, key) => void (operation === 'read' && read.push(key));
    const idle = aggregationOver(store, { now: NOW });
    await idle.run();
    expect(read.filter((key) => key.startsWith('state/monitor/') || key === BASELINES_KEY)).toEqual([]);
    store.deliver('dt=2026-11-21/hour=09/more', answers(NINE, 1, 20));
    const again = aggregationOver(store, { now: NOW });
    await again.run();
    expect(again.lines.filter(({ event }) => event === 'model-drift')).toHaveLength(1);
    expect(read.filter((key) => key.startsWith('state/monitor/'))).toHaveLength(BASELINE_DAYS + 2);
  });
});

describe('days that somebody named', () => {
  const enough = MONITORED_ANSWERS;
  const days = ['2026-11-12', '2026-11-13'];
  const records = [answers(NINE, enough, 20), answers(NINE - 2 * DAY, enough, 20), answers(NINE - 8 * DAY, enough, 10)];

  test('take the place of the days before, until they are taken back', async () => {
    const { store, drift } = await ledger(...records);
    expect(drift).toEqual([]);
    await setBaseline(store, 'nova-lite', await baselineOf(store, 'nova-lite', days));
    await setBaseline(store, 'other', undefined);
    expect(short(await readVersions(store, NOW))).toEqual([
      {
        ...{ model: 'nova-lite', nativeModel: OLD, answers: enough, before: enough, predecessor: '' },
        days: { from: '2026-11-12', to: '2026-11-13' },
        moved: ['answer_tokens'],
      },
    ]);
    await setBaseline(store, 'nova-lite', undefined);
    expect(await readBaselines(store)).toEqual(new Map());
    expect(short(await readVersions(store, NOW))).toMatchObject([{ moved: [] }]);
  });

  test('are refused where no answer is: nothing could be compared with them', async () => {
    const { store } = await ledger(...records);
    const refused = { code: 'invalid_request', field: '--from', reason: 'no-answers' };
    await expect(baselineOf(store, 'nova-lite', ['2026-11-01'])).rejects.toMatchObject(refused);
    await expect(baselineOf(store, 'unknown', days)).rejects.toMatchObject(refused);
    expect(store.text(BASELINES_KEY)).toBeNull();
  });
});
