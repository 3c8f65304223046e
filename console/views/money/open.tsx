import { mayOf, useMe } from '../../me.ts';
import { href } from '../../router.ts';
import { useLoad } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Count, Dash, Money } from '../../ui/text.tsx';
import { count } from '../../ui/words.ts';
import { nameOf } from './bars.ts';
import { reports } from './data.ts';
import type { Asked, Dimension, Report, Row } from './report.ts';
import { nameColumns } from './rows.tsx';

/** What is in no sum, or in one by an estimate alone. */
export function Open({ asked, all }: { asked: Asked; all: boolean }) {
  const by: readonly Dimension[] = all ? ['tenant', 'model'] : ['model'];
  const open = useLoad((signal) => reports.open(asked, { by: by.join(), top: 500 }, signal), [JSON.stringify(asked)]);
  return (
    <Loaded of={open} label="Reading the ledger">
      {(report) => (
        <>
          <Summary report={report} />
          <Card flush title="Whose calls, of which model">
            {report.items.length === 0 ? (
              <Empty title="Nothing is open" icon="check">
                <p>Every call of these days has a price and an end, and its model told what it used.</p>
              </Empty>
            ) : (
              <List report={report} by={by} />
            )}
          </Card>
        </>
      )}
    </Loaded>
  );
}

function Summary({ report: { total } }: { report: Report }) {
  const { unpriced = 0, unsettled = 0, estimated = 0 } = total ?? {};
  return (
    <div class="grid-3">
      <Card title="Unpriced">
        <p class="stat">
          <Count of={unpriced} />
        </p>
        <p class="muted">No price was in force: they are in no sum until there is one, and the hours are made anew.</p>
      </Card>
      <Card title="Unsettled">
        <p class="stat">
          <Count of={unsettled} />
        </p>
        <p class="muted">They began, and no end was seen: what they used is not known.</p>
      </Card>
      <Card title="Estimated">
        <p class="stat">
          <Count of={estimated} />
        </p>
        <p class="muted">
          Their model told no counts, so the tokens are our estimate
          {total?.cost && (
            <>
              , and <Money usd={total.cost.estimated} /> of the cost is
            </>
          )}
          .
        </p>
      </Card>
    </div>
  );
}

function List({ report, by }: { report: Report; by: readonly Dimension[] }) {
  const me = useMe();
  const prices = mayOf(me, 'prices', '', 'read');
  const counted = (head: string, of: (row: Row) => number): Column<Row> => ({
    head,
    align: 'end',
    cell: (row) => (of(row) === 0 ? <Dash /> : <Count of={of(row)} />),
    sort: of,
  });
  return (
    <>
      <Table
        caption="Open calls by model"
        rows={report.items}
        part={report.others !== undefined}
        rowKey={(row) => nameOf(row, by)}
        columns={[
          ...nameColumns<Row>(by),
          counted('Unpriced', ({ unpriced }) => unpriced),
          counted('Unsettled', ({ unsettled }) => unsettled),
          counted('Estimated', ({ estimated }) => estimated),
          counted('Of calls', ({ invocations }) => invocations),
          { head: 'What to do', cell: (row) => <Ways row={row} prices={prices} /> },
        ]}
      />
      {report.others !== undefined && <p class="more muted">And {count(report.others.rows)} rows more.</p>}
    </>
  );
}

/** To the prices of what has none, and to the calls whose end was not seen. */
function Ways({ row: { tenant, model = '', unpriced, unsettled }, prices }: { row: Row; prices: boolean }) {
  return (
    <span class="row">
      {unpriced > 0 && prices && <a href={href(['registry-models', model], { tab: 'prices' })}>Its prices</a>}
      {unsettled > 0 && <a href={href(['requests'], { tenant, model, outcome: 'unsettled' })}>The calls</a>}
    </span>
  );
}
