import { randomUUID } from 'node:crypto';
import type { Access } from '../../policies/simulate/types.ts';
import { invalid } from './error.ts';
import { jsonError, jsonReply, targetOperation } from './json-rpc.ts';
import { type JsonObject, listAt, objectOf, parseBody } from './read.ts';
import type { Service } from './service.ts';

/** Events that are kept; older ones are forgotten, so that a long run does not grow. */
const EVENTS_MAX = 10_000;

/** Entries of one request (PutEvents' own limit). */
const ENTRIES_MAX = 10;

/** One event that a bus took, as `/_local/events` shows it. */
export interface EventRecord {
  /** 1 for the first; without gaps. */
  seq: number;
  id: string;
  bus: string;
  region: string;
  source: string;
  detailType: string;
  detail: unknown;
  /** Milliseconds since 1970. */
  at: number;
}

export interface Events {
  service: Service;
  /** Those with `seq` above `after`, oldest first. */
  after(seq: number): EventRecord[];
}

export interface EventsOptions {
  account: string;
  /** Names of the buses that there are, in every region. */
  buses: readonly string[];
  /** Of each that was taken. */
  onEvent?: (event: EventRecord) => void;
  now: () => number;
}

/**
 * EventBridge, JSON 1.1: PutEvents
 * (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html). An entry that is malformed, or for a bus
 * that does not exist, fails alone, as it does there. It knows no rules: each event is told to who asks for the list, and to `onEvent`.
 */
export function createEvents({ account, buses, onEvent, now }: EventsOptions): Events {
  let last = 0;
  const kept: EventRecord[] = [];

  const take = (entry: JsonObject, region: string): object => {
    const { Source, DetailType, Detail, EventBusName = 'default', Time } = entry;
    const detail = typeof Detail === 'string' ? parsed(Detail) : undefined;
    if (typeof Source !== 'string' || Source === '' || typeof DetailType !== 'string' || DetailType === '')
      return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Parameter Source or DetailType is not valid.' };
    if (detail === undefined) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    const bus = nameOf(EventBusName);
    if (!buses.includes(bus)) return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Event bus does not exist.' };
    const at = typeof Time === 'number' ? Time * 1000 : now();
    const record = { seq: ++last, id: randomUUID(), bus, region, source: Source, detailType: DetailType, detail, at };
    kept.push(record);
    if (kept.length > 2 * EVENTS_MAX) kept.splice(0, kept.length - EVENTS_MAX);
    onEvent?.(record);
    return { EventId: record.id };
  };

  return {
    after: (seq) => kept.slice(-EVENTS_MAX).filter((record) => record.seq > seq),
    service: {
      name: 'events',
      strict: () => false,
      fail: (error) => jsonError('com.amazonaws.events', error),
      plan(request) {
        const operation = targetOperation(request.headers);
        if (operation !== 'PutEvents') throw invalid('Unknown operation.', 'UnknownOperationException');
        const entries = listAt(parseBody(request.body).Entries, 'Entries').map((item) => objectOf(item, 'Entries'));
        if (entries.length === 0 || entries.length > ENTRIES_MAX) throw invalid(`Entries must be 1 to ${ENTRIES_MAX}.`);
        const needs = entries.map(
          ({ EventBusName = 'default', Source, DetailType }): Access => ({
            action: 'events:PutEvents',
            resource: `arn:aws:events:${request.region}:${account}:event-bus/${nameOf(EventBusName)}`,
            context: { 'events:source': String(Source), 'events:detail-type': String(DetailType) },
          }),
        );
        return {
          operation,
          needs,
          serve() {
            const Entries = entries.map((entry) => take(entry, request.region));
            return jsonReply({ Entries, FailedEntryCount: Entries.filter((entry) => 'ErrorCode' in entry).length });
          },
        };
      },
    },
  };
}

/** A bus may be named by its ARN. */
function nameOf(bus: unknown): string {
  return String(bus).split('event-bus/').at(-1) ?? '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
