import { TollgateError } from '../contract/errors.ts';
import { SESSION_POLICY_MAX_CHARS } from '../contract/limits/policies.ts';

/**
 * The 2,048 characters that STS takes for an inline session policy. The SDK does not check them, and a policy cut to fit
 * would be another policy, so it is an error and never a truncation.
 *
 * @param text the policy as it would be sent
 * @throws TollgateError `policy_too_large` whose detail holds `chars` and `max`
 */
export function assertFits(text: string, field = 'target'): void {
  if (text.length <= SESSION_POLICY_MAX_CHARS) return;
  throw new TollgateError('policy_too_large', {
    field,
    reason: 'session-policy-size',
    detail: { chars: text.length, max: SESSION_POLICY_MAX_CHARS },
    message: `The session policy takes ${text.length} characters; STS allows ${SESSION_POLICY_MAX_CHARS}.`,
  });
}
