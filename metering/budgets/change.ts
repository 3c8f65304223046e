import type { Key } from '../../registry/items.ts';

/** One write to an item of counters. No attribute is in two of its members. */
export interface Change {
  key: Key;
  /** Added to what is there; what is not there is 0. */
  add: ReadonlyMap<string, bigint>;
  remove?: readonly string[];
  /** The call's name goes into this set, on the condition that it is not there, or out of it, on the condition that it is. */
  call?: { set: string; name: string; goes: 'in' | 'out' };
  /** Conditions: before the addition the number is at most this, or not there, which is 0. */
  atMost?: ReadonlyMap<string, bigint>;
  /** Conditions: the number is exactly this; undefined: it is not there. */
  equal?: ReadonlyMap<string, bigint | undefined>;
  /** Seconds since 1970: when the item may be forgotten. */
  expiresAt?: number;
}

/** The members of UpdateItem that a change decides. */
export interface Update {
  UpdateExpression: string;
  ConditionExpression?: string;
  ExpressionAttributeNames: Record<string, string>;
  ExpressionAttributeValues?: Record<string, Value>;
}

type Value = { N: string } | { S: string } | { SS: string[] };

/**
 * A change as UpdateItem is asked for it. Names and values are placeholders: a model's id may hold any sign that an
 * expression gives a meaning.
 */
export function updateOf(change: Change): Update {
  const { add, remove = [], call, atMost = new Map(), equal = new Map(), expiresAt } = change;
  const names: Record<string, string> = {};
  const values: Record<string, Value> = {};
  const known = new Map<string, string>();
  const name = (attribute: string): string => {
    const found = known.get(attribute) ?? `#${known.size}`;
    known.set(attribute, found);
    names[found] = attribute;
    return found;
  };
  const value = (of: Value): string => {
    const placeholder = `:${Object.keys(values).length}`;
    values[placeholder] = of;
    return placeholder;
  };
  const number = (amount: bigint): string => value({ N: String(amount) });

  const added = [...add].map(([attribute, amount]) => `${name(attribute)} ${number(amount)}`);
  const conditions: string[] = [];
  const taken: string[] = [];
  if (call !== undefined) {
    const set = name(call.set);
    (call.goes === 'in' ? added : taken).push(`${set} ${value({ SS: [call.name] })}`);
    const text = value({ S: call.name });
    conditions.push(
      call.goes === 'in'
        ? `(attribute_not_exists(${set}) OR NOT contains(${set}, ${text}))`
        : `contains(${set}, ${text})`,
    );
  }
  for (const [attribute, most] of atMost) {
    const there = `${name(attribute)} <= ${number(most)}`;
    conditions.push(most < 0n ? there : `(attribute_not_exists(${name(attribute)}) OR ${there})`);
  }
  for (const [attribute, amount] of equal)
    conditions.push(
      amount === undefined ? `attribute_not_exists(${name(attribute)})` : `${name(attribute)} = ${number(amount)}`,
    );
  const sections = [
    expiresAt === undefined ? [] : [`SET ${name('expiresAt')} = ${number(BigInt(expiresAt))}`],
    added.length === 0 ? [] : [`ADD ${added.join(', ')}`],
    taken.length === 0 ? [] : [`DELETE ${taken.join(', ')}`],
    remove.length === 0 ? [] : [`REMOVE ${remove.map(name).join(', ')}`],
  ];
  return {
    UpdateExpression: sections.flat().join(' '),
    ...(conditions.length === 0 ? {} : { ConditionExpression: conditions.join(' AND ') }),
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
  };
}
