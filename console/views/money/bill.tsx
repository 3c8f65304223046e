import { api } from '../../api.ts';
import { setQuery } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { useLoad } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Code, Money, Time } from '../../ui/text.tsx';
import { One } from './bill-one.tsx';
import type { Reconciled } from './reconciled.ts';

const HOW = 'npx tollgate --stage NAME reconcile --cur cur/';

/** What AWS charges beside what the ledger has, as `tollgate reconcile` left it. @param id of the one that is shown whole */
export function Bill({ id }: { id: string | undefined }) {
  const all = useLoad(
    async (signal) => (await api.get<{ items: Reconciled[] }>('/admin/reconciliations', {}, signal)).body.items,
    [],
  );
  return (
    <Loaded of={all} label="Reading what was reconciled">
      {(items) =>
        items.length === 0 ? (
          <Card>
            <Empty title="No bill was compared yet">
              <p>The command line compares an export of AWS’s bill with the ledger, and leaves here what it found:</p>
              <Code label="The command">{HOW}</Code>
            </Empty>
          </Card>
        ) : (
          <>
            <List items={items} chosen={id} />
            {id !== undefined && id !== '' && <One key={id} id={id} />}
          </>
        )
      }
    </Loaded>
  );
}

function stateOf({ rejected, measures: { differ, explained } }: Reconciled) {
  if (rejected > 0) return <Badge tone="bad">Not in full</Badge>;
  if (differ === 0) return <Badge tone="good">Agrees</Badge>;
  return differ === explained ? <Badge tone="info">Estimates differ</Badge> : <Badge tone="warn">Differs</Badge>;
}

function List({ items, chosen }: { items: readonly Reconciled[]; chosen: string | undefined }) {
  return (
    <Card flush title="AWS’s bill against the ledger" about="In dollars; the difference is AWS’s less ours.">
      <Table
        caption="Comparisons with AWS’s bill"
        rows={items}
        rowKey={({ id }) => id}
        chosen={({ id }) => id === chosen}
        columns={[
          {
            head: 'Days',
            cell: ({ from, to }) => <span class="number">{from === to ? from : `${from} to ${to}`}</span>,
            sort: ({ id }) => id,
          },
          { head: 'State', cell: stateOf },
          { head: 'AWS', align: 'end', cell: ({ usd }) => <Money usd={usd.aws} />, sort: ({ usd }) => Number(usd.aws) },
          {
            head: 'Ledger',
            align: 'end',
            cell: ({ usd }) => <Money usd={usd.ours} />,
            sort: ({ usd }) => Number(usd.ours),
          },
          {
            head: 'Difference',
            align: 'end',
            cell: ({ usd }) => <Money usd={usd.difference} />,
            sort: ({ usd }) => Math.abs(Number(usd.difference)),
          },
          { head: 'Compared', cell: ({ at }) => <Time at={at} ago />, sort: ({ at }) => at },
          {
            head: 'More',
            unnamed: true,
            align: 'end',
            cell: ({ id }) => (
              <Button
                small
                label={`${id === chosen ? 'Close' : 'Show'} ${id.replace('_', ' to ')}`}
                onClick={() => setQuery({ bill: id === chosen ? undefined : id })}
              >
                {id === chosen ? 'Close' : 'Show'}
              </Button>
            ),
          },
        ]}
      />
    </Card>
  );
}
