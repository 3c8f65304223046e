import type { Place, Target } from '../contract/model.ts';
import type { Routing } from '../contract/routing.ts';
import { accountOfRole } from '../contract/spokes.ts';
import { arnsOf, kindOf, nativeIdOf } from './kinds.ts';

/** What its calls are authorised on first; no other target, and no other place of its model, is called on it. */
export function calledOn(target: Target): string {
  return kindOf(target).calledOn(target);
}

/** What a place is called where a model has several: `us-west-2 amazon.nova-lite-v1:0`, and the account where it is another's. */
export function placeName({ target, role }: Pick<Place, 'target' | 'role'>): string {
  const name = `${target.region} ${nativeIdOf(target)}`;
  return role === undefined ? name : `${name} ${accountOfRole(role)}`;
}

/** Whether AWS may run its calls in another region than the one that is called; a profile of one's own may wrap one region's model. */
export function leavesItsRegion(target: Target): boolean {
  return arnsOf(target).some((arn) => arn.split(':')[3] !== target.region);
}

/** Whether calls may go there at all: an operator has not drained it, and it leaves its region only where that is wanted. */
export function isOpen({ target, drained }: Place, { profiles }: Pick<Routing, 'profiles'>): boolean {
  if (drained === true) return false;
  return profiles || target.kind !== 'bedrock-profile' || !leavesItsRegion(target);
}

/** What a place is known by, whichever models and tenants use it, for it has one quota and one health: what its calls are authorised on, and by which role. */
export function placeKey({ target, role }: Pick<Place, 'target' | 'role'>): string {
  const on = calledOn(target);
  return role === undefined ? on : `${on} ${role}`;
}
