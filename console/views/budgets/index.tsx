import { may, mayAll } from '../../me.ts';
import { setQuery } from '../../router.ts';
import { Page, Toolbar } from '../../ui/page.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import type { ViewProps } from '../../view.ts';
import { Mine } from './mine.tsx';
import { Stage } from './stage.tsx';
import { TenantBudgets } from './tenant.tsx';
import { TenantChoice } from './tenant-choice.tsx';

const ABOUT = 'What may be used up, how far it is, and when it begins anew. Windows are of the calendar, in UTC.';

/** Where budgets stand: mine, or those of the tenants that I look after. */
export default function BudgetsView({ me, query }: ViewProps) {
  if (!may(me, 'budgets'))
    return (
      <Page title="Budgets" about={ABOUT}>
        <Mine />
      </Page>
    );
  const { tenant = me.tenant } = query;
  const tab = query.tab === 'stage' && mayAll(me, 'budgets') ? 'stage' : 'tenant';
  if (!mayAll(me, 'budgets'))
    return (
      <Page title="Budgets" about={ABOUT}>
        <TenantBudgets me={me} tenant={me.tenant} />
      </Page>
    );
  return (
    <Page title="Budgets" about={ABOUT}>
      <Tabs
        label="Budgets"
        value={tab}
        onChange={(to) => setQuery({ tab: to === 'tenant' ? undefined : to })}
        tabs={[
          { id: 'tenant', label: 'Of one tenant' },
          { id: 'stage', label: 'Of every tenant' },
        ]}
      >
        <div class="stack">
          {tab === 'stage' ? (
            <Stage me={me} />
          ) : (
            <>
              <Toolbar>
                <TenantChoice tenant={tenant} onChange={(to) => setQuery({ tenant: to })} />
              </Toolbar>
              <TenantBudgets key={tenant} me={me} tenant={tenant} />
            </>
          )}
        </div>
      </Tabs>
    </Page>
  );
}
