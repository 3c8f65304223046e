import type { Target } from '../../contract/model.ts';
import { targetsOf } from '../../contract/places.ts';
import { baseModelOf, nativeIdOf } from '../../policies/kinds.ts';
import { isoSeconds } from '../fields.ts';
import type { ModelEntry } from '../model.ts';
import { type Catalog, isOurs, isRead } from './catalog.ts';
import { lifecycleOf } from './lifecycle.ts';
import { modelOf } from './profiles.ts';

/** What is wrong with a place of a model, which an operator has to decide on. */
export interface Finding {
  model: string;
  /** What AWS calls it. */
  target: string;
  region: string;
  reason: FindingReason;
  /** What AWS says of it; '' where it says nothing. */
  detail: string;
}

export type FindingReason = keyof typeof FINDINGS;

/** Each as a sentence goes on after `us.amazon.nova-lite-v1:0 in us-east-1`. */
export const FINDINGS = {
  'not-listed': 'is not listed by AWS any more',
  'another-model': 'runs another model than it did',
  dearer: 'may cost more from a day on that has no price yet',
  'endpoint-gone': 'is gone',
  'endpoint-failed': 'has failed',
  'endpoint-not-in-service': 'is not in service',
} as const;

/** Of one entry; none of what could not be read. */
export function findingsOf(catalog: Catalog, entry: ModelEntry): Finding[] {
  return targetsOf(entry).flatMap((target) => {
    const found = findingOf(catalog, target) ?? dearer(catalog, target, entry);
    const { region } = target;
    return found === undefined
      ? []
      : [{ model: entry.id, target: nativeIdOf(target), region, reason: found[0], detail: found[1] ?? '' }];
  });
}

function findingOf(catalog: Catalog, target: Target): [FindingReason, detail?: string | undefined] | undefined {
  const { region, arn } = target;
  if (!isOurs(catalog, arn)) return undefined;
  switch (target.kind) {
    case 'bedrock-model': {
      // Bought capacity and own models are in other lists than those that are read.
      if (!arn.includes(':foundation-model/') || !isRead(catalog, 'models', region)) return undefined;
      return catalog.models.some((model) => model.arn === arn) ? undefined : ['not-listed'];
    }
    case 'bedrock-profile': {
      if (!isRead(catalog, 'profiles', region)) return undefined;
      const profile = catalog.profiles.find((one) => one.arn === arn);
      if (profile === undefined) return ['not-listed'];
      const models = new Set(target.modelArns.map(modelOf));
      return profile.modelArns.every((one) => models.has(modelOf(one))) ? undefined : ['another-model'];
    }
    case 'bedrock-endpoint':
    case 'sagemaker-endpoint': {
      if (!isRead(catalog, 'endpoints', region)) return undefined;
      const endpoint = catalog.endpoints.find((one) => one.arn === arn);
      if (endpoint === undefined) return ['endpoint-gone'];
      if (endpoint.status === 'Failed') return ['endpoint-failed', endpoint.failure];
      // While it is updated, the one before goes on answering.
      return ['InService', 'Updating', 'RollingBack', 'SystemUpdating'].includes(endpoint.status)
        ? undefined
        : ['endpoint-not-in-service', endpoint.status];
    }
    default:
      // Their lists are not read.
      return undefined;
  }
}

/** A model at its end may have a price of its own; which one, AWS does not say here. */
function dearer(catalog: Catalog, target: Target, { prices }: ModelEntry): [FindingReason, string] | undefined {
  const { extendedAt } = lifecycleOf(catalog, baseModelOf(target), target.region) ?? {};
  if (extendedAt === undefined || prices.some(({ from }) => from >= extendedAt * 1000)) return undefined;
  return ['dearer', isoSeconds(extendedAt)];
}
