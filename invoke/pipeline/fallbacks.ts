import { isTollgateError } from '../../contract/errors.ts';
import type { AllowedModel, Restrictions } from '../../contract/model.ts';
import { taskOfName } from '../../contract/task.ts';
import { baseModelOf, runtimeOf } from '../../policies/kinds.ts';
import { decideModel } from '../../registry/decide.ts';
import { placedUnder } from '../../registry/restrictions.ts';
import type { Budgeted } from '../budgets/budgeted.ts';
import type { Call, ProviderRequest } from '../call.ts';
import { NO_CHANGES } from '../grants/changes.ts';
import { jsonOf, member } from '../usage/json.ts';
import { type Chosen, prepared, SERVED_BY } from './choose.ts';
import { type Leg, type LegOptions, legOf } from './leg.ts';

/** Another model than the one that was asked for, and what was reserved for its answer. */
export interface Instead {
  leg: Leg;
  spending: Budgeted | undefined;
}

/**
 * What may answer a call when its own model cannot, one after another as it is asked for: what could not be asked this, or not be paid,
 * is passed over.
 *
 * @param held what the caller was granted
 * @param reserve from the budgets, at the prices of what may answer
 */
export async function* instead(
  { model, request: asked }: Chosen,
  held: readonly AllowedModel[],
  call: Call,
  reserve: (leg: Leg, call: Call) => Promise<Budgeted | undefined>,
  options: LegOptions & { clock: () => number },
): AsyncGenerator<Instead, void> {
  for (const other of fallbacksOf(model, held, call, Math.floor(options.clock() / 1000))) {
    if (call.passes === true && !readsAlike(model, other) && !isCommon(asked)) continue;
    try {
      const chosen = { model: other, request: prepared(other, call) };
      const leg = await legOf(call, chosen, other, { [SERVED_BY]: other.id }, options);
      // What is passed over has nothing to tell, of its budgets neither.
      let held: Record<string, string | undefined> | undefined = { ...NO_CHANGES };
      const tell: Call['tell'] = (headers) =>
        held === undefined ? call.tell?.(headers) : Object.assign(held, headers);
      const spending = await reserve(leg, { ...call, tell });
      call.tell?.(held);
      held = undefined;
      yield { leg, spending };
    } catch (refusal) {
      if (!isTollgateError(refusal)) throw refusal;
    }
  }
}

/**
 * In the order in which they are to be tried: what was granted, for this action, and by this path. None of theirs in turn, so that
 * there is no circle.
 */
export function* fallbacksOf(
  model: AllowedModel,
  held: readonly AllowedModel[],
  call: Pick<Call, 'action' | 'pinned' | 'later' | 'serves'>,
  nowSeconds: number,
): Generator<AllowedModel, void> {
  if (call.pinned === true || call.later === true || (call.action !== 'invoke' && call.action !== 'stream')) return;
  for (const id of model.fallbacks ?? []) {
    // By its id alone: whatever else a name may mean, nobody wrote it here.
    const own = held.filter((one) => one.id === id);
    const decision = decideModel(own, id, call.action, nowSeconds);
    if (decision.outcome === 'refused' || call.serves?.(decision.model) === false) continue;
    const other = isComparable(model, decision.model) ? underBoth(model, decision.model) : null;
    if (other !== null) yield other;
  }
}

/** A body that every model reads alike: Converse's, unless it has something of a model's own. */
function isCommon({ operation, body }: ProviderRequest): boolean {
  const isConverse = operation === 'converse' || operation === 'converse-stream';
  return isConverse && member(jsonOf(body), 'additionalModelRequestFields') === undefined;
}

/** `anthropic.claude`, `amazon.nova`: the bodies of each are of one form; those of the first Claudes are of another. */
const FAMILY = /^[a-z0-9-]+\.[a-z]+(?:-(?:v\d|instant))?/;

function readsAlike(one: AllowedModel, other: AllowedModel): boolean {
  if (one.dialects?.join() !== other.dialects?.join() || one.container !== other.container) return false;
  const [runtime, others] = [runtimeOf(one.target), runtimeOf(other.target)];
  if (runtime !== others || runtime === 'sagemaker-runtime') return runtime === others;
  const [family] = FAMILY.exec(baseModelOf(one.target)) ?? [];
  return family !== undefined && family === FAMILY.exec(baseModelOf(other.target))?.[0];
}

/**
 * Vectors of two models lie in two spaces: whoever keeps them beside each other would search in neither. And what is asked of a
 * prompt is no question without it.
 */
function isComparable(model: AllowedModel, other: AllowedModel): boolean {
  const isPrompt = ({ target }: AllowedModel): boolean => target.kind === 'bedrock-prompt';
  if (isPrompt(model) !== isPrompt(other)) return false;
  const [base, others] = [model, other].map(({ target }) => baseModelOf(target));
  const embeds = taskOfName(base ?? '') === 'embed' || model.container === 'tei';
  return !embeds || (base !== '' && base === others);
}

const known = new WeakMap<AllowedModel, WeakMap<AllowedModel, AllowedModel | null>>();

/** The same object each time, so that what is built for it is built once. */
function underBoth(model: AllowedModel, other: AllowedModel): AllowedModel | null {
  const ofModel = known.get(model) ?? new WeakMap<AllowedModel, AllowedModel | null>();
  known.set(model, ofModel);
  let found = ofModel.get(other);
  if (found === undefined) {
    found = strictOf(model, other);
    ofModel.set(other, found);
  }
  return found;
}

/**
 * A model as its own grant and that of the model which was asked for have it: a call that is bound to regions, a guardrail, a length or
 * tiers is so wherever it comes to be answered. Null: it cannot be.
 */
function strictOf(model: AllowedModel, other: AllowedModel): AllowedModel | null {
  const { guardrail, maxTokens, regions, tiers } = model;
  if (guardrail !== undefined && !isUnderSame(model, other)) return null;
  const both: Restrictions = {
    ...(maxTokens === undefined ? {} : { maxTokens: Math.min(maxTokens, other.maxTokens ?? maxTokens) }),
    ...(regions === undefined ? {} : { regions: shared(regions, other.regions) }),
    ...(tiers === undefined ? {} : { tiers: shared(tiers, other.tiers) }),
  };
  if (Object.keys(both).length === 0) return other;
  if (both.regions?.length === 0 || both.tiers?.length === 0) return null;
  const bound = { ...other, ...both };
  try {
    return { ...bound, ...placedUnder(bound, other) };
  } catch {
    return null;
  }
}

/** By the same, or by whoever's are over both: each region has its own. */
function isUnderSame(model: AllowedModel, other: AllowedModel): boolean {
  if (model.guardedBy !== undefined && model.guardedBy === other.guardedBy) return true;
  return JSON.stringify(model.guardrail) === JSON.stringify(other.guardrail);
}

function shared<T>(list: readonly T[], other: readonly T[] = list): T[] {
  return list.filter((item) => other.includes(item));
}
