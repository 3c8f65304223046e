import { useState } from 'preact/hooks';
import { type Me, mayAll } from '../../me.ts';
import { href, navigate, setQuery } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/inputs.tsx';
import { usePaged } from '../../ui/load.ts';
import { Card, Toolbar } from '../../ui/page.tsx';
import { Search } from '../../ui/search.tsx';
import { Empty, PagedList } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Dash, Name, NameLink, Stacked, Time } from '../../ui/text.tsx';
import { stateOf, type Tenant } from './entries.ts';
import { Onboard } from './onboard.tsx';
import { State } from './state.tsx';

const STATES = [
  { value: '', label: 'Every state' },
  ...['active', 'suspended', 'offboarded'].map((state) => ({ value: state, label: state })),
];

const COLUMNS: readonly Column<Tenant>[] = [
  {
    head: 'Tenant',
    sort: ({ id }) => id,
    cell: ({ id, displayName }) => (
      <Stacked under={displayName !== undefined && <Name>{displayName}</Name>}>
        <NameLink href={href(['tenants', id])}>{id}</NameLink>
      </Stacked>
    ),
  },
  {
    head: 'State',
    sort: stateOf,
    cell: (tenant) => <State of={tenant} />,
  },
  { head: 'Cost centre', sort: ({ costCenter }) => costCenter, cell: ({ costCenter }) => <Name>{costCenter}</Name> },
  { head: 'Labels', cell: ({ labels = {} }) => <Labels of={labels} /> },
  {
    head: 'Owners',
    cell: ({ owners }) => (owners === undefined ? <Dash /> : <Name>{owners.join(', ')}</Name>),
  },
  {
    head: 'Changed',
    sort: ({ updatedAt }) => updatedAt,
    cell: ({ updatedAt }) => <Time at={updatedAt} ago />,
  },
];

/** However many there are, a page of them, and a search for the rest. */
export function Tenants({ me, query }: { me: Me; query: Readonly<Record<string, string>> }) {
  const { q = '', status = '', label = '' } = query;
  const [onboarding, setOnboarding] = useState(false);
  const list = usePaged<Tenant>('/admin/tenants', { q, status, label });
  const narrowed = q !== '' || status !== '' || label !== '';
  return (
    <div class="stack">
      <Toolbar>
        <Search label="Search by id or name" value={q} onChange={(to) => setQuery({ q: to })} />
        <Search label="Label: team=blue" value={label} onChange={(to) => setQuery({ label: to })} />
        <Select label="State" value={status} onChange={(to) => setQuery({ status: to })} options={STATES} />
        {mayAll(me, 'tenants', 'write') && (
          <span class="push">
            <Button kind="primary" icon="plus" onClick={() => setOnboarding(true)}>
              Onboard a tenant
            </Button>
          </span>
        )}
      </Toolbar>
      <Card flush>
        <PagedList
          of={list}
          empty={
            narrowed ? (
              <Empty title="No tenant is like that" icon="search" />
            ) : (
              <Empty title="There are no tenants">Nobody may call a model until a tenant is onboarded.</Empty>
            )
          }
        >
          {(tenants) => <Table caption="Tenants" columns={COLUMNS} rows={tenants} rowKey={({ id }) => id} />}
        </PagedList>
      </Card>
      {onboarding && (
        <Onboard
          onClose={() => setOnboarding(false)}
          onDone={(id) => navigate(href(['tenants', id], { tab: 'grants' }))}
        />
      )}
    </div>
  );
}

/** `team=blue`, one by one. */
export function Labels({ of }: { of: Readonly<Record<string, string>> }) {
  const said = Object.entries(of);
  if (said.length === 0) return <Dash />;
  return (
    <span class="row tight">
      {said.map(([name, value]) => (
        <Badge key={name}>
          <Name>{`${name}=${value}`}</Name>
        </Badge>
      ))}
    </span>
  );
}
