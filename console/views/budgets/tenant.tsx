import { useState } from 'preact/hooks';
import { pathOf } from '../../api.ts';
import { type Me, mayAll, mayOf } from '../../me.ts';
import { Button } from '../../ui/button.tsx';
import { usePaged } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty, PagedList } from '../../ui/states.tsx';
import { Name } from '../../ui/text.tsx';
import { BudgetButtons, BudgetDialog, type Open } from './acts.tsx';
import type { Standing } from './standing.ts';
import { StandingTable } from './standing-table.tsx';

/** What a tenant is under, its own budgets and everybody’s, and where each stands. */
export function TenantBudgets({ me, tenant }: { me: Me; tenant: string }) {
  const [open, setOpen] = useState<Open>();
  const list = usePaged<Standing>(`/admin/standing${pathOf(tenant)}`, {}, 200);
  const close = () => setOpen(undefined);
  const writes = mayOf(me, 'budgets', tenant, 'write');
  // Of what the tenant itself may use up its operator says how much.
  const all = mayAll(me, 'budgets', 'write');
  const actions = ({ id, per, from }: Standing) =>
    from === 'tenant' && (all || per === 'principal') && <BudgetButtons id={id} onOpen={setOpen} />;
  return (
    <Card
      flush
      title={
        <>
          Budgets of <Name>{tenant}</Name>
        </>
      }
      actions={
        writes && (
          <Button kind="primary" icon="plus" onClick={() => setOpen({ is: 'edit' })}>
            Set a budget
          </Button>
        )
      }
    >
      <PagedList
        of={list}
        empty={
          <Empty title="It is under no budget">
            <p>Without one a tenant may use up whatever the stage has.</p>
          </Empty>
        }
      >
        {(rows) => (
          <StandingTable
            caption={`Where the budgets of ${tenant} stand`}
            rows={rows}
            {...(writes ? { actions } : {})}
          />
        )}
      </PagedList>
      <BudgetDialog open={open} owner={tenant} principals={!all} onDone={list.reload} onClose={close} />
    </Card>
  );
}
