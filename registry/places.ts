import * as v from 'valibot';
import { TollgateError } from '../contract/errors.ts';
import { asyncInputOf, type Place } from '../contract/model.ts';
import { PLACE } from '../contract/places.ts';
import { ROUTING, type Routing } from '../contract/routing.ts';
import { baseModelOf, kindOf, runtimeOf } from '../policies/kinds.ts';
import { partitionOf } from '../policies/partition.ts';
import { leavesItsRegion, placeKey } from '../policies/place.ts';
import { badEntry } from './fields.ts';
import { inSpoke } from './in-spoke.ts';
import type { Document } from './items.ts';
import { checkTarget, targetSchema } from './target.ts';

/** The places of a model, as its item lists them. */
export const placeSchema = v.strictObject({
  target: targetSchema,
  ...optional(PLACE, ({ fault }) => fault),
}) as unknown as v.GenericSchema<unknown, Place>;

export const routingSchema = v.pipe(
  v.unknown(),
  // A list has no members, and would be one that says nothing.
  v.check((value) => !Array.isArray(value), 'not-an-object'),
  v.strictObject(optional(ROUTING, () => 'out-of-range')),
) as unknown as v.GenericSchema<unknown, Partial<Routing>>;

/** Members that the contract's table knows, each checked as it says. */
function optional<Member extends { check(value: unknown): boolean }>(
  table: Readonly<Record<string, Member>>,
  fault: (member: Member) => string,
) {
  return Object.fromEntries(
    Object.entries(table).map(([name, member]) => [
      name,
      v.exactOptional(v.custom((value) => member.check(value), fault(member))),
    ]),
  );
}

/**
 * That each can be called, and that they are one model: a body that was made for one of them goes to another. The model behind
 * bought capacity and endpoints is not in their ARNs, so that it is the same one is believed.
 *
 * @throws TollgateError `bad_entry` naming the member; `policy_too_large`
 */
export function checkPlaces(places: readonly Place[], { profiles = true }: Partial<Routing> = {}): void {
  const called = new Set<string>();
  let model = '';
  for (const [index, place] of places.entries()) {
    const { target, priceRegion, role } = place;
    const at = `targets[${index}]`;
    below(at, () => {
      checkTarget(target);
      if (role !== undefined) inSpoke(place, role);
    });
    const first = places[0]?.target ?? target;
    if (runtimeOf(target) !== runtimeOf(first) || kindOf(target).paidBy !== kindOf(first).paidBy)
      throw badEntry(`${at}.target.kind`, 'another-kind');
    // A call names its input before it is known where it goes.
    if (asyncInputOf(target) !== asyncInputOf(first)) throw badEntry(`${at}.target.asyncInput`, 'another-folder');
    const base = baseModelOf(target);
    model ||= base;
    if (base !== '' && base !== model) throw badEntry(`${at}.target`, 'another-model');
    // The same model in two accounts is two places, each with a quota of its own.
    const on = placeKey(role === undefined ? place : inSpoke(place, role));
    if (called.has(on)) throw badEntry(`${at}.target`, 'listed-twice');
    called.add(on);
    if (priceRegion !== undefined && partitionOf(priceRegion) === undefined)
      throw badEntry(`${at}.priceRegion`, 'not-a-region');
  }
  // That would be a retirement, of which callers are told.
  const open = places.filter(({ drained }) => drained !== true);
  if (open.length === 0) throw badEntry('targets', 'all-drained');
  if (!profiles && open.every(({ target }) => leavesItsRegion(target)))
    throw badEntry('routing.profiles', 'profiles-alone');
}

/** What is at fault in a target is at fault in the place that has it. */
function below(at: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof TollgateError) || error.code !== 'bad_entry') throw error;
    throw badEntry(`${at}.${error.field}`, error.reason ?? 'bad', error);
  }
}

/** The written form, its members always in this order. */
export function placeDocument({ target, group, weight, priceRegion, role, drained }: Place): Document {
  return {
    target: { ...target },
    ...(group === undefined ? {} : { group }),
    ...(weight === undefined ? {} : { weight }),
    ...(priceRegion === undefined ? {} : { priceRegion }),
    ...(role === undefined ? {} : { role }),
    ...(drained === undefined ? {} : { drained }),
  };
}
