import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AwsJsonOptions } from '../../aws/json.ts';
import type { Clock, WriteLine } from '../../contract/log.ts';
import { otlpSettings } from '../../contract/otlp.ts';
import type { Environment } from '../../contract/read-setting.ts';
import { secretsUrl } from '../../contract/settings.ts';
import { type TraceContext, traceContextOf, traceHeaders } from '../../contract/trace-context.ts';
import { formatMoney } from '../../metering/money.ts';
import type { PriceReader } from '../../registry/reader.ts';
import { createCosts, isPaid } from '../costs.ts';
import { newSpanId, newTraceId } from '../edge/trace.ts';
import type { TakeUp } from '../exchange.ts';
import type { Post } from '../providers/post.ts';
import { tokensOf } from './attributes.ts';
import { type EndedSpan, encodeSpans } from './encode.ts';
import { createExporter } from './export.ts';
import { operationOfPath } from './operation.ts';
import { completesText, reasonsIn } from './reasons.ts';
import { isSampled } from './sampler.ts';
import { createSecretHeaders } from './secret-headers.ts';
import { RequestSpan, refusedSpan, type Seen } from './span.ts';

export interface TracesOptions {
  /** The variables of OpenTelemetry. */
  otel: Environment;
  stage: string;
  prices: PriceReader;
  /** Whose credentials and region a secret is read with, if headers are in one. */
  signedAs: AwsJsonOptions['signedAs'];
  post: Post;
  /** Milliseconds for which spans wait for each other; undefined: until they are flushed. */
  everyMs?: number | undefined;
  clock: Clock;
  write: WriteLine;
}

export interface Traces {
  takeUp: TakeUp;
  /** Sends what has ended. Never throws, and does not take long. */
  flush(): Promise<void>;
}

type Begun = Pick<EndedSpan, 'traceId' | 'spanId' | 'parentId' | 'state'>;

/** One that waits to be sent: what it cost is asked then, for all that are sent together. */
interface Ended extends Begun {
  told: Omit<EndedSpan['told'], 'usd'>;
  endedAt: number;
  records: Seen['records'];
}

/**
 * Spans of calls, on their way to the collector that the environment names. Loaded where it names one.
 *
 * @throws TollgateError `bad_setting` naming the variable
 */
export function openTraces({ otel, stage, prices, signedAs, post, everyMs, clock, write }: TracesOptions): Traces {
  const { url, headers, timeoutMs, resource, sampler } = otlpSettings(otel, stage);
  const costs = createCosts({ prices, clock });
  const { TOLLGATE_OTLP_HEADERS_SECRET: secretId } = otel;
  const headersOf = secretId ? createSecretHeaders({ secretId, url: secretsUrl(otel), signedAs, clock }) : undefined;

  const exporter = createExporter<Ended>({
    ...{ post, url, timeoutMs, everyMs, clock, write },
    headers: async (signal) => ({ ...headers, ...(await headersOf?.(signal)) }),
    async encode(ended, signal) {
      // A span without its cost is better than none.
      const costOf = await costs(
        ended.flatMap(({ records }) => records),
        signal,
      ).catch(() => undefined);
      const usdOf = (records: Seen['records']): number | undefined => {
        const cost = records.some(isPaid) ? costOf?.(records) : undefined;
        return cost === undefined ? undefined : Number(formatMoney(cost));
      };
      const spans = ended.map(({ told, records, ...span }) => ({
        ...span,
        told: { ...told, usd: usdOf(records) },
        retried: records.filter(({ outcome }) => outcome === 'retried'),
      }));
      return encodeSpans(spans, resource);
    },
  });

  /** What has ended and was not looked at: that is done when its caller has been answered. */
  let seen: [span: Begun, seen: Seen][] = [];
  const digest = (): void => {
    const all = seen;
    seen = [];
    for (const [span, { pieces, records, endedAt, ...told }] of all) {
      const operation = told.operation === 'chat' && completesText(pieces) ? 'text_completion' : told.operation;
      const more = { operation, tokens: tokensOf(records), reasons: reasonsIn(pieces) };
      exporter.add({ ...span, records, endedAt, told: { ...told, ...more } });
    }
  };
  const end = (span: Begun, one: Seen): void => {
    if (seen.push([span, one]) === 1) setImmediate(digest);
  };

  return {
    takeUp({ headers, path }) {
      const context: TraceContext = traceContextOf(headers) ?? {
        ...{ traceId: newTraceId(), parentId: undefined, sampled: undefined, state: '' },
      };
      const { traceId, parentId, state } = context;
      const sampled = isSampled(sampler, context);
      const operation = sampled ? operationOfPath(path) : undefined;
      const at = clock();
      const begin = (): Begun => ({ traceId, spanId: newSpanId(), parentId, state });
      let begun = begin();
      let span: RequestSpan | undefined;
      return {
        traceId,
        call() {
          // What goes on in the background, after all that went before it, is another span.
          if (span?.over === true) begun = begin();
          if (operation !== undefined && span?.over !== false) {
            const own = begun;
            span = new RequestSpan(path, operation, (one) => end(own, one));
          }
          const trace = { id: traceId, headers: traceHeaders({ ...context, sampled }, begun.spanId) };
          return span === undefined ? trace : { ...trace, span: span.begin() };
        },
        ...(operation === undefined
          ? {}
          : { refused: (...said) => end(begun, refusedSpan({ path, operation, at, now: clock() }, ...said)) }),
      };
    },
    async flush() {
      // What ended in this turn is known to have ended in the next.
      await nextTurn();
      digest();
      await exporter.flush();
    },
  };
}
