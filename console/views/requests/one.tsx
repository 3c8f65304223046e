import { api, pathOf } from '../../api.ts';
import { DAY_MS } from '../../days.ts';
import { type Me, mayAll } from '../../me.ts';
import { href } from '../../router.ts';
import { Badge, Note } from '../../ui/badge.tsx';
import { Button, LinkButton } from '../../ui/button.tsx';
import { useLoad } from '../../ui/load.ts';
import { Card, Facts, Page } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { CopyButton, Count, Money, Name, Time } from '../../ui/text.tsx';
import { type Attempt, duration, kindsOf, type OneCall, outcomeOf } from './call.ts';
import { ModelOf } from './list.tsx';

/** Days back in which a call is looked for when nobody said when it was, and asked for more. */
const FAR_DAYS = 30;

/** One call, by its request id. @param at when it began, where that is known: it is found at once then */
export function One({ me, id, at, days }: { me: Me; id: string; at: string | undefined; days: string | undefined }) {
  const found = useLoad(
    async (signal) => (await api.get<OneCall>(pathOf('admin', 'requests', id), timesOf(at, days), signal)).body,
    [id, at, days],
  );
  const missing = found.state === 'error' && found.error.status === 404;
  return (
    <Page
      title="Request"
      heading={
        <span class="row">
          <Name mono>{id}</Name>
          <CopyButton text={id} />
        </span>
      }
      back={{ href: href(['requests']), label: 'Requests' }}
    >
      {missing ? (
        <Card>
          <Empty
            title={days === undefined ? 'No such call in the last day' : `No such call in ${days} days`}
            icon="search"
          >
            <p>Its lines may not be delivered yet, or it was refused before it was a call.</p>
            <div class="row">
              <Button icon="refresh" onClick={found.reload}>
                Look again
              </Button>
              {days === undefined && (
                <LinkButton href={href(['requests', id], { days: String(FAR_DAYS) })}>
                  Look {FAR_DAYS} days back
                </LinkButton>
              )}
            </div>
          </Empty>
        </Card>
      ) : (
        <Loaded of={found} label="Looking for the call">
          {(call) => <Call call={call} all={mayAll(me, 'reports')} />}
        </Loaded>
      )}
    </Page>
  );
}

function timesOf(at: string | undefined, days: string | undefined): { since?: string; until?: string } {
  const begun = at === undefined ? Number.NaN : Date.parse(at);
  if (!Number.isNaN(begun)) return { since: iso(begun), until: iso(begun + 1) };
  const back = Number(days);
  return back > 0 ? { since: iso(Date.now() - back * DAY_MS) } : {};
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function Call({ call, all }: { call: OneCall; all: boolean }) {
  const { label, tone, about } = outcomeOf(call.outcome);
  return (
    <>
      <Note tone={tone}>
        <strong>{label}.</strong> {about} {call.code !== '' && <code>{call.code}</code>}
      </Note>
      <Card title="The call">
        <Facts
          facts={[
            { name: 'Began', value: <Time at={call.at} /> },
            { name: 'Tenant', value: <Name wrap>{call.tenant}</Name> },
            { name: 'Principal', value: <Name wrap>{call.principal}</Name> },
            { name: 'Cost centre', value: <Name wrap>{call.costCenter}</Name> },
            { name: 'Model', value: <ModelOf call={call} /> },
            { name: 'Asked as', value: `${call.surface}, ${call.action}` },
            { name: 'Took', value: call.ms === null ? '–' : duration(call.ms) },
            { name: 'Cost', value: <Money usd={call.cost} /> },
            ...kindsOf(call.tokens).map(({ name, count }) => ({ name, value: <Count of={count} /> })),
          ]}
        />
        {call.estimated && <p class="muted">The model reported no counts: these are the gateway’s estimate.</p>}
      </Card>
      <Card flush title={call.tried.length === 1 ? 'Its one attempt' : `Its ${call.tried.length} attempts`}>
        <Attempts tried={call.tried} all={all} />
      </Card>
    </>
  );
}

function Attempts({ tried, all }: { tried: readonly Attempt[]; all: boolean }) {
  return (
    <Table
      caption="Attempts, in their order"
      rows={tried}
      rowKey={({ invocation }) => invocation}
      columns={[
        {
          head: 'Outcome',
          cell: ({ outcome, code }) => (
            <span class="row">
              <Badge tone={outcomeOf(outcome).tone}>{outcomeOf(outcome).label}</Badge>
              {code !== '' && <code>{code}</code>}
            </span>
          ),
        },
        { head: 'Model', cell: ({ model, nativeModel }) => <Name>{nativeModel || model || '–'}</Name> },
        {
          head: 'Where',
          cell: ({ region, tier }) => <Name>{[region || '–', tier ?? ''].filter(Boolean).join(', ')}</Name>,
        },
        {
          head: 'Tokens',
          align: 'end',
          cell: ({ tokens }) => (
            <Count of={tokens === undefined ? undefined : (tokens.input ?? 0) + (tokens.output ?? 0)} />
          ),
        },
        { head: 'Cost', align: 'end', cell: ({ cost }) => <Money usd={cost} /> },
        { head: 'First byte', align: 'end', cell: ({ firstByteMs }) => timeOf(firstByteMs) },
        { head: 'Ended after', align: 'end', cell: ({ ms }) => timeOf(ms) },
        ...(all
          ? [{ head: 'AWS request', cell: ({ awsRequestId }: Attempt) => <Name mono>{awsRequestId ?? '–'}</Name> }]
          : []),
      ]}
    />
  );
}

/** @param ms -1: none was given */
function timeOf(ms: number | undefined): string {
  return ms === undefined || ms < 0 ? '–' : duration(ms);
}
