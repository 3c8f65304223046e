import { api, pathOf } from '../../api.ts';
import { Badge, Note } from '../../ui/badge.tsx';
import { useLoad } from '../../ui/load.ts';
import { Card, Facts } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Count, Dash, Money, Name } from '../../ui/text.tsx';
import { count } from '../../ui/words.ts';
import type { Whole } from './reconciled.ts';

/** One comparison whole: what differs, by tenant, and what is nobody’s of ours. */
export function One({ id }: { id: string }) {
  const one = useLoad(
    async (signal) => (await api.get<Whole>(`/admin${pathOf('reconciliations', id)}`, {}, signal)).body,
    [id],
  );
  return (
    <Loaded of={one}>
      {(whole) => (
        <>
          <About whole={whole} />
          <Differing whole={whole} />
          <Tenants whole={whole} />
          {whole.elsewhere.length > 0 && <Elsewhere whole={whole} />}
        </>
      )}
    </Loaded>
  );
}

function About({
  whole: { from, to, tolerance, read, rejected, measures, unmapped, unseen, otherBills },
}: {
  whole: Whole;
}) {
  return (
    <Card title={from === to ? from : `${from} to ${to}`}>
      <div class="stack">
        {rejected > 0 && (
          <Note tone="bad">{count(rejected)} lines of the bill cannot be used: it is not reconciled in full.</Note>
        )}
        {unmapped.length > 0 && (
          <Note tone="warn">
            Nothing says which model these names of the bill are, so they are compared together: {unmapped.join(', ')}.
            They may be {unseen.join(', ') || 'none of the ledger’s'}; <code>--map</code> says it.
          </Note>
        )}
        <Facts
          facts={[
            { name: 'Agree', value: <Count of={measures.agree} unit="measures" /> },
            { name: 'Differ', value: <Count of={measures.differ} unit="measures" /> },
            { name: 'Of them by estimates alone', value: <Count of={measures.explained} /> },
            { name: 'Tolerance', value: `${tolerance} %` },
            { name: 'Lines of ours', value: <Count of={read.ours} /> },
            { name: 'Lines of others', value: <Count of={read.elsewhere} /> },
            ...otherBills.map(({ account, usd }) => ({
              name: `On the bill of ${account}, not in this export`,
              value: <Money usd={usd} />,
            })),
          ]}
        />
      </div>
    </Card>
  );
}

function Left({ of }: { of: number }) {
  return of === 0 ? null : <p class="more muted">And {count(of)} more, which differ less.</p>;
}

function Differing({ whole: { differing, left } }: { whole: Whole }) {
  const amountOf = (measure: string, of: string | null) =>
    of === null ? <span class="muted">not said</span> : measure === 'usd' ? <Money usd={of} /> : <Count of={of} />;
  return (
    <Card flush title="What differs">
      {differing.length === 0 ? (
        <Empty title="Nothing does" icon="check" />
      ) : (
        <Table
          caption="Measures that differ"
          rows={differing}
          part={left.differing > 0}
          rowKey={({ day, tenant, model, measure }) => JSON.stringify([day, tenant, model, measure])}
          columns={[
            { head: 'Day', cell: ({ day }) => <span class="number">{day}</span>, sort: ({ day }) => day },
            { head: 'Tenant', cell: ({ tenant }) => <Name>{tenant}</Name>, sort: ({ tenant }) => tenant },
            { head: 'Model', cell: ({ model }) => <Name>{model}</Name>, sort: ({ model }) => model },
            {
              head: 'Measure',
              cell: ({ measure }) => (measure === 'usd' ? 'dollars' : measure.replace('_', ' ')),
              sort: ({ measure }) => measure,
            },
            { head: 'AWS', align: 'end', cell: ({ measure, aws }) => amountOf(measure, aws) },
            { head: 'Ledger', align: 'end', cell: ({ measure, ours }) => amountOf(measure, ours) },
            {
              head: 'By',
              align: 'end',
              cell: ({ percent }) => <span class="number">{percent === null ? '–' : `${percent} %`}</span>,
              sort: ({ percent }) => percent ?? -1,
            },
            {
              head: 'Why it may',
              cell: ({ note, explained }) => (explained ? <Badge tone="info">{note}</Badge> : note || <Dash />),
            },
          ]}
        />
      )}
      <Left of={left.differing} />
    </Card>
  );
}

function Tenants({ whole: { tenants, left } }: { whole: Whole }) {
  return (
    <Card flush title="By tenant, in dollars">
      {tenants.length === 0 ? (
        <Empty title="Neither side has anything" />
      ) : (
        <Table
          caption="Dollars by tenant"
          rows={tenants}
          part={left.tenants > 0}
          rowKey={({ tenant }) => tenant}
          columns={[
            { head: 'Tenant', cell: ({ tenant }) => <Name>{tenant}</Name>, sort: ({ tenant }) => tenant },
            { head: 'AWS', align: 'end', cell: ({ aws }) => <Money usd={aws} />, sort: ({ aws }) => Number(aws) },
            {
              head: 'Ledger',
              align: 'end',
              cell: ({ ours }) => <Money usd={ours} />,
              sort: ({ ours }) => Number(ours),
            },
            {
              head: 'Difference',
              align: 'end',
              cell: ({ difference }) => <Money usd={difference} />,
              sort: ({ difference }) => Math.abs(Number(difference)),
            },
            {
              head: 'Remark',
              cell: ({ whole }) => (whole ? <Dash /> : 'without what is unpriced'),
            },
          ]}
        />
      )}
      <Left of={left.tenants} />
    </Card>
  );
}

function Elsewhere({ whole: { elsewhere, left } }: { whole: Whole }) {
  return (
    <Card flush title="On the bill and in no ledger of ours">
      <Table
        caption="Lines of the bill that are nobody’s of ours"
        rows={elsewhere}
        rowKey={({ direct, caller, billingName, kind }) => JSON.stringify([direct, caller, billingName, kind])}
        columns={[
          {
            head: 'Caller',
            cell: ({ caller }) => (caller === '' ? <span class="muted">not named</span> : <Name mono>{caller}</Name>),
            sort: ({ caller }) => caller,
          },
          {
            head: 'Credentials of',
            cell: ({ direct }) => (direct === '' ? <span class="muted">no tenant</span> : <Name>{direct}</Name>),
            sort: ({ direct }) => direct,
          },
          {
            head: 'Model',
            cell: ({ billingName }) => <Name>{billingName}</Name>,
            sort: ({ billingName }) => billingName,
          },
          { head: 'Kind', cell: ({ kind }) => kind.replace('_', ' '), sort: ({ kind }) => kind },
          { head: 'Cost', align: 'end', cell: ({ usd }) => <Money usd={usd} />, sort: ({ usd }) => Number(usd) },
        ]}
      />
      <Left of={left.elsewhere} />
    </Card>
  );
}
