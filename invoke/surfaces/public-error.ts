import { type Code, TollgateError } from '../../contract/errors.ts';

// Faults of an entry or a setting, found while a caller waits: nothing that this caller could mend by asking otherwise.
const OPERATORS_FAULT: ReadonlySet<Code> = new Set(['bad_setting', 'bad_arn', 'policy_too_large']);

/**
 * What a caller may read of an error.
 *
 * @returns the same error, or one that says less: a fault of ours becomes `internal`, and IAM's refusal cannot be told
 *   from our own, nor "not granted" from "does not exist"
 */
export function publicError(error: TollgateError): TollgateError {
  if (OPERATORS_FAULT.has(error.code)) return new TollgateError('internal', { cause: error });
  if (error.code === 'denied_by_iam' || error.code === 'model_not_allowed')
    return new TollgateError('model_not_allowed', { field: 'model', cause: error });
  return error;
}
