import { ALERT_EVENT, ALERT_KINDS, ALERT_TEST, type Alert } from '../contract/alert.ts';
import { BUDGET_EVENT } from '../contract/budget.ts';
import type { Receiver } from '../registry/alert.ts';

/** What is told of an event, and to whom. */
export interface Message {
  subject: string;
  text: string;
  isFor(receiver: Receiver): boolean;
}

/**
 * @param event as EventBridge hands it over (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html), not trusted
 * @returns undefined for one that is not of ours
 */
export function messageOf(event: unknown): Message | undefined {
  const { source, 'detail-type': type, detail } = (event ?? {}) as Partial<Record<string, unknown>>;
  if (source !== ALERT_EVENT.source || detail === null || typeof detail !== 'object') return undefined;
  const said = detail as Record<string, unknown>;
  if (type === ALERT_TEST)
    return {
      subject: 'Tollgate: a test',
      text: `Somebody tries whether ${said.to} is told. Nothing has happened.`,
      isFor: ({ id }) => id === said.to,
    };
  const alert = type === BUDGET_EVENT.detailType ? budgetAlert(said) : type === ALERT_EVENT.detailType ? said : {};
  const { kind, tenant, subject, text } = alert as Partial<Alert>;
  if (typeof subject !== 'string' || typeof text !== 'string') return undefined;
  if (!ALERT_KINDS.some((known) => known === kind)) return undefined;
  return {
    subject,
    text,
    isFor: (receiver) =>
      receiver.kinds.some((wanted) => wanted === kind) && (receiver.tenant === undefined || receiver.tenant === tenant),
  };
}

/** @param said as invoke/budgets/announce.ts writes it */
function budgetAlert(said: Record<string, unknown>): Alert {
  const { tenant, budget, principal, model, window, resetsAt, unit, limit, used, threshold, enforcement } = said;
  const whose = [tenant, principal, model].filter((part) => part !== undefined).join(', ');
  const then = enforcement === 'hard' ? 'at the limit calls are refused' : 'it refuses nothing';
  return {
    kind: 'budget',
    tenant: String(tenant),
    subject: `Tollgate: budget ${budget} of ${tenant}, ${threshold} % used`,
    text: `Budget ${budget} of ${whose}: ${used} of ${limit} ${unit} used in ${window} (${threshold} %). It starts anew at ${resetsAt}; ${then}.`,
  };
}
