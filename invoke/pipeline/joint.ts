import type { Budget } from '../../contract/budget.ts';
import { TollgateError } from '../../contract/errors.ts';
import type { AllowedModel, Beside, Purpose, Target } from '../../contract/model.ts';
import { type Part, type SessionPolicy, sessionPolicy } from '../../policies/session.ts';
import { decideBeside, partBeside } from '../../registry/beside.ts';
import { type UsableOptions, usablePolicy } from '../../sessions/usable.ts';
import type { Call } from '../call.ts';
import type { CallerEntries } from '../exchange.ts';

/** What a call uses beside what it calls, granted like that. */
export interface Joint {
  /** The call, which is prepared for all of it. */
  readonly call: Call;
  /** For whoever decides again: by registry ids. */
  readonly beside: Beside[];
  /**
   * The one session for what is called in one of its places, and for the rest beside it.
   *
   * @throws TollgateError `invalid_request` where the rest is not there
   */
  at(under: AllowedModel, action: Purpose, options: UsableOptions): { policy: SessionPolicy; targets: Target[] };
}

/** @throws TollgateError as a call of each by itself would be refused; `forbidden` where a budget could not count it */
export function jointOf(call: Call, wanted: readonly Beside[], held: CallerEntries, nowSeconds: number): Joint {
  const used = wanted.map((one) => ({ ...one, entry: decideBeside(held.models, one, nowSeconds, call) }));
  for (const { entry, actions } of used) checkCountable(entry.id, actions, held.budgets);
  const entries = used.map(({ entry }) => entry);
  return {
    call: { ...call, prepare: (model) => call.prepare(model, entries) },
    beside: used.map(({ entry, actions }) => ({ model: entry.id, actions })),
    at(under, action, options) {
      const parts: Part[] = used.map(({ entry, actions }) => partBeside(under, entry, { actions }));
      const build = () => sessionPolicy(under.target, [action], under, parts);
      return { policy: usablePolicy(under, build, options), targets: parts.map(({ target }) => target) };
    },
  };
}

/**
 * Bedrock tells of such a call neither what its model read and wrote nor what it cost: it is on the record of what is called, as
 * one call. A hard budget of the model's own, or of tokens, would be passed by unseen.
 */
function checkCountable(id: string, actions: Beside['actions'], budgets: readonly Budget[]): void {
  const counts = ({ per, only = id, unit, enforcement }: Budget): boolean =>
    enforcement === 'hard' &&
    unit !== 'credentials' &&
    (per === 'model' ? only === id : unit === 'tokens' && !actions.includes('rerank'));
  if (!budgets.some(counts)) return;
  throw new TollgateError('forbidden', {
    reason: 'uncountable',
    message: `A budget bounds what ${id} is used for, and Bedrock does not tell what it is used for here: call it by itself.`,
  });
}
