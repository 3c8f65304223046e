import { asTollgateError, TollgateError } from '../contract/errors.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../contract/log.ts';
import type { AllowedModel } from '../contract/model.ts';
import type { SessionPolicy } from '../policies/session.ts';

export interface UsableOptions {
  clock: Clock;
  write: WriteLine;
}

/**
 * The session policy of an entry. One whose policy cannot be built grants nothing, like one that is not there; it is
 * counted and alarmed, because only an operator can mend it.
 *
 * @param build throws what sessionPolicy throws
 * @throws TollgateError `model_not_allowed` with reason unusable-entry
 */
export function usablePolicy(
  { id }: AllowedModel,
  build: () => SessionPolicy,
  { clock, write }: UsableOptions,
): SessionPolicy {
  try {
    return build();
  } catch (cause) {
    const { reason, field } = asTollgateError(cause);
    const event = { event: 'unusable-entry', level: 'error' as const, model: id, reason, field };
    write(logLine(clock(), event, { [METRICS.unusableEntry]: 1 }));
    throw new TollgateError('model_not_allowed', { reason: 'unusable-entry', cause });
  }
}
