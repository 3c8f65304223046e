import { BUDGET_UNITS, type Budget, type BudgetUnit } from '../../contract/budget.ts';
import type { Key } from '../../registry/items.ts';
import { parseWindow, type Window } from '../calendar.ts';

/**
 * The counters table, `pk` (partition) and `sk` (sort), both text; `expiresAt` (seconds since 1970) is its TTL attribute.
 *
 * | item                 | pk                  | sk                     | written by                          |
 * | -------------------- | ------------------- | ---------------------- | ----------------------------------- |
 * | a tenant's counters  | COUNTERS#{tenant}   | TENANT                 | invoke; metering releases, corrects |
 * | a principal's        | COUNTERS#{tenant}   | PRINCIPAL#{principal}  | invoke; metering releases, corrects |
 * | a day's summary      | USAGE#{tenant}      | {YYYY-MM-DD}           | metering                            |
 * | places that cool     | ROUTING             | COOLING                | invoke, where a stage shares them   |
 * | of which end is told | ENDS                | {model}#{sunset}       | metering                            |
 * | key of session ids   | SESSIONS            | KEY                    | invoke, with the first that it tells |
 *
 * The attributes of the first two:
 *
 * | attribute                                 | type          | what                                                    |
 * | ----------------------------------------- | ------------- | ------------------------------------------------------- |
 * | t\|{budget}\|{window}\|{unit}[\|{model}]          | number        | total: settled and reserved                             |
 * | o\|{epoch}\|{budget}\|{window}\|{unit}[\|{model}] | number        | open: reserved, and not settled, by the epoch's calls   |
 * | c\|{epoch}                                 | set of texts  | the calls of the epoch that are not settled             |
 * | a\|{day}\|{budget}\|{window}\|usd[\|{model}]   | number        | by how much the total was corrected for calls of a day  |
 *
 * A total is in whole units: Money for usd, otherwise a count. An epoch is RESERVATION_EPOCH_MS long, which is longer than
 * any call lives: what an epoch still holds that ended as long ago belongs to calls that crashed. A call's name in the
 * set makes every write to a counter safe to repeat: it is applied once or not at all. The unit is part of the name,
 * because a budget may be edited from tokens to dollars within a window, and its model is last because only some have one.
 * Neither a budget's id nor a model's nor a window's name holds a `|` (contract/budget.ts, registry/fields.ts).
 */

export function counterPartition(tenant: string): string {
  return `COUNTERS#${tenant}`;
}

/** Every counter of tenants and principals, and nothing else, is in a partition that begins so. */
export const COUNTER_PARTITIONS = counterPartition('');

/** Counters of budgets per tenant and per model. */
export function tenantCounters(tenant: string): Key {
  return { pk: counterPartition(tenant), sk: 'TENANT' };
}

const PRINCIPAL_PREFIX = 'PRINCIPAL#';

/** Counters of budgets per principal. */
export function principalCounters(tenant: string, principal: string): Key {
  return { pk: counterPartition(tenant), sk: `${PRINCIPAL_PREFIX}${principal}` };
}

/** @returns whose counters an item's `sk` says it holds: '' for the tenant's own, otherwise the principal */
export function principalOf(sk: string): string {
  return sk.startsWith(PRINCIPAL_PREFIX) ? sk.slice(PRINCIPAL_PREFIX.length) : '';
}

/** How near an end was when it was told last. @param sunsetAt seconds since 1970: one that is moved is another end */
export function endKey(model: string, sunsetAt: number): Key {
  return { pk: 'ENDS', sk: `${model}#${sunsetAt}` };
}

/** By the key of a place (policies/place.ts) until when it cools, milliseconds since 1970. */
export const COOLING: Key = { pk: 'ROUTING', sk: 'COOLING' };

export function usagePartition(tenant: string): string {
  return `USAGE#${tenant}`;
}

/** @param day `2026-11-21` */
export function usageDayKey(tenant: string, day: string): Key {
  return { pk: usagePartition(tenant), sk: day };
}

/** What the name of a counter says. */
export interface CounterName {
  budget: string;
  window: string;
  unit: BudgetUnit;
  /** Only of a budget per model. */
  model?: string;
}

export function counterName({ id, unit }: Pick<Budget, 'id' | 'unit'>, window: Window, model?: string): CounterName {
  return { budget: id, window: window.name, unit, ...(model === undefined ? {} : { model }) };
}

/** A counter's name within its item. */
export const counterText = ({ budget, window, unit, model }: CounterName): string =>
  [budget, window, unit, ...(model === undefined ? [] : [model])].join('|');

export function totalAttribute(name: CounterName): string {
  return `t|${counterText(name)}`;
}

/** @param epoch as epochOf says */
export function openAttribute(epoch: number, name: CounterName): string {
  return `o|${epoch}|${counterText(name)}`;
}

/** @param day as `2026-11-21` */
export function correctedAttribute(day: string, name: CounterName): string {
  return `a|${day}|${counterText(name)}`;
}

export function callsAttribute(epoch: number): string {
  return `c|${epoch}`;
}

/** What an attribute of a counters item is. */
export type Attribute =
  | { kind: 'total'; name: CounterName }
  | { kind: 'open'; epoch: number; name: CounterName }
  | { kind: 'calls'; epoch: number }
  | { kind: 'corrected'; day: string; name: CounterName };

/** @returns undefined for what is none of ours */
export function parseAttribute(text: string): Attribute | undefined {
  const [kind = '', ...rest] = text.split('|');
  if (kind === 't') return withName(rest, (name) => ({ kind: 'total', name }));
  const [epoch = '', ...parts] = rest;
  if (kind === 'a' && /^\d{4}-\d{2}-\d{2}$/.test(epoch))
    return withName(parts, (name) => ({ kind: 'corrected', day: epoch, name }));
  if (!/^\d{1,15}$/.test(epoch)) return undefined;
  if (kind === 'o') return withName(parts, (name) => ({ kind: 'open', epoch: Number(epoch), name }));
  return kind === 'c' && parts.length === 0 ? { kind: 'calls', epoch: Number(epoch) } : undefined;
}

function withName(parts: string[], make: (name: CounterName) => Attribute): Attribute | undefined {
  const [budget, window, unit, model, ...more] = parts;
  if (budget === undefined || window === undefined || more.length > 0 || parseWindow(window) === undefined)
    return undefined;
  const known = BUDGET_UNITS.find((one) => one === unit);
  if (known === undefined) return undefined;
  return make({ budget, window, unit: known, ...(model === undefined ? {} : { model }) });
}

/** What the ids of Bedrock's own sessions are told with (invoke/session-ids.ts). */
export function sessionIdKey(): Key {
  return { pk: 'SESSIONS', sk: 'KEY' };
}
