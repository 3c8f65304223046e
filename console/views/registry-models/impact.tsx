import { useState } from 'preact/hooks';
import { api, pathOf } from '../../api.ts';
import { href } from '../../router.ts';
import { Note } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { useAct, useLoad } from '../../ui/load.ts';
import { Empty, Loaded, Problem } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Code, Count, Dash, Money, Name, NameLink } from '../../ui/text.tsx';
import { amount, count } from '../../ui/words.ts';

interface Row {
  tenant: string;
  holds: readonly {
    bundle: string | null;
    actions: readonly string[];
    roles: readonly string[] | null;
    principals: readonly string[] | null;
    expiresAt: string | null;
  }[];
  used: { calls: number; cost: string | null; lastDay: string } | null;
  principals: readonly string[];
}

interface Found {
  total: { holders: number; users: number | null; calls: number | null; cost: string | null; lastDay: string | null };
  replacedBy: { successor: string | null; fallbacks: readonly string[]; aliases: readonly string[] };
  fallbackOf: readonly string[];
  successorOf: readonly string[];
  basisOf: readonly string[];
  letter: { subject: string; text: string };
  items: readonly Row[];
  next?: string;
}

/** Who holds a model, who used it lately, and what would answer in its place. @param short without the letter to them */
export function Impact({ model, short = false }: { model: string; short?: boolean }) {
  const path = `/admin/models${pathOf(model)}/impact`;
  const found = useLoad(async (signal) => (await api.get<Found>(path, { limit: 50 }, signal)).body, [path]);
  return (
    <Loaded of={found} label="Asking who uses it">
      {(first) => (
        <>
          <Summary of={first} />
          <Rows key={path} path={path} first={first} />
          {!short && first.total.holders > 0 && (
            <details class="letter">
              <summary>A letter to those who use it</summary>
              <Code label="A letter to those who use it">{`Subject: ${first.letter.subject}\n\n${first.letter.text}`}</Code>
            </details>
          )}
        </>
      )}
    </Loaded>
  );
}

function Summary({ of: { total, replacedBy, fallbackOf, successorOf, basisOf } }: { of: Found }) {
  const { holders, users, calls, cost, lastDay } = total;
  const lines: [string, readonly string[]][] = [
    ['Successor', replacedBy.successor === null ? [] : [replacedBy.successor]],
    ['Answered instead by', replacedBy.fallbacks],
    ['Behind the aliases', replacedBy.aliases],
    ['Answers instead of', fallbackOf],
    ['Successor of', successorOf],
    ['Basis of', basisOf],
  ];
  return (
    <div class="impact-said">
      <Note tone={holders === 0 ? 'neutral' : 'warn'}>
        {holders === 0
          ? 'No tenant holds it. '
          : `${count(holders)} ${holders === 1 ? 'tenant holds' : 'tenants hold'} it. `}
        {users === null
          ? 'What was used of it is not known.'
          : users === 0
            ? 'Nobody used it in the last 30 days.'
            : `${count(users)} used it in the last 30 days: ${count(calls ?? 0)} calls, ${cost === null ? 'unpriced' : amount(cost)}, last on ${lastDay}.`}
        {lines
          .filter(([, names]) => names.length > 0)
          .map(([what, names]) => (
            <div key={what}>
              {what} <Name wrap>{names.join(', ')}</Name>
            </div>
          ))}
      </Note>
    </div>
  );
}

function Rows({ path, first }: { path: string; first: Found }) {
  const [{ items, next }, setFound] = useState<Pick<Found, 'items' | 'next'>>(first);
  const { busy, problem, run } = useAct();
  const load = () =>
    run(async () => {
      const { body } = await api.get<Found>(path, { limit: 200, cursor: next });
      setFound({ ...body, items: [...items, ...body.items] });
    });
  if (items.length === 0) return <Empty title="Nobody holds it, and nobody used it" />;
  return (
    <>
      <Table
        caption="Tenants that hold or used it"
        rows={items}
        part={next !== undefined}
        rowKey={({ tenant }) => tenant}
        columns={[
          {
            head: 'Tenant',
            sort: ({ tenant }) => tenant,
            cell: ({ tenant }) => <NameLink href={href(['tenants', tenant])}>{tenant}</NameLink>,
          },
          { head: 'Granted as', cell: (row) => <Granted of={row} /> },
          {
            head: 'Calls',
            align: 'end',
            sort: ({ used }) => used?.calls ?? 0,
            cell: ({ used }) => <Count of={used?.calls} />,
          },
          {
            head: 'Cost',
            align: 'end',
            sort: ({ used }) => Number(used?.cost ?? 0),
            cell: ({ used }) => <Money usd={used === null ? undefined : used.cost} />,
          },
          {
            head: 'Last used',
            sort: ({ used }) => used?.lastDay ?? '',
            cell: ({ used }) => used?.lastDay ?? <Dash />,
          },
          {
            head: 'By',
            cell: ({ principals }) => (principals.length === 0 ? <Dash /> : <Name>{principals.join(', ')}</Name>),
          },
        ]}
      />
      {problem !== undefined && <Problem error={problem} retry={load} />}
      {next !== undefined && (
        <div class="more">
          <Button busy={busy} onClick={load}>
            Show more
          </Button>
          <span class="muted">{count(items.length)} so far</span>
        </div>
      )}
    </>
  );
}

function Granted({ of: { holds } }: { of: Row }) {
  if (holds.length === 0) return <span class="muted">not any more</span>;
  const said = holds.map(({ bundle, actions, roles, principals }) =>
    [
      bundle === null ? undefined : `by ${bundle}:`,
      actions.join(', '),
      roles === null ? undefined : `for the roles ${roles.join(', ')}`,
      principals === null ? undefined : `for ${principals.join(', ')}`,
    ]
      .filter((part) => part !== undefined)
      .join(' '),
  );
  return <Name>{said.join(' · ')}</Name>;
}
