import { useMemo } from 'preact/hooks';
import { type Me, may, mayAll } from '../../me.ts';
import { href, setQuery } from '../../router.ts';
import { suggestModels, suggestTenants } from '../../suggest.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/inputs.tsx';
import { Card, Page, Toolbar } from '../../ui/page.tsx';
import { Search } from '../../ui/search.tsx';
import { Empty, Loading, Problem } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Money, Name, Time } from '../../ui/text.tsx';
import { count } from '../../ui/words.ts';
import { type Call, duration, OUTCOMES, outcomeOf, second, short } from './call.ts';
import { type Log, useLog } from './log.ts';

/** What the address asks for: the filters of the API, and a time back from now. */
type Asked = Readonly<Record<string, string>>;

const SPANS = [
  { value: '', label: 'Any time', ms: undefined },
  { value: '15m', label: 'Last 15 minutes', ms: 900_000 },
  { value: '1h', label: 'Last hour', ms: 3_600_000 },
  { value: '1d', label: 'Last 24 hours', ms: 86_400_000 },
  { value: '7d', label: 'Last 7 days', ms: 604_800_000 },
  { value: '30d', label: 'Last 30 days', ms: 2_592_000_000 },
] as const;

const ENDS = [
  { value: '', label: 'Any outcome' },
  ...Object.entries(OUTCOMES)
    .filter(([value]) => value !== 'retried')
    .map(([value, { label }]) => ({ value, label })),
];

/** Calls, the newest first. */
export function List({ me, query }: { me: Me; query: Asked }) {
  const all = mayAll(me, 'reports');
  const { request, principal, model, tenant, outcome, span } = query;
  const since = useMemo(() => sinceOf(span), [span]);
  const log = useLog({ request, principal, model, outcome, since, ...(all ? { tenant } : {}) });
  const filter = (name: string) => ({
    value: query[name] ?? '',
    onChange: (value: string) => setQuery({ [name]: value.trim() }),
  });
  return (
    <Page
      title="Requests"
      about={`Every call ${all ? 'of every tenant' : 'of your tenant'}, without what was said in it.`}
      actions={
        <Button icon="refresh" onClick={log.reload} busy={log.loading}>
          Refresh
        </Button>
      }
    >
      <Toolbar>
        <Search label="Request id" {...filter('request')} />
        {all && <Search label="Tenant" suggest={suggestTenants} {...filter('tenant')} />}
        <Search label="Principal" placeholder="Principal, in full" {...filter('principal')} />
        <Search
          label="Model"
          placeholder="Model, in full"
          {...(may(me, 'models') ? { suggest: suggestModels } : {})}
          {...filter('model')}
        />
        <Select label="Outcome" options={ENDS} {...filter('outcome')} />
        <Select label="Time" options={SPANS} {...filter('span')} />
      </Toolbar>
      <Card flush>
        {log.calls.length > 0 && <Rows calls={log.calls} all={all} part={log.more !== undefined || log.loading} />}
        {log.error !== undefined && <Problem error={log.error} retry={log.more ?? log.reload} />}
        {log.loading && <Loading label="Reading the lines of usage" />}
        {!log.loading && log.error === undefined && log.calls.length === 0 && <None log={log} query={query} />}
        <Further log={log} />
      </Card>
    </Page>
  );
}

function sinceOf(span: string | undefined): string | undefined {
  const ms = SPANS.find(({ value }) => value === span)?.ms;
  return ms === undefined ? undefined : new Date(Date.now() - ms).toISOString();
}

function None({ log, query }: { log: Log; query: Asked }) {
  const filtered = Object.values(query).some((value) => value !== '');
  if (log.more !== undefined) return <Empty title="None found so far" icon="search" />;
  return filtered ? (
    <Empty title="No such call" icon="search">
      <p>A call can be found some minutes after it ended. What was refused before it was a call leaves no line.</p>
    </Empty>
  ) : (
    <Empty title="No calls yet">
      <p>They stand here some minutes after they ended.</p>
    </Empty>
  );
}

/** The way to what is older. */
function Further({ log: { more, lookedBackTo, calls, loading, error } }: { log: Log }) {
  if (more === undefined || error !== undefined) {
    if (loading || calls.length === 0 || error !== undefined) return null;
    return <p class="more muted">That is all, {count(calls.length)} in number.</p>;
  }
  return (
    <div class="more">
      <Button onClick={more}>Look further back</Button>
      <span class="muted">
        Looked back to <Time at={lookedBackTo} />
      </span>
    </div>
  );
}

function Rows({ calls, all, part }: { calls: readonly Call[]; all: boolean; part: boolean }) {
  const tenant: Column<Call> = { head: 'Tenant', cell: ({ tenant: name }) => <Name>{name}</Name> };
  return (
    <Table
      caption="Calls, the newest first"
      rows={calls}
      part={part}
      rowKey={({ request }) => request}
      columns={[
        {
          head: 'Request',
          cell: ({ request, at }) => (
            <a href={href(['requests', request], { at })} title={request}>
              {short(request)}
            </a>
          ),
        },
        {
          head: 'When',
          cell: ({ at }) => (
            <time class="number" dateTime={at} title={at}>
              {second(at)}
            </time>
          ),
        },
        ...(all ? [tenant] : []),
        { head: 'Principal', cell: ({ principal }) => <Name>{principal}</Name> },
        { head: 'Model', cell: (call) => <ModelOf call={call} /> },
        {
          head: 'Outcome',
          cell: ({ outcome, code, attempts }) => (
            <span class="row">
              <Badge tone={outcomeOf(outcome).tone}>{outcomeOf(outcome).label}</Badge>
              {code !== '' && <code>{code}</code>}
              {attempts > 1 && <span class="muted">{attempts} attempts</span>}
            </span>
          ),
        },
        {
          head: 'Tokens',
          align: 'end',
          cell: ({ tokens }) => (
            <span title="input and output">
              {count(tokens.input ?? 0)} + {count(tokens.output ?? 0)}
            </span>
          ),
          sort: ({ tokens }) => (tokens.input ?? 0) + (tokens.output ?? 0),
        },
        { head: 'Cost', align: 'end', cell: ({ cost }) => <Money usd={cost} />, sort: ({ cost }) => Number(cost ?? 0) },
        {
          head: 'Time',
          align: 'end',
          cell: ({ ms }) => (ms === null ? '–' : duration(ms)),
          sort: ({ ms }) => ms ?? -1,
        },
      ]}
    />
  );
}

/** What was named may be anything where it was refused: the line has no more than a hash of it. */
export function ModelOf({ call: { model } }: { call: Call }) {
  return model === '' ? <span class="muted">not granted</span> : <Name>{model}</Name>;
}
