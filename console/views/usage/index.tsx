import type { ComponentChildren } from 'preact';
import { type Days, eachDay } from '../../days.ts';
import { mayAll } from '../../me.ts';
import { href, setQuery } from '../../router.ts';
import { Button } from '../../ui/button.tsx';
import { Chart } from '../../ui/chart.tsx';
import { DayRange, useDays } from '../../ui/day-range.tsx';
import { Select } from '../../ui/inputs.tsx';
import { type Load, useLoad } from '../../ui/load.ts';
import { Card, Facts, Page, Toolbar } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Count, Money, Name, Time } from '../../ui/text.tsx';
import { amount, count } from '../../ui/words.ts';
import type { ViewProps } from '../../view.ts';
import { barsByDay, barsByModel } from './bars.ts';
import { readUsage } from './data.ts';
import { Parts } from './parts.tsx';
import { MEASURES, totalsOf, type Usage as Used } from './rows.ts';

/** What the tenant used and what it cost, as the ledger has it. */
export default function Usage({ me, query }: ViewProps) {
  const { range, days } = useDays(query);
  const used = useLoad((signal) => readUsage(days, ['day', 'model'], signal), [days.from, days.to]);
  return (
    <Page
      title="Usage"
      about={
        <>
          What {me.tenant === '' ? 'your tenant' : <Name>{me.tenant}</Name>} used and what it cost. Days are days of
          UTC.
          {mayAll(me, 'reports') && (
            <>
              {' '}
              Every tenant’s is under <a href={href(['money'])}>Money</a>.
            </>
          )}
        </>
      }
      actions={
        <Button icon="refresh" onClick={used.reload} busy={used.state === 'loading'}>
          Refresh
        </Button>
      }
    >
      <Toolbar>
        <DayRange range={range} days={days} />
        <Select
          label="Shown as"
          options={MEASURES.map(({ id, label }) => ({ value: id, label }))}
          value={measureOf(query).id}
          onChange={(value) => setQuery({ measure: value })}
        />
      </Toolbar>
      <Body used={used} days={days} query={query} />
    </Page>
  );
}

function measureOf({ measure }: ViewProps['query']) {
  return MEASURES.find(({ id }) => id === measure) ?? MEASURES[0];
}

function Body({ used, days, query }: { used: Load<Used>; days: Days; query: ViewProps['query'] }) {
  const measure = measureOf(query);
  return (
    <Loaded of={used} label="Reading the ledger">
      {({ data, as_of }) => {
        if (data.length === 0)
          return (
            <Card>
              <Empty title="Nothing was used in these days">
                <p>What was called just now stands here after the next run of the ledger.</p>
              </Empty>
            </Card>
          );
        const one = days.from === days.to;
        const bars = one ? barsByModel(data, measure) : barsByDay(data, eachDay(days), measure);
        return (
          <>
            <Summary used={data} />
            <Card title={one ? `${measure.label} by model` : `${measure.label} by day and model`}>
              <Chart
                title={`${measure.label} ${one ? 'by model' : 'by day, parted by model'}`}
                {...bars}
                format={measure.id === 'cost' ? amount : count}
                labelHead={one ? 'Model' : 'Day'}
              />
            </Card>
            <Parts data={data} days={days} part={query.by} />
            <p class="muted">
              The ledger, asked <Time at={as_of} />. Calls that only were refused are not in it: they are among the
              requests.
            </p>
          </>
        );
      }}
    </Loaded>
  );
}

function Summary({ used }: { used: Used['data'] }) {
  const { cost, calls, input, output, unpriced, unsettled, estimated } = totalsOf(used);
  const remarks = [
    unpriced > 0 && `${count(unpriced)} without a price, which the cost leaves out`,
    unsettled > 0 && `${count(unsettled)} whose end never came`,
    estimated > 0 && `${count(estimated)} estimated, as their model reported no counts`,
  ].filter((one) => one !== false);
  return (
    <>
      <Card>
        <Facts
          facts={[
            { name: 'Cost', value: stat(<Money usd={cost} />) },
            { name: 'Calls', value: stat(<Count of={calls} />) },
            { name: 'Tokens in', value: stat(<Count of={input} />) },
            { name: 'Tokens out', value: stat(<Count of={output} />) },
          ]}
        />
      </Card>
      {remarks.length > 0 && <p class="muted">Of the calls {remarks.join('; ')}.</p>}
    </>
  );
}

function stat(value: ComponentChildren) {
  return <span class="stat">{value}</span>;
}
