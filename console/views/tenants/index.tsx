import { mayAll } from '../../me.ts';
import { setQuery } from '../../router.ts';
import { Page } from '../../ui/page.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import type { ViewProps } from '../../view.ts';
import { Tenants } from './list.tsx';
import { Matrix } from './matrix.tsx';
import { TenantPage } from './tenant.tsx';

const TABS = [
  { id: 'list', label: 'Tenants' },
  { id: 'matrix', label: 'Who holds what' },
] as const;

/** Tenants and what they hold: all of them, or one. Whose sight ends at its own tenant sees that. */
export default function TenantsView({ me, rest, query }: ViewProps) {
  const all = mayAll(me, 'tenants');
  const id = rest[0] ?? (all ? undefined : me.tenant);
  if (id !== undefined) return <TenantPage key={id} id={id} me={me} query={query} alone={!all} />;
  const grants = mayAll(me, 'grants');
  const tab = query.tab === 'matrix' && grants ? 'matrix' : 'list';
  return (
    <Page title="Tenants" about="Who may use the gateway, and what of it.">
      <Tabs
        label="Tenants"
        tabs={grants ? TABS : TABS.slice(0, 1)}
        value={tab}
        onChange={(to) => setQuery({ tab: to === 'list' ? undefined : to })}
      >
        {tab === 'list' ? <Tenants me={me} query={query} /> : <Matrix query={query} />}
      </Tabs>
    </Page>
  );
}
