import { useState } from 'preact/hooks';
import { Button } from '../../ui/button.tsx';
import { useLoad } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Money } from '../../ui/text.tsx';
import { amount } from '../../ui/words.ts';
import { changeOf } from './bars.ts';
import { reports } from './data.ts';
import type { Asked, Dimension } from './report.ts';
import { nameColumns } from './rows.tsx';

/** Changes that are asked for at first, and four times as many with each time more. */
const TOP = 25;

/** What costs more or less than in as many days before. */
export function Moved({ asked, all }: { asked: Asked; all: boolean }) {
  const by: readonly Dimension[] = all ? ['tenant', 'model'] : ['model'];
  const [top, setTop] = useState(TOP);
  const moved = useLoad(
    (signal) => reports.movers(asked, { by: by.join(), top }, signal),
    [JSON.stringify(asked), top],
  );
  return (
    <Loaded of={moved} label="Reading the ledger">
      {({ before, items }) => (
        <Card
          flush
          title="What costs more, or less"
          about={`${daysText(asked)} against ${daysText(before)}, the greatest change first`}
        >
          {items.length === 0 ? (
            <Empty title="Nothing changed">
              <p>What has no price is not compared: its change is not known.</p>
            </Empty>
          ) : (
            <Table
              caption="Changes of cost"
              rows={items}
              part={items.length === top}
              rowKey={({ tenant, model }) => `${tenant} ${model}`}
              columns={[
                ...nameColumns<(typeof items)[number]>(by),
                {
                  head: 'Before',
                  align: 'end',
                  cell: (one) => <Money usd={one.before} />,
                  sort: (one) => Number(one.before),
                },
                { head: 'Now', align: 'end', cell: (one) => <Money usd={one.now} />, sort: (one) => Number(one.now) },
                {
                  head: 'Change',
                  align: 'end',
                  cell: ({ change }) => <Change usd={change} />,
                  sort: ({ change }) => Number(change),
                },
                { head: 'In percent', align: 'end', cell: (one) => <span class="number">{wordsOf(one)}</span> },
              ]}
            />
          )}
          {items.length === top && (
            <div class="more">
              <Button onClick={() => setTop(top * 4)}>Show more</Button>
              <span class="muted">{items.length} so far</span>
            </div>
          )}
        </Card>
      )}
    </Loaded>
  );
}

function daysText({ from, to }: { from: string; to: string }): string {
  return from === to ? from : `${from} to ${to}`;
}

function wordsOf({ before, now }: { before: string; now: string }): string {
  if (Number(before) === 0) return 'new';
  return Number(now) === 0 ? 'gone' : (changeOf(before, now) ?? '');
}

function Change({ usd }: { usd: string }) {
  return (
    <span class="number" title={`${usd} USD`}>
      {Number(usd) > 0 ? '+' : ''}
      {amount(usd)}
    </span>
  );
}
