import { api } from '../../api.ts';
import { type Standing, standingOfUsage, type UsageBudget } from './standing.ts';

/** Where the budgets stand that count my own calls; of those per principal mine alone. */
export async function myStanding(signal: AbortSignal): Promise<Standing[]> {
  const { body } = await api.get<{ budgets: UsageBudget[] }>('/v1/usage', { by: 'day' }, signal);
  return body.budgets.map(standingOfUsage);
}
