import { eachDay } from '../../days.ts';
import { setQuery } from '../../router.ts';
import { saveText } from '../../save.ts';
import { Note } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Chart } from '../../ui/chart.tsx';
import { Select } from '../../ui/inputs.tsx';
import { type Load, useAct, useLoad } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty, Loaded, Problem } from '../../ui/states.tsx';
import { Count, Money, Time } from '../../ui/text.tsx';
import { amount, count } from '../../ui/words.ts';
import type { ViewProps } from '../../view.ts';
import { barsByName, barsByPeriod, changeOf, daysIn, MEASURES, periodFor, tokensIn, withEmptyDays } from './bars.ts';
import { reports } from './data.ts';
import { type Asked, DIMENSIONS, type Dimension, type Movers, type Parted, type Report } from './report.ts';
import { onTab, Rows } from './rows.tsx';

const BY = [
  { value: 'tenant', label: 'By tenant' },
  { value: 'model', label: 'By model' },
  { value: 'cost-center', label: 'By cost centre' },
  { value: 'tenant,model', label: 'By tenant and model' },
  { value: 'principal', label: 'By principal' },
  { value: 'region', label: 'By region' },
  { value: 'tier', label: 'By tier' },
  { value: 'account', label: 'By account' },
] as const;

/** Rows at first, and five times as many with each time more. */
const LISTED = 100;

function choiceOf(query: ViewProps['query'], all: boolean) {
  return {
    by: BY.find(({ value }) => value === query.by)?.value ?? (all ? 'tenant' : 'model'),
    measure: MEASURES.find(({ id }) => id === query.measure) ?? MEASURES[0],
  };
}

/** What it is added up by and drawn as, in a Toolbar. */
export function CostChoices({ query, all }: { query: ViewProps['query']; all: boolean }) {
  const { by, measure } = choiceOf(query, all);
  return (
    <>
      <Select label="By" options={BY} value={by} onChange={(value) => setQuery({ by: value, top: undefined })} />
      <Select
        label="Drawn as"
        options={MEASURES.map(({ id, label }) => ({ value: id, label }))}
        value={measure.id}
        onChange={(value) => setQuery({ measure: value })}
      />
    </>
  );
}

interface Costs {
  rows: Report;
  /** Absent: of one day. */
  parted?: Parted;
}

async function read(
  asked: Asked,
  by: string,
  top: number,
  period: string | undefined,
  signal: AbortSignal,
): Promise<Costs> {
  if (period === undefined) return { rows: await reports.rows(asked, { by, top }, signal) };
  const parted = await reports.parted(asked, { by, period, top }, signal);
  const { others: _, ...rest } = parted;
  return { rows: { ...rest, ...parted.names }, parted };
}

/** What it cost: drawn, and row by row. */
export function Costs({ asked, query, all }: { asked: Asked; query: ViewProps['query']; all: boolean }) {
  const { by, measure } = choiceOf(query, all);
  const top = Math.min(10_000, Number(query.top) || LISTED);
  const period = asked.from === asked.to ? undefined : periodFor(daysIn(asked));
  const costs = useLoad((signal) => read(asked, by, top, period, signal), [JSON.stringify(asked), by, top]);
  const before = useLoad((signal) => reports.movers(asked, { by: 'none', top: 1 }, signal), [JSON.stringify(asked)]);
  const dimensions = by.split(',') as Dimension[];
  const heads = dimensions.map((dimension) => DIMENSIONS[dimension].head.toLowerCase()).join(' and ');
  return (
    <Loaded of={costs} label="Reading the ledger">
      {({ rows, parted }) => (
        <>
          <Summary report={rows} before={before} />
          {rows.items.length === 0 ? (
            <Card>
              <Empty title="Nothing was used in these days">
                <p>What was called just now stands here after the next run of the ledger.</p>
              </Empty>
            </Card>
          ) : (
            <>
              <Card title={`${measure.label} by ${heads}`}>
                <Chart
                  title={`${measure.label} by ${heads}${parted === undefined ? '' : `, a bar a ${period}`}`}
                  {...(parted === undefined
                    ? barsByName(rows.items, dimensions, measure)
                    : barsByPeriod(parted.items, periodsOf(parted, asked, period), dimensions, measure))}
                  format={measure.id === 'cost' ? amount : count}
                  labelHead={period ?? heads}
                />
              </Card>
              <Card title="Row by row" flush actions={<Files asked={asked} by={by} />}>
                <Rows report={rows} by={dimensions} onMore={() => setQuery({ top: String(top * 5) })} />
              </Card>
            </>
          )}
          <p class="muted">
            {rows.asOf === null ? (
              'The ledger has aggregated nothing yet.'
            ) : (
              <>
                In the ledger is what was delivered before <Time at={rows.asOf} />.
              </>
            )}
          </p>
        </>
      )}
    </Loaded>
  );
}

function periodsOf({ periods }: Parted, asked: Asked, period: string | undefined) {
  return period === 'day' ? withEmptyDays(periods, eachDay(asked)) : periods;
}

function Summary({ report: { total }, before }: { report: Report; before: Load<Movers> }) {
  const open = (total?.unpriced ?? 0) + (total?.unsettled ?? 0);
  return (
    <>
      <div class="grid-3">
        <Card title="Cost">
          <p class="stat">
            <Money usd={total === null ? 0 : (total.cost?.total ?? null)} />
          </p>
          <p class="muted">
            {before.value !== undefined ? (
              <Change {...before.value.total} />
            ) : before.state === 'error' ? (
              'The days before could not be read.'
            ) : (
              '…'
            )}
          </p>
        </Card>
        <Card title="Calls">
          <p class="stat">
            <Count of={total?.invocations ?? 0} />
          </p>
        </Card>
        <Card title="Tokens, in and out">
          <p class="stat">
            <Count of={total === null ? 0 : tokensIn(total)} /> <span class="muted">+</span>{' '}
            <Count of={total?.tokens.output ?? 0} />
          </p>
        </Card>
      </div>
      {open > 0 && (
        <Note tone="warn">
          {count(open)} {open === 1 ? 'call is' : 'calls are'} in no sum here: without a price, or without an end that
          was seen. <a href={onTab('open')}>Which</a>
        </Note>
      )}
    </>
  );
}

function Change({ before, now }: Movers['total']) {
  const change = changeOf(before, now);
  return change === undefined ? (
    <>
      As many days before: <Money usd={before} />
    </>
  ) : (
    <>
      {change} against <Money usd={before} /> in as many days before
    </>
  );
}

function Files({ asked, by }: { asked: Asked; by: string }) {
  const saving = useAct();
  const save = (by: string, period: string) =>
    saving.run(async () =>
      saveText(`tollgate-${asked.from}-${asked.to}-${by.replace(',', '-')}.csv`, await reports.csv(asked, by, period)),
    );
  return (
    <>
      {saving.problem !== undefined && <Problem error={saving.problem} />}
      <Button small icon="download" busy={saving.busy} onClick={() => save(by, 'total')}>
        CSV
      </Button>
      <Button small icon="download" busy={saving.busy} onClick={() => save(by, 'day')}>
        CSV by day
      </Button>
    </>
  );
}
