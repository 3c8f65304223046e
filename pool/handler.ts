import { lineWriter } from '../contract/log.ts';
import { poolSettings } from '../contract/settings.ts';
import type { PoolEvent } from './event.ts';
import { createTrigger } from './trigger.ts';

const { stage, providers } = poolSettings(process.env);
const trigger = createTrigger({
  providers,
  clock: () => Date.now(),
  write: lineWriter(process.stdout, stage),
});

/** What a user pool of Cognito asks before it keeps what a provider said, and before it gives out a token. */
export async function handler(event: PoolEvent): Promise<PoolEvent> {
  return trigger(event);
}
