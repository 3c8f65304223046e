import { useState } from 'preact/hooks';
import { isFound } from '../../found.ts';
import { type Me, mayOf } from '../../me.ts';
import { href } from '../../router.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { useLoad } from '../../ui/load.ts';
import { Card, Toolbar } from '../../ui/page.tsx';
import { Search } from '../../ui/search.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Name, NameLink } from '../../ui/text.tsx';
import { allBundles, allModels, grantsOf } from './all.ts';
import { ACTIONS, audienceOf, type Bundle, boundsOf, type Grant, type Model, type Term, termsOf } from './entries.ts';
import { EditGrant, type Of } from './grant.tsx';

/** What may be held, and by which terms it is. */
interface Row {
  key: string;
  of: Of;
  name: string;
  state: string | undefined;
  grant: Grant | undefined;
  term: Term | undefined;
  /** The bundle by which it is held, where it is not by its own name. */
  by: string | undefined;
}

const TONES: Record<string, Tone> = { active: 'good', deprecated: 'warn', retired: 'neutral' };

/** A tenant’s grants: models and audiences down, what they may do across. @param left it was offboarded: nothing is granted any more */
export function Holdings({ tenant, me, left }: { tenant: string; me: Me; left: boolean }) {
  const [q, setQ] = useState('');
  const [open, setOpen] = useState<Of>();
  const loaded = useLoad(
    async (signal) => {
      const [models, grants, bundles] = await Promise.all([
        mayOf(me, 'models', tenant) ? allModels(signal) : [],
        grantsOf([tenant], signal),
        mayOf(me, 'bundles', tenant) ? allBundles(signal) : [],
      ]);
      return rowsOf(models, grants, bundles);
    },
    [tenant],
  );
  const changes = !left && mayOf(me, 'grants', tenant, 'write');
  return (
    <div class="stack">
      <Toolbar>
        <Search label="Search models and bundles" value={q} onChange={setQ} />
      </Toolbar>
      <Card flush>
        <Loaded of={loaded}>
          {(rows) => {
            const found = rows.filter(({ name }) => isFound(q, name));
            if (found.length === 0) return <Empty title="There is no such model" icon="search" />;
            return (
              <Table
                caption="Grants"
                columns={columnsOf(changes ? setOpen : undefined)}
                rows={found}
                rowKey={({ key }) => key}
              />
            );
          }}
        </Loaded>
      </Card>
      {open !== undefined && (
        <EditGrant tenant={tenant} of={open} onDone={loaded.reload} onClose={() => setOpen(undefined)} />
      )}
    </div>
  );
}

function columnsOf(onOpen: ((of: Of) => void) | undefined): Column<Row>[] {
  const columns: Column<Row>[] = [
    {
      head: 'Model',
      sort: ({ name }) => name,
      cell: ({ of, name, state, by }) => (
        <span class="row tight">
          {'model' in of ? <NameLink href={href(['registry-models', of.model])}>{name}</NameLink> : <Name>{name}</Name>}
          {'bundle' in of && <Badge tone="info">bundle</Badge>}
          {state !== undefined && state !== 'active' && <Badge tone={TONES[state] ?? 'neutral'}>{state}</Badge>}
          {by !== undefined && <Badge tone="info">by {by}</Badge>}
        </span>
      ),
    },
    {
      head: 'For',
      cell: ({ term }) => (term === undefined ? <span class="muted">nobody</span> : <Name>{audienceOf(term)}</Name>),
    },
    ...ACTIONS.map(
      (action): Column<Row> => ({
        head: action,
        cell: ({ term }) =>
          term?.actions.includes(action) ? <Badge tone="good">yes</Badge> : <span class="muted">no</span>,
      }),
    ),
    { head: 'Bounds', cell: ({ term }) => <Name>{term === undefined ? '–' : boundsOf(term) || 'none'}</Name> },
  ];
  if (onOpen === undefined) return columns;
  return [
    ...columns,
    {
      head: 'Actions',
      unnamed: true,
      cell: ({ of, grant, name }) => (
        <div class="row">
          <Button
            small
            label={`${grant === undefined ? 'Grant' : 'Change the grant of'} ${name}`}
            onClick={() => onOpen(of)}
          >
            {grant === undefined ? 'Grant' : 'Change'}
          </Button>
        </div>
      ),
    },
  ];
}

/** What is held first, a row for each of its terms; then what could be. */
function rowsOf(models: readonly Model[], grants: readonly Grant[], bundles: readonly Bundle[]): Row[] {
  const states = new Map(models.map(({ id, lifecycle }) => [id, lifecycle.status]));
  const held = grants.flatMap((grant) => {
    const of: Of = grant.bundle === undefined ? { model: grant.model ?? '' } : { bundle: grant.bundle };
    const name = 'model' in of ? of.model : of.bundle;
    return termsOf(grant).map((term, index) => ({
      ...{ key: `${'model' in of ? 'm' : 'b'}/${name}/${index}`, of, name, grant, term, by: undefined },
      state: 'model' in of ? states.get(name) : undefined,
    }));
  });
  const named = new Set(grants.map(({ model }) => model));
  const through = new Map(
    bundles
      .filter(({ id }) => grants.some(({ bundle }) => bundle === id))
      .flatMap(({ id, models: its }) => its.map((model) => [model, id])),
  );
  // By a bundle it is held as that grant says.
  const termBy = (bundle: string | undefined) => {
    const grant = grants.find((one) => one.bundle !== undefined && one.bundle === bundle);
    return grant === undefined ? undefined : termsOf(grant)[0];
  };
  const others = models
    .filter(({ id, lifecycle }) => !named.has(id) && (through.has(id) || lifecycle.status !== 'retired'))
    .map(({ id, lifecycle }) => ({
      ...{ key: `m/${id}`, of: { model: id }, name: id, state: lifecycle.status, grant: undefined },
      ...{ term: termBy(through.get(id)), by: through.get(id) },
    }));
  const bundled = bundles
    .filter(({ id }) => !grants.some(({ bundle }) => bundle === id))
    .map(({ id }) => ({
      ...{ key: `b/${id}`, of: { bundle: id }, name: id, state: undefined, grant: undefined },
      ...{ term: undefined, by: undefined },
    }));
  return [...held, ...others, ...bundled];
}
