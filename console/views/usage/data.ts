import { api } from '../../api.ts';
import type { Days } from '../../days.ts';
import type { Group, Usage } from './rows.ts';

/** What the caller’s tenant used, as the ledger has it. @throws ApiProblem */
export async function readUsage(days: Days, by: readonly Group[], signal: AbortSignal): Promise<Usage> {
  const { body } = await api.get<Usage>('/v1/usage', { ...days, by: by.join() }, signal);
  return body;
}
