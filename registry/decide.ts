import type { CallerContext } from '../contract/context.ts';
import { appliedOf } from '../contract/guardrails.ts';
import type { AliasShare, AllowedModel, Purpose } from '../contract/model.ts';
import { targetsOf } from '../contract/places.ts';
import { distance } from '../contract/rendezvous.ts';
import { namesOf, nativeIdOf } from '../policies/kinds.ts';
import { hasExpired } from './entitled.ts';
import { usability } from './lifecycle.ts';

export type Decision =
  | {
      outcome: 'allowed';
      model: AllowedModel;
      deprecated: boolean;
      /** Of an alias: the other models that the call may go to, the next one first. */
      others?: AllowedModel[];
    }
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

/** Who calls, and in which call: what decides which model of an alias it is. */
export interface Asker {
  caller: Pick<CallerContext, 'tenant' | 'principal'>;
  requestId: string;
}

type Names = (model: AllowedModel) => readonly string[];

/** The names a model answers to, strongest first: a weaker one counts only where no entry has a stronger one. */
const NAMES: readonly Names[] = [
  (model) => [model.id],
  ({ aliases }) => aliases?.map(({ alias }) => alias) ?? [],
  (model) => targetsOf(model).map(nativeIdOf),
  (model) => targetsOf(model).flatMap((target) => namesOf(target).slice(0, 1)),
  (model) => targetsOf(model).flatMap(namesOf),
];

/** A guardrail answers to its id or ARN with its version, one that was granted also to its registry id; none of those has a colon. */
const GUARDRAIL_NAMES: readonly Names[] = [(model) => [model.id], guardrailNames];

/** `demo:1`, and the same of its ARN and registry id. */
function guardrailNames(model: AllowedModel): string[] {
  const own = model.target.kind === 'bedrock-guardrail' ? [model.id] : [];
  return appliedOf(model).flatMap(({ arn, version }) =>
    [...own, arn, arn.slice(arn.lastIndexOf('/') + 1)].map((name) => `${name}:${version}`),
  );
}

/** Whether a grant is for it. A guardrail that the holder runs no model under is none of its own. */
export function isFor(model: AllowedModel, purpose: Purpose): boolean {
  const { actions } = model;
  if (purpose === 'generate' || purpose === 'rerank') return actions.includes('invoke');
  if (purpose !== 'guard') return actions.includes(purpose);
  return appliedOf(model).length > 0 && actions.some((action) => action !== 'count');
}

/**
 * @param models what the tenant was granted; nothing else can be decided upon
 * @param wanted as the caller wrote it: a registry id, an alias, a target's own id, or a full ARN that the entry lists, which
 *   names the model and none of its places; of a guardrail its id or ARN and, after a colon, its version
 * @param nowSeconds seconds since 1970
 * @param asker absent: of an alias the model with the largest share
 */
export function decideModel(
  models: readonly AllowedModel[],
  wanted: string,
  action: Purpose,
  nowSeconds: number,
  asker?: Asker,
): Decision {
  const named = candidates(models, wanted, action === 'guard' ? GUARDRAIL_NAMES : NAMES, asker);
  const [first] = named;
  if (first === undefined) return { outcome: 'refused', code: 'model_not_allowed', reason: 'unknown-model' };
  const isCurrent = (model: AllowedModel): boolean => !hasExpired(model, nowSeconds);
  const current = named.filter(isCurrent);
  if (current.length === 0)
    return { outcome: 'refused', code: 'model_not_allowed', reason: 'grant-expired', model: first };
  const granted = current.filter((model) => isFor(model, action));
  const retired = granted[0];
  if (retired === undefined)
    return { outcome: 'refused', code: 'model_not_allowed', reason: 'action-not-granted', model: first };
  const atEnd = shareOf(retired, wanted)?.atEnd;
  const isLeft = ({ lifecycle }: AllowedModel): boolean => usability(lifecycle, nowSeconds).state !== 'retired';
  const left = atEnd === 'stop' && !isLeft(retired) ? [] : granted.filter(isLeft);
  if (left.length === 0 && atEnd === 'switch')
    left.push(...succeeding(granted, wanted, models, (one) => isCurrent(one) && isFor(one, action) && isLeft(one)));
  const [model, ...others] = left;
  if (model !== undefined) {
    const deprecated = usability(model.lifecycle, nowSeconds).state === 'deprecated';
    return { outcome: 'allowed', model, deprecated, ...(isByAlias(model, wanted) ? { others } : {}) };
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

/**
 * What comes after the models of an alias that have all ended: the first of their successors, and of theirs, that can answer. It
 * answers to the alias as they did.
 */
function succeeding(
  ended: readonly AllowedModel[],
  alias: string,
  models: readonly AllowedModel[],
  answers: (model: AllowedModel) => boolean,
): AllowedModel[] {
  // One whose successor is behind it again has been asked before.
  const asked = new Set(ended);
  for (const one of asked) {
    const next = models.find(({ id }) => id === one.lifecycle.successor);
    if (next === undefined) continue;
    if (answers(next)) return [{ ...next, aliases: [...(next.aliases ?? []), { alias, weight: 1 }] }];
    asked.add(next);
  }
  return [];
}

function shareOf({ aliases }: AllowedModel, alias: string): AliasShare | undefined {
  return aliases?.find((share) => share.alias === alias);
}

/** Whether it is an alias by which a model was named: its answer then says which model it is of. */
export function isByAlias({ id, aliases }: AllowedModel, wanted: string): boolean {
  return id !== wanted && aliases?.some(({ alias }) => alias === wanted) === true;
}

/**
 * All entries of the strongest name, in the order of their ids: two may share a native id, in two regions for instance. Those of
 * an alias are in an order of the asker's own, so that the shares of what cannot be called fall to the others as theirs are.
 */
function candidates(
  models: readonly AllowedModel[],
  wanted: string,
  by: readonly Names[],
  asker: Asker | undefined,
): AllowedModel[] {
  for (const names of by) {
    const found = models.filter((model) => names(model).includes(wanted));
    if (found.length === 0) continue;
    // Stryker disable next-line EqualityOperator: no two entries of a tenant have one id.
    found.sort((a, b) => (a.id < b.id ? -1 : 1));
    return found.some((model) => isByAlias(model, wanted)) ? inTurn(found, wanted, asker) : found;
  }
  return [];
}

/** The same for one asker wherever it is asked; over all of them each model is first as often as its weight says. */
function inTurn(models: readonly AllowedModel[], alias: string, asker: Asker | undefined): AllowedModel[] {
  const far = new Map(
    models.map((model) => {
      const { weight = 1, by } = shareOf(model, alias) ?? {};
      if (asker === undefined) return [model, -weight];
      const { caller, requestId } = asker;
      const key = by === 'request' ? requestId : `${caller.tenant}\n${caller.principal}`;
      return [model, distance(`${alias}\n${key}`, model.id, weight)];
    }),
  );
  return [...models].sort((a, b) => (far.get(a) ?? 0) - (far.get(b) ?? 0));
}
