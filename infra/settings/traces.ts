import * as v from 'valibot';
import { OTLP_URL, otlpUrl } from '../../contract/otlp.ts';
import { bad, flag, type Group, PREFIX, parsed } from './setting.ts';
import type { StageSettings } from './stage.ts';

/** Who sees where the time of a call goes. */
export interface TraceSettings {
  /** Whether X-Ray traces the API and every function. */
  tracing: boolean;
  /** Where spans of calls are sent; undefined: nowhere. */
  otlp: OtlpExport | undefined;
}

export interface OtlpExport {
  /** Base URL of a collector. */
  endpoint: string;
  /** ARN of a secret with its headers. */
  headersSecret?: string | undefined;
  /** Of the calls whose callers do not say whether they are traced, 0 to 1; absent: all. */
  sample?: number | undefined;
  /** ARN of a layer's version that has a collector in it, for invoke. */
  layer?: string | undefined;
}

export const TRACE_GROUP: Group<TraceSettings, StageSettings> = {
  told: {
    tracing: {
      values: '`true`, `false` (default)',
      makes: 'X-Ray’s active tracing of the API and of every function ([traces.md](traces.md))',
      costs:
        'nothing idle; $5 a million traces, of which X-Ray takes one a second and 5 % of the others: $0.25 a million calls at a high rate',
      security: 'every function’s role may put segments, and for itself alone; nothing of a call’s body is in one',
    },
    otlp: {
      values: '`{"endpoint", "headersSecret", "sample", "layer"}`; none',
      makes: 'variables of invoke and of the container, which send a span a call ([traces.md](traces.md))',
      costs:
        'nothing idle; what invoke waits for the collector after an answer is paid for: $0.13 a million calls for each 10 ms; what the collector takes',
      security:
        'tenant, model, tokens and cost of each call leave for the collector; `headersSecret`: invoke and the container may read that secret',
    },
  },
  read(at, { region, partition, account = '\\d{12}' }) {
    const own = `arn:${partition}`;
    const schema = v.strictObject({
      endpoint: v.pipe(
        v.string(),
        v.check((url) => otlpUrl(url) !== undefined, OTLP_URL),
      ),
      headersSecret: v.optional(
        v.pipe(
          v.string(),
          v.regex(
            new RegExp(`^${own}:secretsmanager:${region}:${account}:secret:[\\w/+=.@-]{1,256}-[A-Za-z0-9]{6}$`),
            `must be the whole ARN of a secret of the stage’s account in ${region}, with the six characters at its end`,
          ),
        ),
      ),
      sample: v.optional(
        v.pipe(
          v.number(),
          v.check((ratio) => ratio >= 0 && ratio <= 1, 'must be a number from 0 to 1'),
        ),
      ),
      layer: v.optional(
        v.pipe(
          v.string(),
          v.regex(
            new RegExp(`^${own}:lambda:${region}:\\d{12}:layer:[\\w-]{1,140}:\\d{1,9}$`),
            `must be the ARN of a version of a layer in ${region}`,
          ),
        ),
      ),
    });
    const otlp = parsed(schema, at, 'otlp');
    if (otlp?.headersSecret !== undefined && !isGuarded(otlp.endpoint))
      throw bad(
        `${PREFIX}otlp.headersSecret`,
        'needs an endpoint with https, or on the same machine: it would be read on the way',
      );
    return { tracing: flag(at, 'tracing', false), otlp };
  },
};

function isGuarded(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'https:' || /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);
}
