import { Badge, type Tone } from '../../ui/badge.tsx';
import { stateOf, type Tenant, type TenantState } from './entries.ts';

const TONES: Record<TenantState, Tone> = { active: 'good', suspended: 'bad', ended: 'bad', offboarded: 'neutral' };

/** Whether its calls are answered, in a word. */
export function State({ of }: { of: Tenant }) {
  const state = stateOf(of);
  return <Badge tone={TONES[state]}>{state}</Badge>;
}
