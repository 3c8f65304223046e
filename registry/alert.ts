import * as v from 'valibot';
import { ALERT_KINDS, type AlertKind } from '../contract/alert.ts';
import { BUDGET_ID } from '../contract/budget.ts';
import { isTenantId, type TenantId } from '../contract/identity.ts';
import { ALERTS_MAX, WEBHOOK_MAX_CHARS } from '../contract/limits/alerts.ts';
import {
  actor,
  badEntry,
  eachOnce,
  isoMilliseconds,
  milliseconds,
  parseWith,
  SCHEMA_VERSION,
  schemaVersion,
  version,
} from './fields.ts';
import type { Document } from './items.ts';

/** Who is told of what. */
export interface Receiver {
  id: string;
  /** In the order of ALERT_KINDS, each once. */
  kinds: AlertKind[];
  /** Only what is this tenant's; absent: everything. */
  tenant?: TenantId;
  to: { webhook: string } | { topic: string };
}

/** All of the stage's. One item, in a partition of its own: no call reads it, and a URL is a secret. */
export interface AlertsEntry {
  /** Sorted by id, each once. */
  alerts: Receiver[];
  version: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  updatedBy: string;
}

/** Of names that the role may publish to: those of the stage, such as its alarms' own topic. */
const TOPIC = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:tollgate-[\w-]{1,240}$/;

const receiverSchema = v.strictObject({
  id: v.pipe(v.string('not-text'), v.regex(BUDGET_ID, 'not-an-id')),
  kinds: v.pipe(v.array(v.picklist(ALERT_KINDS, 'unknown-kind'), 'not-a-list'), v.minLength(1, 'empty')),
  tenant: v.exactOptional(v.custom<TenantId>(isTenantId, 'not-a-tenant-id')),
  to: v.strictObject({
    webhook: v.exactOptional(
      v.pipe(v.string('not-text'), v.maxLength(WEBHOOK_MAX_CHARS, 'too-long'), v.check(isWebhook, 'not-https')),
    ),
    topic: v.exactOptional(v.pipe(v.string('not-text'), v.regex(TOPIC, 'not-a-topic-of-tollgate'))),
  }),
});

const schema = v.strictObject({
  v: schemaVersion,
  alerts: v.pipe(v.array(receiverSchema, 'not-a-list'), v.maxLength(ALERTS_MAX, 'too-many')),
  version,
  updatedAt: milliseconds,
  updatedBy: actor,
});

/**
 * One receiver by itself, as an operator gives it.
 *
 * @throws TollgateError `bad_entry` naming the member, e.g. `to.webhook`
 */
export function parseReceiver(document: unknown): Receiver {
  return checked(parseWith(receiverSchema, document), '');
}

/**
 * @param document an item without its keys
 * @throws TollgateError `bad_entry` naming the field, e.g. `alerts[1].to.topic`
 */
export function parseAlerts(document: unknown): AlertsEntry {
  const { v: _, ...entry } = parseWith(schema, document);
  return { ...entry, alerts: sortedReceivers(eachOnce(entry.alerts, 'alerts', checked)) };
}

/** The written form of an entry; parseAlerts reads it back to the same entry. */
export function alertsDocument(entry: AlertsEntry): Document {
  return {
    v: SCHEMA_VERSION,
    alerts: entry.alerts.map((one) => ({ ...one })),
    version: entry.version,
    updatedAt: isoMilliseconds(entry.updatedAt),
    updatedBy: entry.updatedBy,
  };
}

export function sortedReceivers(receivers: readonly Receiver[]): Receiver[] {
  return [...receivers].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** TLS, but for a receiver on this very machine. Without a user's name, which a list would show. */
export function isWebhook(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isThisMachine(hostname));
}

export function isThisMachine(hostname: string): boolean {
  return hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]';
}

/** @param at what stands before a member's name */
function checked({ id, kinds, tenant, to }: v.InferOutput<typeof receiverSchema>, at: string): Receiver {
  const { webhook, topic } = to;
  if ((webhook === undefined) === (topic === undefined)) throw badEntry(`${at}to`, 'not-one-of-webhook-and-topic');
  return {
    id,
    kinds: ALERT_KINDS.filter((kind) => kinds.includes(kind)),
    ...(tenant === undefined ? {} : { tenant }),
    to: webhook === undefined ? { topic: topic ?? '' } : { webhook },
  };
}
