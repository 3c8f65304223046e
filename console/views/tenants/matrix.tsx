import { useState } from 'preact/hooks';
import { isFound } from '../../found.ts';
import { href, setQuery } from '../../router.ts';
import { useLoad, usePaged } from '../../ui/load.ts';
import { Card, Toolbar } from '../../ui/page.tsx';
import { Search } from '../../ui/search.tsx';
import { Empty, Loaded, PagedList, Problem } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { NameLink } from '../../ui/text.tsx';
import { allBundles, allModels, grantsOf } from './all.ts';
import { audienceOf, type Bundle, boundsOf, type Grant, type Model, type Tenant, termsOf } from './entries.ts';
import { EditGrant } from './grant.tsx';

/** Models that stand beside each other; the rest is found by the search. */
const COLUMNS_MAX = 12;

/** Tenants down, models across; each cell is the grant, to be seen and changed. */
export function Matrix({ query }: { query: Readonly<Record<string, string>> }) {
  const { q = '', model: wanted = '' } = query;
  const [open, setOpen] = useState<{ tenant: string; model: string }>();
  const tenants = usePaged<Tenant>('/admin/tenants', { q }, 25);
  const columns = useLoad(async (signal) => {
    const [models, bundles] = await Promise.all([allModels(signal), allBundles(signal)]);
    return { models, bundles };
  }, []);
  const ids = tenants.items.map(({ id }) => id);
  const grants = useLoad((signal) => grantsOf(ids, signal), [ids.join(',')]);
  return (
    <div class="stack">
      <Toolbar>
        <Search label="Tenants" value={q} onChange={(to) => setQuery({ q: to })} />
        <Search label="Models" value={wanted} onChange={(to) => setQuery({ model: to })} />
        <Legend />
      </Toolbar>
      {grants.state === 'error' && <Problem error={grants.error} retry={grants.reload} />}
      <Card flush>
        <Loaded of={columns}>
          {({ models, bundles }) => {
            const found = models.filter(({ id, displayName }) => isFound(wanted, id, displayName));
            if (found.length === 0) return <Empty title="No model is like that" icon="search" />;
            return (
              <>
                <PagedList of={tenants} empty={<Empty title="No tenant is like that" icon="search" />}>
                  {(rows) => (
                    <Table
                      caption="Grants, tenants down, models across"
                      rows={rows}
                      rowKey={({ id }) => id}
                      columns={columnsOf(found.slice(0, COLUMNS_MAX), bundles, grants.value, setOpen)}
                    />
                  )}
                </PagedList>
                {found.length > COLUMNS_MAX && (
                  <p class="more muted">
                    {COLUMNS_MAX} of {found.length} models are shown; search for the others.
                  </p>
                )}
              </>
            );
          }}
        </Loaded>
      </Card>
      {open !== undefined && (
        <EditGrant
          tenant={open.tenant}
          of={{ model: open.model }}
          onDone={grants.reload}
          onClose={() => setOpen(undefined)}
        />
      )}
    </div>
  );
}

const TENANT: Column<Tenant> = {
  head: 'Tenant',
  cell: ({ id }) => <NameLink href={href(['tenants', id], { tab: 'grants' })}>{id}</NameLink>,
};

/** Until the grants are read nobody is said to hold nothing. */
function Unknown() {
  return (
    <span class="muted" title="not read yet">
      …
    </span>
  );
}

function columnsOf(
  models: readonly Model[],
  bundles: readonly Bundle[],
  grants: readonly Grant[] | undefined,
  open: (cell: { tenant: string; model: string }) => void,
): Column<Tenant>[] {
  if (grants === undefined) return [TENANT, ...models.map(({ id }): Column<Tenant> => ({ head: id, cell: Unknown }))];
  const named = new Map(grants.map((grant) => [`${grant.tenant}/${grant.model ?? ''}`, grant]));
  const bundled = grants.filter(({ bundle }) => bundle !== undefined);
  const through = (tenant: string, model: string) =>
    bundled.find(
      (grant) =>
        grant.tenant === tenant && bundles.some(({ id, models: its }) => id === grant.bundle && its.includes(model)),
    );
  return [
    TENANT,
    ...models.map(
      ({ id: model }): Column<Tenant> => ({
        head: model,
        cell: ({ id: tenant }) => (
          <Cell
            tenant={tenant}
            model={model}
            grant={named.get(`${tenant}/${model}`) ?? through(tenant, model)}
            onOpen={() => open({ tenant, model })}
          />
        ),
      }),
    ),
  ];
}

function Cell({
  tenant,
  model,
  grant,
  onOpen,
}: {
  tenant: string;
  model: string;
  grant: Grant | undefined;
  onOpen(): void;
}) {
  const { look, said } = heldBy(grant);
  return (
    <button
      type="button"
      class={`cell ${look}`}
      title={said}
      aria-label={`${WORDS[look]}: ${tenant}, ${model}; ${said}`}
      onClick={onOpen}
    >
      <span class="dot" aria-hidden="true" />
      <span>{WORDS[look]}</span>
    </button>
  );
}

type Look = 'none' | 'whole' | 'part' | 'bundle';
const WORDS: Record<Look, string> = { none: 'no', whole: 'yes', part: 'bounded', bundle: 'bundle' };

function heldBy(grant: Grant | undefined): { look: Look; said: string } {
  if (grant === undefined) return { look: 'none', said: 'not granted' };
  const terms = termsOf(grant);
  const said = terms
    .map((term) => [`${audienceOf(term)}: ${term.actions.join(', ')}`, boundsOf(term)].filter(Boolean).join('; '))
    .join('. ');
  if (grant.bundle !== undefined) return { look: 'bundle', said: `by the bundle ${grant.bundle}: ${said}` };
  const [own] = terms;
  const whole = own !== undefined && audienceOf(own) === 'everyone' && boundsOf(own) === '' && own.actions.length > 2;
  return { look: whole ? 'whole' : 'part', said };
}

function Legend() {
  return (
    <span class="legend-row muted">
      {(['whole', 'part', 'bundle'] as const).map((look) => (
        <span key={look} class={`cell-key ${look}`}>
          <span class="dot" aria-hidden="true" />
          {look === 'whole' ? 'everyone, without bounds' : look === 'part' ? 'some, or with bounds' : 'by a bundle'}
        </span>
      ))}
    </span>
  );
}
