import { useState } from 'preact/hooks';
import { api } from '../../api.ts';
import { setQuery } from '../../router.ts';
import { Badge, Note } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/inputs.tsx';
import { useLoad } from '../../ui/load.ts';
import { Card, Facts } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Count, Name, Time } from '../../ui/text.tsx';
import { count } from '../../ui/words.ts';
import type { ViewProps } from '../../view.ts';

interface Totals {
  calls: number;
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

interface Drift {
  hour: string;
  ledger: Totals;
  cloudwatch: Totals;
  /** Tokens. */
  drift: number;
  compared: number;
  beyond: boolean;
}

interface Invocations {
  hour: string;
  models: readonly { region: string; modelId: string; ledger: number; invocations: number; errors: number }[];
  unknown: number;
  missing: number;
}

interface Metering {
  watermark: string | null;
  rawObjects: number;
  pendingHours: readonly string[];
  quarantined: { rawObjects: number };
  drift: readonly Drift[];
  invocations: readonly Invocations[];
  lastRun: { ended: string; hours: number; failed: readonly string[] } | null;
}

const SPANS = [
  { value: '', label: 'Last 48 hours', hours: 48 },
  { value: '7d', label: 'Last 7 days', hours: 168 },
  { value: '30d', label: 'Last 30 days', hours: 720 },
] as const;

/** How far the ledger is, and where it and what AWS counts differ. */
export function Ledger({ query }: { query: ViewProps['query'] }) {
  const { value: span, hours } = SPANS.find(({ value }) => value === query.span) ?? SPANS[0];
  const metering = useLoad(
    async (signal) => {
      const since = new Date(Date.now() - hours * 3_600_000).toISOString();
      return (await api.get<Metering>('/admin/metering', { since }, signal)).body;
    },
    [hours],
  );
  return (
    <>
      <div class="toolbar">
        <Select label="Time" options={SPANS} value={span} onChange={(value) => setQuery({ span: value })} />
        <Button icon="refresh" onClick={metering.reload} busy={metering.state === 'loading'}>
          Refresh
        </Button>
      </div>
      <Loaded of={metering} label="Reading how far the ledger is">
        {(found) => (
          <>
            <Standing found={found} />
            <Drifts drift={found.drift} />
            <Counts invocations={found.invocations} />
          </>
        )}
      </Loaded>
    </>
  );
}

function Standing({ found }: { found: Metering }) {
  const { watermark, rawObjects, pendingHours, quarantined, lastRun } = found;
  const failed = lastRun?.failed ?? [];
  return (
    <Card title="How far the ledger is">
      <div class="stack">
        {failed.length > 0 && (
          <Note tone="bad">
            The last run could not do everything; the next one takes up what is left: {failed.join(', ')}.
          </Note>
        )}
        {quarantined.rawObjects > 0 && (
          <Note tone="warn">
            Lines that cannot be used are in quarantine, of {count(quarantined.rawObjects)}{' '}
            {quarantined.rawObjects === 1 ? 'object' : 'objects'}: they are in no sum. <code>quarantine/</code> in the
            bucket has each with its reason.
          </Note>
        )}
        <Facts
          facts={[
            { name: 'Delivered before this is in it', value: <Time at={watermark ?? undefined} never="nothing yet" /> },
            { name: 'Last run', value: <Time at={lastRun?.ended} ago never="none yet" /> },
            { name: 'Hours that it wrote', value: <Count of={lastRun?.hours} /> },
            { name: 'Objects of lines that wait', value: <Count of={rawObjects} /> },
            { name: 'Hours with calls in flight', value: <Count of={pendingHours.length} /> },
          ]}
        />
      </div>
    </Card>
  );
}

/** Hours that are drawn at first, and more of each time. */
const DRAWN = 48;

function Drifts({ drift }: { drift: readonly Drift[] }) {
  const [drawn, setDrawn] = useState(DRAWN);
  return (
    <Card
      flush
      title="Against CloudWatch’s sums"
      about="Tokens of the same lines, as CloudWatch added them up: what it counts twice, or did not get, is a drift. A small one is normal."
    >
      {drift.length === 0 ? (
        <Empty title="No hour was compared yet">
          <p>An hour is compared once all of its lines should have come.</p>
        </Empty>
      ) : (
        <Table
          caption="Drift from CloudWatch by hour"
          rows={drift.toReversed()}
          most={drawn}
          rowKey={({ hour }) => hour}
          columns={[
            { head: 'Hour', cell: ({ hour }) => <Time at={hour} />, sort: ({ hour }) => hour },
            {
              head: 'Ledger',
              align: 'end',
              cell: ({ ledger }) => <Count of={tokensOf(ledger)} />,
              sort: ({ ledger }) => tokensOf(ledger),
            },
            {
              head: 'CloudWatch',
              align: 'end',
              cell: (one) => <Count of={tokensOf(one.cloudwatch)} />,
              sort: (one) => tokensOf(one.cloudwatch),
            },
            {
              head: 'Drift',
              align: 'end',
              cell: (one) => <Count of={one.drift} unit="tokens" />,
              sort: (one) => one.drift,
            },
            {
              head: 'Share',
              align: 'end',
              cell: (one) => <span class="number">{share(one)} %</span>,
              sort: (one) => Number(share(one)),
            },
            {
              head: 'State',
              cell: ({ beyond, drift: of }) => (
                <Badge tone={beyond ? 'bad' : 'good'}>{beyond ? 'Too much' : of === 0 ? 'Agrees' : 'Normal'}</Badge>
              ),
            },
          ]}
        />
      )}
      {drift.length > drawn && (
        <div class="more">
          <Button onClick={() => setDrawn(drawn + DRAWN)}>Show more</Button>
          <span class="muted">
            {drawn} of {drift.length} hours
          </span>
        </div>
      )}
    </Card>
  );
}

function tokensOf({ input, output, cacheRead, cacheWrite }: Totals): number {
  return input + output + cacheRead + cacheWrite;
}

function share({ drift, compared }: Drift): string {
  return compared === 0 ? '0' : ((100 * drift) / compared).toFixed(2);
}

function Counts({ invocations }: { invocations: readonly Invocations[] }) {
  const rows = invocations
    .toReversed()
    .flatMap(({ hour, models }) =>
      models.filter(({ ledger, invocations: theirs }) => ledger !== theirs).map((one) => ({ hour, ...one })),
    );
  return (
    <Card
      flush
      title="Against AWS’s own counts of calls"
      about="What nobody of ours counts: a call that the ledger alone has may be forged; one that AWS alone has may be somebody else’s of the account."
    >
      {rows.length === 0 ? (
        <Empty title="Nothing differs" icon="check" />
      ) : (
        <Table
          caption="Hours in which AWS counts other calls"
          rows={rows}
          rowKey={({ hour, region, modelId }) => `${hour} ${region} ${modelId}`}
          columns={[
            { head: 'Hour', cell: ({ hour }) => <Time at={hour} />, sort: ({ hour }) => hour },
            { head: 'Model', cell: ({ modelId }) => <Name mono>{modelId}</Name>, sort: ({ modelId }) => modelId },
            { head: 'Region', cell: ({ region }) => <Name>{region}</Name>, sort: ({ region }) => region },
            { head: 'Ledger', align: 'end', cell: ({ ledger }) => <Count of={ledger} />, sort: ({ ledger }) => ledger },
            {
              head: 'AWS',
              align: 'end',
              cell: (one) => <Count of={one.invocations} />,
              sort: (one) => one.invocations,
            },
            {
              head: 'Failed at AWS',
              align: 'end',
              cell: ({ errors }) => <Count of={errors} />,
              sort: ({ errors }) => errors,
            },
            {
              head: 'State',
              cell: ({ ledger, invocations: theirs, errors }) =>
                ledger > theirs + errors ? (
                  <Badge tone="bad">Unknown to AWS</Badge>
                ) : ledger < theirs ? (
                  <Badge tone="warn">Not in the ledger</Badge>
                ) : (
                  <Badge>Failed</Badge>
                ),
            },
          ]}
        />
      )}
    </Card>
  );
}
