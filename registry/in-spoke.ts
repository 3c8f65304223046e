import type { Guardrail, Place, Target } from '../contract/model.ts';
import { parseModelArn } from '../policies/arn.ts';
import { parseGuardrail } from '../policies/guardrail.ts';
import { arnsOf, SHAPES } from '../policies/kinds.ts';
import { badEntry } from './fields.ts';

/**
 * A place as its calls are authorised under a role of another account: what every account has is then that one's, and what is of one
 * account must be of that.
 *
 * @param role ARN of a spoke's role, of the place itself or of the tenant
 * @throws TollgateError `bad_entry`: account-differs | partition-differs | guardrail-account; `bad_arn` for what is no ARN
 */
export function inSpoke<P extends Place>(place: P, role: string, guardrails: readonly Guardrail[] = []): P {
  const [, partition, , , account = ''] = role.split(':');
  const moved = new Map<unknown, string>();
  for (const text of arnsOf(place.target)) {
    const arn = parseModelArn(text, 'target.arn');
    if (arn.partition !== partition) throw badEntry('target.arn', 'partition-differs');
    if (arn.account === '' || arn.account === account) continue;
    if (SHAPES[arn.resourceType]?.everyones !== true) throw badEntry('target.arn', 'account-differs');
    moved.set(text, text.replace(`:${arn.account}:`, `:${account}:`));
  }
  if (guardrails.some((guardrail) => parseGuardrail(guardrail).text.split(':')[4] !== account))
    throw badEntry('guardrail.arn', 'guardrail-account');
  const there = (value: unknown): unknown => (Array.isArray(value) ? value.map(there) : (moved.get(value) ?? value));
  const members = Object.entries(place.target).map(([name, value]) => [name, there(value)]);
  return { ...place, target: Object.fromEntries(members) as Target, role };
}
