/**
 * What OTLP's own description has of a request of spans, in JSON
 * (https://github.com/open-telemetry/opentelemetry-proto/tree/v1.7.0, https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding),
 * written from it and not from what is sent.
 */

type Field = ((value: unknown) => boolean) | { message: string; repeated?: true };

const text = (value: unknown): boolean => typeof value === 'string';
/** 64 bits are text, in decimal digits. */
const int64 = (value: unknown): boolean => typeof value === 'string' && /^-?\d{1,19}$/.test(value);
const fixed64 = (value: unknown): boolean => typeof value === 'string' && /^\d{1,20}$/.test(value);
const uint32 = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
/** Bytes are in base64, but for ids, which are in hexadecimal. */
const id =
  (bytes: number) =>
  (value: unknown): boolean =>
    typeof value === 'string' && new RegExp(`^(?!0+$)[0-9a-f]{${2 * bytes}}$`).test(value);
/** By number alone. */
const oneOf =
  (...values: number[]) =>
  (value: unknown): boolean =>
    values.includes(value as number);

const MESSAGES: Record<string, Record<string, Field>> = {
  ExportTraceServiceRequest: { resourceSpans: { message: 'ResourceSpans', repeated: true } },
  ResourceSpans: {
    resource: { message: 'Resource' },
    scopeSpans: { message: 'ScopeSpans', repeated: true },
    schemaUrl: text,
  },
  Resource: { attributes: { message: 'KeyValue', repeated: true }, droppedAttributesCount: uint32 },
  ScopeSpans: {
    scope: { message: 'InstrumentationScope' },
    spans: { message: 'Span', repeated: true },
    schemaUrl: text,
  },
  InstrumentationScope: { name: text, version: text, attributes: { message: 'KeyValue', repeated: true } },
  Span: {
    traceId: id(16),
    spanId: id(8),
    traceState: text,
    parentSpanId: id(8),
    flags: uint32,
    name: (value) => text(value) && value !== '',
    kind: oneOf(0, 1, 2, 3, 4, 5),
    startTimeUnixNano: fixed64,
    endTimeUnixNano: fixed64,
    attributes: { message: 'KeyValue', repeated: true },
    events: { message: 'Event', repeated: true },
    status: { message: 'Status' },
  },
  Event: { timeUnixNano: fixed64, name: text, attributes: { message: 'KeyValue', repeated: true } },
  Status: { message: text, code: oneOf(0, 1, 2) },
  KeyValue: { key: text, value: { message: 'AnyValue' } },
  AnyValue: {
    stringValue: text,
    boolValue: (value) => typeof value === 'boolean',
    intValue: int64,
    doubleValue: (value) => typeof value === 'number' && Number.isFinite(value),
    arrayValue: { message: 'ArrayValue' },
  },
  ArrayValue: { values: { message: 'AnyValue', repeated: true } },
};

/** @returns what is wrong with it, each by its path */
export function faultsOf(value: unknown, message = 'ExportTraceServiceRequest', path = ''): string[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [`${path} is no ${message}`];
  const fields = MESSAGES[message] ?? {};
  const entries = Object.entries(value);
  if (message === 'AnyValue' && entries.length !== 1) return [`${path} is not one value`];
  return entries.flatMap(([name, member]) => {
    const { [name]: field } = fields;
    const here = `${path}.${name}`;
    if (field === undefined) return [`${here} is not in ${message}`];
    if (typeof field === 'function') return field(member) ? [] : [`${here} is ${JSON.stringify(member)}`];
    if (field.repeated !== true) return faultsOf(member, field.message, here);
    if (!Array.isArray(member)) return [`${here} is no list`];
    return member.flatMap((one, i) => faultsOf(one, field.message, `${here}[${i}]`));
  });
}

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  flags: number;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status?: { code: number };
  /** Of the span and of its resource, as the language has them. */
  attributes: Record<string, unknown>;
  resource: Record<string, unknown>;
  events: { name: string; attributes: Record<string, unknown> }[];
}

type Pairs = { key: string; value: Record<string, unknown> }[];

/** The spans of a request's body. */
export function spansOf(body: string): ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body) as {
    resourceSpans: {
      resource: { attributes: Pairs };
      scopeSpans: { spans: (ReceivedSpan & { attributes: Pairs })[] }[];
    }[];
  };
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: plain(span.attributes as unknown as Pairs),
        resource: plain(resource.attributes),
        events: ((span.events ?? []) as unknown as { name: string; attributes: Pairs }[]).map((event) => ({
          name: event.name,
          attributes: plain(event.attributes),
        })),
      })),
    ),
  );
}

function plain(pairs: Pairs): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, heldBy(value)]));
}

function heldBy(value: Record<string, unknown>): unknown {
  const [[kind, inner] = []] = Object.entries(value);
  if (kind === 'intValue') return Number(inner);
  if (kind === 'arrayValue') return (inner as { values: Record<string, unknown>[] }).values.map(heldBy);
  return inner;
}
