/** What is told to people, as it crosses from whoever finds it, by an event bus, to what delivers it. */

/**
 * budget: a part of a budget is used up. model-end: a model ends in so many days. drift: the registry and AWS do not agree.
 * evaluation: a model does not pass one any more, or is worse.
 */
export const ALERT_KINDS = ['budget', 'model-end', 'drift', 'evaluation'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export interface Alert {
  kind: AlertKind;
  /** Whose it is; absent: the stage's. */
  tenant?: string;
  /** A line. */
  subject: string;
  text: string;
}

/** What an event bus is told by: `source` and `detail-type`; the detail is an Alert and the name of its stage. */
export const ALERT_EVENT = { source: 'tollgate', detailType: 'Tollgate Alert' } as const;

/** The same of one that is to try a receiver; the detail names it: `{ to: 'ops' }`. No role may put it onto a bus. */
export const ALERT_TEST = 'Tollgate Alert Test';
