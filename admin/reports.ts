import { TollgateError } from '../contract/errors.ts';
import { ADMIN_HEAVY } from '../contract/limits/admin.ts';
import {
  AWS_COUNTS_KEPT_MS,
  COMPARED_TOLD_HOURS,
  REPORT_MAX_DAYS,
  USAGE_ROWS_MAX,
} from '../contract/limits/metering.ts';
import { type KeptReconciliation, readReconciliation, reconciliationsSince } from '../metering/bill/kept.ts';
import { dayRange } from '../metering/report/day-range.ts';
import { DIMENSIONS, type Dimension, type Group, type Grouping, type Groups } from '../metering/report/groups.ts';
import { moversOf } from '../metering/report/movers.ts';
import { daysBefore } from '../metering/report/period.ts';
import type { OfWhom } from '../metering/report/reported.ts';
import { partedSummary, readFor, summaryOf } from '../metering/report/summary.ts';
import { readProgress } from '../metering/run/progress.ts';
import { readMetering } from '../metering/run/status.ts';
import { DAY_MS, HOUR_MS, hourOf, hourText } from '../metering/window.ts';
import { tenantSeen } from './own.ts';
import { labelled } from './page.ts';
import { isOpen, moneyOf, moverBody, reportBody, reportCsv, totalBody } from './report-body.ts';
import type { Act, Reply, Route } from './route.ts';

/** What was used and what it cost, over the ledger: those to whom reports are delegated see every tenant’s, a tenant’s own administrator its own. */

const common = { method: 'get', resource: 'reports', verb: 'read', cost: ADMIN_HEAVY } as const;

/** What a report is about. */
const ABOUT = ['from', 'to', 'tenant', 'model', 'label'] as const;

const USUAL: readonly Dimension[] = ['tenant', 'cost-center', 'model'];

/** Rows that are told unless said otherwise: a page of them; a file has as many as there may be. */
const TOP = 100;
const MOVERS = 20;
/** Names that are parted by period, at most: the costliest. */
const PARTED = 20;

interface Question {
  days: readonly string[];
  wanted: OfWhom;
  /** For as long as somebody waits. */
  store: ReturnType<typeof readFor>;
}

/** @throws TollgateError `forbidden` for another tenant’s, whether or not there is one; `invalid_request` naming the day at fault */
async function questionOf(act: Act): Promise<Question> {
  const { query, clock } = act;
  const today = new Date(clock()).toISOString().slice(0, 10);
  const to = query.to ?? today;
  const days = dayRange(query.from ?? to, to, { from: 'from', to: 'to' });
  const wanted = { tenant: tenantSeen(act), model: query.model, tenants: await tenantsWith(act) };
  return { days, wanted, store: readFor(await act.usage(), clock) };
}

async function tenantsWith({ query: { label }, writer }: Act): Promise<ReadonlySet<string> | undefined> {
  if (label === undefined) return undefined;
  const { entries } = await writer.listTenants();
  return new Set(entries.filter(({ labels }) => labelled(labels, label)).map(({ id }) => id));
}

/** @throws TollgateError `invalid_request` naming `by`; `none` is one row for each period */
function dimensionsIn(list: string | undefined, usual: readonly Dimension[]): readonly Dimension[] {
  if (list === undefined) return usual;
  const names = list === '' || list === 'none' ? [] : list.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !DIMENSIONS.some((one) => one === name));
  if (unknown === undefined) return [...new Set(names)] as Dimension[];
  throw new TollgateError('invalid_request', {
    field: 'by',
    reason: 'no-dimension',
    message: `by must be a list of ${DIMENSIONS.join(', ')}, or none.`,
  });
}

/** From the first day to the last, and how far the ledger has come: what was delivered later is in no sum. */
async function spanOf(act: Act, { days }: Question) {
  const progress = await readProgress(await act.usage());
  return { from: days[0], to: days.at(-1), asOf: progress && momentOf(hourText(progress.delivered)) };
}

const total = (groups: Groups): Group | undefined => groups.by({ by: [], period: 'total' }).list()[0];

async function report(act: Act): Promise<Reply> {
  const { by: list, period = 'total', top, format } = act.query;
  const [question, by] = [await questionOf(act), dimensionsIn(list, USUAL)];
  const grouping: Grouping = { by, period };
  const days = { from: question.days[0], to: question.days.at(-1) };
  if (format === 'csv') {
    const groups = await summaryOf(question.store, { ...question, grouping });
    return reportCsv(groups.list(), grouping, `tollgate-${days.from}-${days.to}`, top);
  }
  if (period !== 'total') return parted(act, question, grouping);
  const groups = await summaryOf(question.store, { ...question, grouping });
  return {
    body: {
      ...(await spanOf(act, question)),
      ...{ by, period },
      ...reportBody(groups.list(), grouping, top ?? TOP),
      total: totalBody(total(groups)),
    },
  };
}

/** Of the costliest names a row for each period; beside them the names and the periods by themselves, for who draws it. */
async function parted(act: Act, question: Question, grouping: Grouping): Promise<Reply> {
  const { by, period } = grouping;
  const top = act.query.top ?? TOP;
  const { groups, names, periods } = await partedSummary(
    question.store,
    { ...question, grouping },
    Math.min(top, PARTED),
  );
  const whole: Grouping = { by, period: 'total' };
  return {
    body: {
      ...(await spanOf(act, question)),
      ...{ by, period },
      items: reportBody(groups.list(), grouping, USAGE_ROWS_MAX).items,
      periods: periods.list().map((group) => ({ period: group.period, ...totalBody(group) })),
      names: reportBody(names.list(), whole, top),
      total: totalBody(total(names)),
    },
  };
}

/** What changed most against as many days before. */
async function movers(act: Act): Promise<Reply> {
  const question = await questionOf(act);
  const by = dimensionsIn(act.query.by, ['tenant', 'model']);
  const grouping: Grouping = { by, period: 'total' };
  const before = { ...question, days: daysBefore(question.days) };
  const [now, then] = [
    await summaryOf(question.store, { ...question, grouping }),
    await summaryOf(question.store, { ...before, grouping }),
  ];
  return {
    body: {
      ...(await spanOf(act, question)),
      by,
      before: { from: before.days[0], to: before.days.at(-1) },
      total: { before: moneyOf(total(then)), now: moneyOf(total(now)) },
      items: moversOf(now.list(), then.list(), act.query.top ?? MOVERS).map((one) => moverBody(one, by)),
    },
  };
}

/** What is in no sum, or in one by an estimate. */
async function open(act: Act): Promise<Reply> {
  const question = await questionOf(act);
  const grouping: Grouping = { by: dimensionsIn(act.query.by, ['tenant', 'model']), period: 'total' };
  const groups = await summaryOf(question.store, { ...question, grouping });
  const rows = groups.list().filter(isOpen);
  return {
    body: {
      ...(await spanOf(act, question)),
      by: grouping.by,
      ...reportBody(
        rows,
        grouping,
        act.query.top ?? TOP,
        (a, b) => b.unpriced + b.unsettled - a.unpriced - a.unsettled,
      ),
      total: totalBody(total(groups)),
    },
  };
}

/** Of what failed the part is told, and not the words of AWS, in which accounts and roles are named. */
async function metering({ usage, query, clock }: Act): Promise<Reply> {
  const since = query.since ?? clock() - COMPARED_TOLD_HOURS * HOUR_MS;
  const found = await readMetering(await usage(), hourOf(Math.max(since, clock() - AWS_COUNTS_KEPT_MS)));
  const { watermark, lastRun, pendingHours, drift, invocations, ...rest } = found;
  const started = <T extends { hour: string }>({ hour, ...one }: T) => ({ hour: momentOf(hour), ...one });
  return {
    body: {
      ...rest,
      watermark: watermark && momentOf(watermark),
      pendingHours: pendingHours.map(momentOf),
      drift: drift.map(started),
      invocations: invocations.map(started),
      lastRun: lastRun && {
        ...lastRun,
        started: new Date(lastRun.started).toISOString(),
        ended: new Date(lastRun.ended).toISOString(),
        failed: lastRun.failed.map((text) => text.split(': ')[0]),
      },
    },
  };
}

function reconciledSums({ differing: _, tenants: __, elsewhere: ___, left: ____, at, ...sums }: KeptReconciliation) {
  return { ...sums, at: new Date(at).toISOString() };
}

/** `2026-11-21T09` as a moment. */
const momentOf = (hour: string): string => `${hour}:00:00Z`;

export const REPORT_ROUTES: readonly Route[] = [
  {
    ...{ ...common, narrows: true, path: '/report', run: report },
    parameters: [...ABOUT, 'by', 'period', 'top', 'format'],
    about:
      'What was used and what it cost on some days, today unless given, the costliest first; `format=csv` is a file.',
  },
  {
    ...{ ...common, narrows: true, path: '/report/movers', run: movers },
    parameters: [...ABOUT, 'by', 'top'],
    about: 'What costs more or less than on as many days before, the greatest change first.',
  },
  {
    ...{ ...common, narrows: true, path: '/report/open', run: open },
    parameters: [...ABOUT, 'by', 'top'],
    about: 'Whose calls have no price, no end that was seen, or tokens that are our estimate.',
  },
  {
    ...{ ...common, path: '/metering', parameters: ['since'] },
    about: `How far the ledger is, and the hours in which it and AWS’s counts differ, of the last ${COMPARED_TOLD_HOURS} hours unless \`since\` is given.`,
    run: metering,
  },
  {
    ...{ ...common, path: '/reconciliations', parameters: ['since'] },
    about:
      'What `tollgate reconcile` found between AWS’s bill and the ledger, in sums, the latest days first; of days from `since` on, a year unless given.',
    async run({ usage, query, clock }) {
      const since = new Date(query.since ?? clock() - REPORT_MAX_DAYS * DAY_MS).toISOString().slice(0, 10);
      return { body: { items: (await reconciliationsSince(await usage(), since)).map(reconciledSums) } };
    },
  },
  {
    ...{ ...common, path: '/reconciliations/:days' },
    about: 'One of them, with what differs most: its `id` is its days, `2026-11-01_2026-11-30`.',
    async run({ usage, params: { days = '' } }) {
      const found = /^\d{4}-\d{2}-\d{2}_\d{4}-\d{2}-\d{2}$/.test(days)
        ? await readReconciliation(await usage(), days)
        : null;
      if (found === null)
        throw new TollgateError('not_found', {
          field: 'days',
          reason: 'no-such-item',
          message: `Nothing was reconciled of ${days}: \`tollgate reconcile\` compares AWS’s bill with the ledger.`,
        });
      return { body: { ...found, at: new Date(found.at).toISOString() } };
    },
  },
];
