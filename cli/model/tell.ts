import { AUTHORIZER_TTL_SECONDS } from '../../contract/limits/contract.ts';
import type { Change } from '../../registry/edit.ts';
import type { ModelEntry } from '../../registry/model.ts';
import { type Answer, edited } from '../answer.ts';

/** What an edit says of when it is in force. */
export const WITHIN = `, everywhere within the authorizer’s cache time (${AUTHORIZER_TTL_SECONDS} s unless set otherwise)`;

export function told(change: Change<ModelEntry>, done: string): Answer {
  const { id } = change.entry;
  return edited({ id, change, what: `model ${id}`, done });
}
