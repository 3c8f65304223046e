import type { FinishedUsage } from '../../contract/usage.ts';
import { ATTRIBUTES, CONVENTIONS, isError, type Told, type Type, type Value } from './attributes.ts';

/**
 * OTLP in JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids in hexadecimal, enumerations as numbers,
 * whole numbers of 64 bits as text. Of spans of one kind it is this file.
 */

/** One that has ended. */
export interface EndedSpan {
  traceId: string;
  spanId: string;
  /** Undefined: it begins its trace. */
  parentId: string | undefined;
  /** `tracestate`; '' for none. */
  state: string;
  told: Told;
  /** Milliseconds since 1970. */
  endedAt: number;
  /** Attempts in whose place another one answered. */
  retried: readonly FinishedUsage[];
}

/** https://github.com/open-telemetry/opentelemetry-proto/blob/v1.7.0/opentelemetry/proto/trace/v1/trace.proto */
const KIND_CLIENT = 3;
const STATUS_ERROR = 2;
/** The trace is sampled; the parent is known to be of another process. */
const SAMPLED = 0x001;
const IS_REMOTE = 0x300;

/** @param resource attributes of all of them */
export function encodeSpans(spans: readonly EndedSpan[], resource: Readonly<Record<string, string>>): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: textPairs(resource) },
        scopeSpans: [{ scope: { name: 'tollgate' }, spans: spans.map(spanOf), schemaUrl: SCHEMA }],
      },
    ],
  });
}

const SCHEMA = `https://opentelemetry.io/schemas/${CONVENTIONS}`;

function spanOf({ traceId, spanId, parentId, state, told, endedAt, retried }: EndedSpan): object {
  const { record, operation } = told;
  return {
    traceId,
    spanId,
    ...(parentId === undefined ? {} : { parentSpanId: parentId }),
    ...(state === '' ? {} : { traceState: state }),
    flags: parentId === undefined ? SAMPLED : SAMPLED | IS_REMOTE,
    name: record.model === '' ? operation : `${operation} ${record.model}`,
    kind: KIND_CLIENT,
    startTimeUnixNano: nanos(record.at),
    endTimeUnixNano: nanos(endedAt),
    attributes: Object.entries(ATTRIBUTES).flatMap(([name, [type, of]]) => {
      const value = of(told);
      return value === undefined ? [] : [pair(name, type, value)];
    }),
    ...(retried.length === 0 ? {} : { events: retried.map(eventOf) }),
    ...(isError(record) ? { status: { code: STATUS_ERROR } } : {}),
  };
}

/** An attempt in whose place another one answered. */
function eventOf({ at, durationMs, model, region, code, awsRequestId }: FinishedUsage): object {
  const told = {
    ...{ 'gen_ai.request.model': model, 'tollgate.region': region, 'error.type': code },
    ...(awsRequestId === undefined ? {} : { 'aws.request_id': awsRequestId }),
  };
  return { timeUnixNano: nanos(at + durationMs), name: 'tollgate.attempt', attributes: textPairs(told) };
}

function nanos(ms: number): string {
  return `${Math.round(ms)}000000`;
}

function textPairs(texts: Readonly<Record<string, string>>): object[] {
  return Object.entries(texts).map(([key, value]) => pair(key, 'string', value));
}

function pair(key: string, type: Type, value: Value): object {
  return { key, value: anyValue(type, value) };
}

function anyValue(type: Type, value: Value): object {
  switch (type) {
    case 'int':
      return { intValue: String(value) };
    case 'double':
      return { doubleValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'string[]':
      return { arrayValue: { values: (value as readonly string[]).map((one) => ({ stringValue: one })) } };
    default:
      return { stringValue: value };
  }
}
