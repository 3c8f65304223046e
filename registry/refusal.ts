import { TollgateError } from '../contract/errors.ts';
import type { Decision } from './decide.ts';
import type { DirectDecision } from './direct.ts';

type Refused = Extract<Decision | DirectDecision, { outcome: 'refused' }>;

/** A refusal as the error that ends the call. The log names the entry only if the tenant holds it; the caller never. */
export function refusalOf({ code, reason, successor, model }: Refused): TollgateError {
  return new TollgateError(code, {
    reason,
    ...(model === undefined ? {} : { detail: { model: model.id } }),
    ...(successor === undefined ? {} : { successor }),
  });
}
