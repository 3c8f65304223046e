import type { AllowedModel, Guardrail, Purpose } from '../contract/model.ts';
import { targetsOf } from '../contract/places.ts';
import { arnsOf, nativeIdOf } from '../policies/kinds.ts';
import { hasExpired } from './entitled.ts';
import { usability } from './lifecycle.ts';

export type Decision =
  | { outcome: 'allowed'; model: AllowedModel; deprecated: boolean }
  | {
      outcome: 'refused';
      code: 'model_not_allowed' | 'model_retired';
      /** For the log; the caller reads the same answer for all that is `model_not_allowed`. */
      reason: 'unknown-model' | 'grant-expired' | 'action-not-granted' | 'retired' | 'sunset-passed';
      /** The entry, when the tenant holds one. */
      model?: AllowedModel;
      /** Registry id; only one that the tenant holds too, because a caller may not learn of others. */
      successor?: string;
    };

type Names = (model: AllowedModel) => readonly string[];

/** The names a model answers to, strongest first: a weaker one counts only where no entry has a stronger one. */
const NAMES: readonly Names[] = [
  (model) => [model.id],
  (model) => targetsOf(model).map(nativeIdOf),
  (model) => targetsOf(model).map(({ arn }) => arn),
  (model) => targetsOf(model).flatMap(arnsOf),
];

/** A guardrail answers to its id or ARN with its version; no registry id has a colon. */
const GUARDRAIL_NAMES: readonly Names[] = [
  (model) => [model.id],
  ({ guardrail }) => (guardrail === undefined ? [] : guardrailNames(guardrail)),
];

/** `demo:1`, and the same of its ARN. */
function guardrailNames({ arn, version }: Guardrail): string[] {
  return [arn, arn.slice(arn.lastIndexOf('/') + 1)].map((name) => `${name}:${version}`);
}

/** Whether a grant is for it. A guardrail that the holder runs no model under is none of its own. */
export function isFor({ actions, guardrail }: AllowedModel, purpose: Purpose): boolean {
  if (purpose !== 'guard') return actions.includes(purpose);
  return guardrail !== undefined && actions.some((action) => action !== 'count');
}

/**
 * @param models what the tenant was granted; nothing else can be decided upon
 * @param wanted as the caller wrote it: a registry id, a target's own id, or a full ARN that the entry lists, which names the
 *   model and none of its places; of a guardrail its id or ARN and, after a colon, its version
 * @param nowSeconds seconds since 1970
 */
export function decideModel(
  models: readonly AllowedModel[],
  wanted: string,
  action: Purpose,
  nowSeconds: number,
): Decision {
  const named = candidates(models, wanted, action === 'guard' ? GUARDRAIL_NAMES : NAMES);
  const [first] = named;
  if (first === undefined) return { outcome: 'refused', code: 'model_not_allowed', reason: 'unknown-model' };
  const current = named.filter((model) => !hasExpired(model, nowSeconds));
  if (current.length === 0)
    return { outcome: 'refused', code: 'model_not_allowed', reason: 'grant-expired', model: first };
  const granted = current.filter((model) => isFor(model, action));
  const retired = granted[0];
  if (retired === undefined)
    return { outcome: 'refused', code: 'model_not_allowed', reason: 'action-not-granted', model: first };
  for (const model of granted) {
    const { state } = usability(model.lifecycle, nowSeconds);
    if (state !== 'retired') return { outcome: 'allowed', model, deprecated: state === 'deprecated' };
  }
  const { reason } = usability(retired.lifecycle, nowSeconds);
  const successor = models.find(({ id }) => id === retired.lifecycle.successor)?.id;
  return {
    outcome: 'refused',
    code: 'model_retired',
    // Stryker disable next-line ConditionalExpression: of a retired model `usability` gives no third reason; for the types.
    reason: reason === 'sunset-passed' ? reason : 'retired',
    model: retired,
    ...(successor === undefined ? {} : { successor }),
  };
}

/** All entries of the strongest name, in the order of their ids: two may share a native id, in two regions for instance. */
function candidates(models: readonly AllowedModel[], wanted: string, by: readonly Names[]): AllowedModel[] {
  for (const names of by) {
    const found = models.filter((model) => names(model).includes(wanted));
    if (found.length === 0) continue;
    // Stryker disable next-line EqualityOperator: no two entries of a tenant have one id.
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }
  return [];
}
