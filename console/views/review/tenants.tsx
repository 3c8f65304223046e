import { isFound } from '../../found.ts';
import { href, setQuery } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { usePaged } from '../../ui/load.ts';
import { Card, Toolbar } from '../../ui/page.tsx';
import { Search } from '../../ui/search.tsx';
import { Empty, PagedList } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Count, Dash, Name, NameLink, Stacked } from '../../ui/text.tsx';
import { count } from '../../ui/words.ts';
import type { Tenant } from './reviewed.ts';

const SHOWN = 200;

/** The tenants that were reviewed, those with findings first. @param all whether there are no others: else the search looks for them, too */
export function Tenants({ of, text, all }: { of: readonly Tenant[]; text: string; all: boolean }) {
  const wanted = text.trim();
  const found = of
    .filter(({ tenant, displayName = '' }) => isFound(text, `${tenant} ${displayName}`))
    .sort((a, b) => b.reach + b.broken - a.reach - a.broken);
  return (
    <div class="stack">
      <Toolbar>
        <Search label="Search the tenants" value={text} onChange={(to) => setQuery({ q: to })} />
      </Toolbar>
      <Card flush>
        {found.length === 0 ? (
          !all && wanted !== '' ? null : (
            <Empty title={of.length === 0 ? 'There are no tenants yet' : 'No tenant is like that'} icon="search" />
          )
        ) : (
          <Table
            caption="Tenants that were reviewed"
            rows={found}
            most={SHOWN}
            rowKey={({ tenant }) => tenant}
            columns={[
              {
                head: 'Tenant',
                sort: ({ tenant }) => tenant,
                cell: ({ tenant, displayName }) => (
                  <Stacked under={displayName !== undefined && <Name>{displayName}</Name>}>
                    <NameLink href={href(['review', tenant])}>{tenant}</NameLink>
                  </Stacked>
                ),
              },
              {
                head: 'Found',
                sort: ({ reach, broken }) => reach * 1_000_000 + broken,
                cell: (one) => <Found of={one} />,
              },
              {
                head: 'State',
                cell: ({ standing }) => <Badge tone={standing === 'active' ? 'good' : 'neutral'}>{standing}</Badge>,
              },
              {
                head: 'Models',
                align: 'end',
                sort: ({ models }) => models,
                cell: ({ models }) => <Count of={models} />,
              },
              {
                head: 'Sessions',
                align: 'end',
                sort: ({ sessions }) => sessions,
                cell: ({ sessions }) => <Count of={sessions} />,
              },
              {
                head: 'Policies',
                align: 'end',
                sort: ({ policies }) => policies,
                cell: ({ policies }) => <Count of={policies} />,
              },
              {
                head: 'Calls tried',
                align: 'end',
                sort: ({ questions }) => questions,
                cell: ({ questions }) => <Count of={questions} />,
              },
              {
                head: 'Policies changed',
                align: 'end',
                sort: ({ changed }) => changed ?? 0,
                cell: ({ changed }) => <Count of={changed ?? undefined} />,
              },
            ]}
          />
        )}
        {found.length > SHOWN && <div class="more muted">{count(found.length - SHOWN)} more: search for them.</div>}
        {!all && wanted !== '' && <Unreviewed reviewed={of} text={wanted} />}
      </Card>
    </div>
  );
}

/** Those of the search that this review has not come to: each can be reviewed by itself. */
function Unreviewed({ reviewed, text }: { reviewed: readonly Tenant[]; text: string }) {
  const list = usePaged<{ id: string; displayName?: string }>('/admin/tenants', { q: text });
  const known = new Set(reviewed.map(({ tenant }) => tenant));
  return (
    <PagedList of={list} empty={<Empty title="No tenant is like that" icon="search" />}>
      {(tenants) => {
        const others = tenants.filter(({ id }) => !known.has(id));
        if (others.length === 0) return null;
        return (
          <Table
            caption="Tenants that were not reviewed yet"
            rows={others}
            rowKey={({ id }) => id}
            columns={[
              {
                head: 'Not reviewed yet',
                cell: ({ id }) => <NameLink href={href(['review', id])}>{id}</NameLink>,
              },
              {
                head: 'Name',
                cell: ({ displayName }) => (displayName === undefined ? <Dash /> : <Name>{displayName}</Name>),
              },
            ]}
          />
        );
      }}
    </PagedList>
  );
}

function Found({ of: { reach, broken } }: { of: Tenant }) {
  if (reach === 0 && broken === 0) return <span class="muted">nothing</span>;
  return (
    <span class="row">
      {reach > 0 && <Badge tone="bad">{count(reach)} reach</Badge>}
      {broken > 0 && <Badge tone="warn">{count(broken)} broken</Badge>}
    </span>
  );
}
