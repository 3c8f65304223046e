import { api } from '../../api.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { LinkButton } from '../../ui/button.tsx';
import { useLoad } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Count, Money, Name } from '../../ui/text.tsx';
import { type Budget, countsOf } from '../budgets/standing.ts';

/** A tenant’s budgets, in short; where each stands, and how it is changed, is a page of its own. */
export function Budgets({ tenant }: { tenant: string }) {
  const budgets = useLoad(
    async (signal) =>
      (await api.get<{ items: Budget[] }>('/admin/budgets', { tenant, limit: 1000 }, signal)).body.items,
    [tenant],
  );
  return (
    <Card
      flush
      title="Its own budgets"
      about="Beside those that every tenant is under."
      actions={
        <LinkButton small href={href(['budgets'], { tenant })}>
          Where they stand, and change them
        </LinkButton>
      }
    >
      <Loaded of={budgets}>
        {(all) =>
          all.length === 0 ? (
            <Empty title="It has no budgets of its own" />
          ) : (
            <Table
              caption="Budgets"
              rows={all}
              rowKey={({ id }) => id}
              columns={[
                { head: 'Budget', cell: ({ id }) => <Name>{id}</Name> },
                { head: 'Counts', cell: (one) => <Name>{countsOf(one)}</Name> },
                {
                  head: 'At most',
                  align: 'end',
                  cell: ({ unit, limit }) =>
                    unit === 'usd' ? <Money usd={limit} /> : <Count of={limit} unit={unit} />,
                },
                { head: 'A', cell: ({ period }) => period },
                {
                  head: 'Beyond it',
                  cell: ({ enforcement }) =>
                    enforcement === 'hard' ? <Badge tone="warn">refused</Badge> : <Badge>told</Badge>,
                },
              ]}
            />
          )
        }
      </Loaded>
    </Card>
  );
}
