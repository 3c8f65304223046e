import { setTimeout as after } from 'node:timers/promises';
import { HttpRequest } from '@smithy/core/protocols';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { SignatureV4 } from '@smithy/signature-v4';
import { BUDGET_EVENT } from '../../contract/budget.ts';
import { ERROR_BODY_MAX_BYTES, EVENTS_ATTEMPTS, EVENTS_BACKOFF_MS, EVENTS_PER_REQUEST } from '../../contract/limits.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../../contract/log.ts';
import type { BudgetsOptions } from '../../metering/budgets/budgets.ts';
import type { Subject } from '../../metering/budgets/quota.ts';
import type { Crossing } from '../../metering/budgets/reservation.ts';
import { formatAmount } from '../../metering/money.ts';
import { partitionOf } from '../../policies/arn.ts';

/**
 * EventBridge's PutEvents
 * (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html), signed and sent with what the bundle
 * holds anyway: the service's own client would add a tenth to it, for one operation that few calls need.
 */
export interface EventsOptions {
  /** Of another service: whose credentials, region and hash these events are signed with. */
  signedAs: Pick<ConstructorParameters<typeof SignatureV4>[0], 'credentials' | 'sha256'> & {
    region: () => Promise<string>;
  };
  transport: Pick<NodeHttpHandler, 'handle'>;
  bus: string;
  /** Base URL where EventBridge is elsewhere than in AWS. */
  url?: string | undefined;
  clock: Clock;
  write: WriteLine;
}

interface Entry {
  Source: string;
  DetailType: string;
  Detail: string;
  EventBusName: string;
  /** Seconds since 1970. */
  Time: number;
}

/** @returns tells of thresholds; never rejects: what could not be sent is a line and a metric, and nobody waits for it */
export function createAnnounce(options: EventsOptions): BudgetsOptions['announce'] {
  const { clock, write, bus } = options;

  const entryOf = (crossing: Crossing, subject: Subject): Entry => ({
    Source: BUDGET_EVENT.source,
    DetailType: BUDGET_EVENT.detailType,
    Detail: JSON.stringify(detailOf(crossing, subject)),
    EventBusName: bus,
    Time: clock() / 1000,
  });

  /** @returns those that EventBridge did not take */
  async function send(entries: readonly Entry[]): Promise<Entry[]> {
    let left = [...entries];
    for (let attempt = 1; left.length > 0; attempt++) {
      if (attempt > EVENTS_ATTEMPTS) return left;
      if (attempt > 1) await after(EVENTS_BACKOFF_MS * 2 ** (attempt - 2));
      const failed = await put(options, left).catch(() => left);
      left = failed;
    }
    return left;
  }

  return async (crossings, subject) => {
    const entries = crossings.map((crossing) => entryOf(crossing, subject));
    for (let i = 0; i < entries.length; i += EVENTS_PER_REQUEST)
      for (const { Detail } of await send(entries.slice(i, i + EVENTS_PER_REQUEST))) {
        const event = { event: 'budget-event-lost', level: 'error', detail: JSON.parse(Detail) } as const;
        write(logLine(clock(), event, { [METRICS.budgetEventLost]: 1 }));
      }
  };
}

/** What a rule's pattern may select by: names and decimals as the registry and the bill write them. */
function detailOf({ counter, percent, settled }: Crossing, { tenant, principal }: Subject): Record<string, unknown> {
  const { budget, window, name } = counter;
  const { id, per, period, unit, limit, enforcement } = budget;
  return {
    tenant,
    budget: id,
    per,
    ...(per === 'principal' ? { principal } : {}),
    ...(name.model === undefined ? {} : { model: name.model }),
    period,
    window: window.name,
    resetsAt: new Date(window.until).toISOString(),
    unit,
    limit,
    used: formatAmount(settled, unit),
    threshold: percent,
    enforcement,
  };
}

/** One request. @returns the entries that were not taken @throws when the service did not answer with success */
async function put({ signedAs, transport, url }: EventsOptions, entries: readonly Entry[]): Promise<Entry[]> {
  const { credentials, sha256 } = signedAs;
  const region = await signedAs.region();
  const target = new URL(url ?? `https://events.${region}.${SUFFIX[partitionOf(region) ?? ''] ?? 'amazonaws.com'}`);
  const body = JSON.stringify({ Entries: entries });
  const request = new HttpRequest({
    method: 'POST',
    protocol: target.protocol,
    hostname: target.hostname,
    ...(target.port === '' ? {} : { port: Number(target.port) }),
    path: '/',
    headers: {
      host: target.host,
      'content-type': 'application/x-amz-json-1.1',
      'content-length': String(Buffer.byteLength(body)),
      'x-amz-target': 'AWSEvents.PutEvents',
    },
    body,
  });
  const signer = new SignatureV4({ credentials, region, service: 'events', sha256 });
  const { response } = await transport.handle((await signer.sign(request)) as HttpRequest);
  const text = await textOf(response.body as AsyncIterable<Uint8Array>);
  if (response.statusCode !== 200) throw new Error(`PutEvents answered ${response.statusCode}`);
  const { Entries = [] } = JSON.parse(text) as { Entries?: { ErrorCode?: string }[] };
  return entries.filter((_, i) => Entries[i]?.ErrorCode !== undefined);
}

const SUFFIX: Readonly<Record<string, string>> = { 'aws-cn': 'amazonaws.com.cn', 'aws-eusc': 'amazonaws.eu' };

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes <= ERROR_BODY_MAX_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
