import { TollgateError } from '../../contract/errors.ts';
import type { ServiceTier, Target } from '../../contract/model.ts';
import type { Tier } from '../../contract/usage.ts';
import type { ProviderRequest } from '../call.ts';
import { jsonOf, member } from './json.ts';

/** Bedrock's names (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ServiceTier.html) -> ours. */
const TIERS = new Map<unknown, Tier>([
  ['default', 'on-demand'],
  ['priority', 'priority'],
  ['flex', 'flex'],
  ['reserved', 'provisioned'],
]);

/** InvokeModel's, in the request and in the answer. */
export const TIER_HEADER = 'x-amzn-bedrock-service-tier';

/**
 * How a call will be sold, as far as its request says.
 *
 * @throws TollgateError `invalid_request` for a tier that is not known here, since what it costs is not known either
 */
export function askedTier(request: ProviderRequest, target: Target): Tier {
  const { field, name } = askedFor(request);
  const tier = name === undefined || name === null ? 'on-demand' : TIERS.get(name);
  if (tier === undefined)
    throw new TollgateError('invalid_request', {
      field,
      reason: 'tier-not-known',
      message: `${field} must be one of ${[...TIERS.keys()].join(', ')}.`,
    });
  return soldIn(target, tier);
}

/** How a call that asks for a tier is sold in another place of its model. */
export function soldIn(target: Target, tier: Tier): Tier {
  return isProvisioned(target) ? 'provisioned' : tier;
}

/**
 * That a call is of a tier that its grant allows.
 *
 * @throws TollgateError `invalid_request` naming where the tier is said
 */
export function checkTier(request: ProviderRequest, tiers: readonly ServiceTier[]): void {
  const { field, name } = askedFor(request);
  const asked = name ?? 'default';
  if (tiers.some((tier) => tier === asked)) return;
  throw new TollgateError('invalid_request', {
    field,
    reason: 'tier-not-granted',
    message: `${field} must be one of ${tiers.join(', ')} here${name == null ? '; a call that names none is of default' : ''}.`,
  });
}

function askedFor({ operation, headers, body, tierField }: ProviderRequest): { field: string; name?: unknown } {
  switch (operation) {
    case 'count-tokens':
    case 'apply-guardrail':
      return { field: '' };
    case 'converse':
    case 'converse-stream': {
      const field = tierField ?? 'serviceTier.type';
      // Large bodies are not parsed once more for what they do not hold; a name may be written with an escape.
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      if (!bytes.includes('serviceTier') && !bytes.includes('\\u')) return { field };
      return { field, name: member(member(jsonOf(body), 'serviceTier'), 'type') };
    }
    default:
      return { field: tierField ?? TIER_HEADER, name: headers[TIER_HEADER] };
  }
}

/**
 * How a call was sold, as far as its answer says: a reservation that is used up, for one, overflows into on-demand.
 * Capacity that is paid by the hour is that whatever an answer says.
 *
 * @param named `serviceTier.type` of Converse's body or metadata, or InvokeModel's header
 * @returns undefined when it does not say, or nothing that is known
 */
export function answeredTier(target: Target, named: unknown): Tier | undefined {
  return isProvisioned(target) ? 'provisioned' : TIERS.get(named);
}

export function headerTier(headers: Readonly<Record<string, string>>): string | undefined {
  return headers[TIER_HEADER];
}

function isProvisioned({ arn }: Target): boolean {
  return arn.includes(':provisioned-model/');
}
