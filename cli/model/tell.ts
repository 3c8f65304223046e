import { AUTHORIZER_TTL_SECONDS } from '../../contract/limits/contract.ts';
import type { Change } from '../../registry/edit.ts';
import type { ModelEntry } from '../../registry/model.ts';
import { print } from '../print.ts';

/** What an edit says of when it is in force. */
export const WITHIN = `, everywhere within the authorizer’s cache time (${AUTHORIZER_TTL_SECONDS} s unless set otherwise)`;

export function tell({ entry, changed }: Change<ModelEntry>, done: string): void {
  print(changed ? `model ${entry.id}: ${done} (version ${entry.version})` : `model ${entry.id}: nothing to change`);
}
