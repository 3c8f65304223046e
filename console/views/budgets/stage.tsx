import { useState } from 'preact/hooks';
import { type Me, mayAll } from '../../me.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { usePaged } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty, PagedList } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Name } from '../../ui/text.tsx';
import { BudgetButtons, BudgetDialog, type Open } from './acts.tsx';
import { amountOf, type Budget, countsOf, EVERY_TENANT } from './standing.ts';

/** What every tenant is under, each with counters of its own. */
export function Stage({ me }: { me: Me }) {
  const [open, setOpen] = useState<Open>();
  const list = usePaged<Budget>('/admin/budgets', { tenant: EVERY_TENANT });
  const close = () => setOpen(undefined);
  const writes = mayAll(me, 'budgets', 'write');
  const columns: Column<Budget>[] = [
    {
      head: 'Budget',
      sort: ({ id }) => id,
      cell: ({ id, enforcement, atLimit }) => (
        <span class="row">
          <Name>{id}</Name>
          {enforcement === 'soft' && <Badge tone="info">only warns</Badge>}
          {atLimit === 'refuse' && <Badge>shortens no answer</Badge>}
        </span>
      ),
    },
    { head: 'Counts', cell: (one) => <Name>{countsOf(one)}</Name> },
    {
      head: 'Limit',
      align: 'end',
      cell: ({ limit, unit, period }) => `${amountOf(limit, unit)} a ${period}`,
    },
    ...(writes
      ? [
          {
            head: 'Actions',
            unnamed: true,
            cell: ({ id }: Budget) => <BudgetButtons id={id} onOpen={setOpen} />,
          },
        ]
      : []),
  ];
  return (
    <Card
      flush
      title="Every tenant’s"
      about="Each tenant is under all of these, with counters of its own. A tenant’s own budget of the same name takes its place."
      actions={
        writes && (
          <Button kind="primary" icon="plus" onClick={() => setOpen({ is: 'edit' })}>
            Set a budget
          </Button>
        )
      }
    >
      <PagedList of={list} empty={<Empty title="There is no budget of every tenant" />}>
        {(rows) => <Table caption="Budgets of every tenant" columns={columns} rows={rows} rowKey={({ id }) => id} />}
      </PagedList>
      <BudgetDialog open={open} owner={EVERY_TENANT} principals={false} onDone={list.reload} onClose={close} />
    </Card>
  );
}
