import type { Code, TollgateError } from '../../contract/errors.ts';
import { type LogEvent, METRICS, type Metric } from '../../contract/log.ts';
import type { AllowedModel } from '../../contract/model.ts';
import type { SessionPolicy } from '../../policies/session.ts';
import type { Call } from '../call.ts';

/** What AWS answers that no caller can mend, so that someone else has to hear of it. */
const ALARMS: Partial<Record<Code, { event: string; metric: Metric }>> = {
  // Our code allowed what IAM refuses: the two walls disagree.
  denied_by_iam: { event: 'denied-by-iam', metric: METRICS.deniedByIam },
  // IAM let it pass; the account has not subscribed to the model, or not filled in its vendor's form.
  model_not_enabled: { event: 'model-not-subscribed', metric: METRICS.modelNotSubscribed },
};

/** @returns the line's event and its metric, or undefined where nobody needs to be told */
export function alarmOf(
  { code, detail }: TollgateError,
  { requestId, caller, action }: Call,
  { id, target }: AllowedModel,
  { hash }: SessionPolicy,
  invocationId: string,
): [LogEvent, Partial<Record<Metric, number>>] | undefined {
  const alarm = ALARMS[code];
  if (alarm === undefined) return undefined;
  const { event, metric } = alarm;
  const { tenant } = caller;
  const { region } = target;
  return [
    { event, level: 'error', invocationId, requestId, tenant, model: id, region, action, policyHash: hash, detail },
    { [metric]: 1 },
  ];
}
