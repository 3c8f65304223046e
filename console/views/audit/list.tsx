import { type Me, mayAll } from '../../me.ts';
import { href, setQuery } from '../../router.ts';
import { suggestTenants } from '../../suggest.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Select, TextInput } from '../../ui/inputs.tsx';
import { usePaged } from '../../ui/load.ts';
import { Card, Page, Toolbar } from '../../ui/page.tsx';
import { Search } from '../../ui/search.tsx';
import { Empty, PagedList } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Name, NameLink, Stacked, Time } from '../../ui/text.tsx';
import { type Edit, KINDS, partsOf, routeOf, summaryOf, toneOf } from './edit.ts';

/** Edits, the newest first; what is asked of them is in the page’s address, so that it can be passed on. */
export function Edits({ me, query }: { me: Me; query: Readonly<Record<string, string>> }) {
  const { by = '', of = '', tenant = '', plan, since = '', until = '' } = query;
  const list = usePaged<Edit>('/admin/audit', {
    ...{ by, of, tenant, plan, since },
    // A day is meant to its end.
    until: until === '' ? '' : `${until}T23:59:59.999Z`,
  });
  const [kind, ...one] = of.split('/');
  return (
    <Page
      title="Audit"
      about="Who changed what of the registry, when, from what to what. Nothing can be taken out of it; an undo is an edit of its own."
      actions={
        <Button icon="refresh" onClick={list.reload}>
          Refresh
        </Button>
      }
    >
      <Toolbar>
        <Search label="Who" placeholder="Who: part of a name" value={by} onChange={(to) => setQuery({ by: to })} />
        <Select
          label="Kind"
          value={kind ?? ''}
          onChange={(to) => setQuery({ of: to })}
          options={[{ value: '', label: 'Of every kind' }, ...KINDS]}
        />
        {mayAll(me, 'audit') && (
          <Search label="Tenant" suggest={suggestTenants} value={tenant} onChange={(to) => setQuery({ tenant: to })} />
        )}
        <Day label="From" value={since} onChange={(to) => setQuery({ since: to })} />
        <Day label="To" value={until} onChange={(to) => setQuery({ until: to })} />
      </Toolbar>
      {one.length > 0 && <Only what="Edits of" name={of} clear={() => setQuery({ of: undefined })} />}
      {plan !== undefined && <Only what="Edits of the plan" name={plan} clear={() => setQuery({ plan: undefined })} />}
      <Card flush>
        <PagedList of={list} empty={<Empty title="There is no such edit" icon="history" />}>
          {(edits) => <Rows edits={edits} />}
        </PagedList>
      </Card>
    </Page>
  );
}

function Day({ label, value, onChange }: { label: string; value: string; onChange(to: string | undefined): void }) {
  return (
    <Field label={label}>
      <TextInput type="date" value={value} onChange={(to) => onChange(to === '' ? undefined : to)} />
    </Field>
  );
}

function Only({ what, name, clear }: { what: string; name: string; clear(): void }) {
  return (
    <p class="row">
      {what} <Name mono>{name}</Name> alone.
      <Button small icon="close" onClick={clear}>
        All edits
      </Button>
    </p>
  );
}

function Rows({ edits }: { edits: readonly Edit[] }) {
  return (
    <Table
      caption="Edits, the newest first"
      rows={edits}
      rowKey={({ edit, at, item }) => `${edit ?? at} ${item}`}
      columns={[
        {
          head: 'Edit',
          cell: ({ edit, at }) =>
            edit === undefined ? (
              <Time at={at} />
            ) : (
              <Stacked under={<Time at={at} />}>
                <a href={href(['audit', String(edit)])}>#{edit}</a>
              </Stacked>
            ),
        },
        { head: 'Who', cell: ({ by }) => <Name>{by}</Name> },
        { head: 'Did', cell: ({ change }) => <Badge tone={toneOf(change)}>{change}</Badge> },
        { head: 'Of', cell: ({ item }) => <Item of={item} /> },
        {
          head: 'What',
          cell: ({ differences }) => (
            <span class="muted">
              <Name wrap>{summaryOf(differences)}</Name>
            </span>
          ),
        },
      ]}
    />
  );
}

/** What an edit is of: a link to it, where it is shown, and to all that happened to it. */
export function Item({ of }: { of: string }) {
  const [kind, ...names] = partsOf(of);
  const name = names.filter(Boolean).join(' / ') || kind;
  const to = routeOf(of);
  return (
    <Stacked under={kind}>
      {to === undefined ? <Name>{name}</Name> : <NameLink href={href(...to)}>{name}</NameLink>}
    </Stacked>
  );
}
