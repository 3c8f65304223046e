import type { Health } from './health.ts';

/** What the processes of a stage tell each other of places that cool, so that a thousand new ones do not each find out by a caller. */
export interface Shared {
  /** Puts into what this process knows of a place what others have told of it, as far as that has come. Asks for it anew when it is old. */
  learn(key: string, health: Health): void;
  /** Tells the others that it cools, if that is worth a write. Neither waits nor throws. */
  tell(key: string, health: Health, waitUntil?: (rest: Promise<unknown>) => void): void;
}
