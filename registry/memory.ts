import { REGISTRY_MEMORY_MAX } from '../contract/limits/registry.ts';
import type { Clock } from '../contract/log.ts';

/** What was read lately, by id: for at most `maxAgeMs` after it was read, and at most REGISTRY_MEMORY_MAX of it. */
export class Memory<T> {
  readonly #kept = new Map<string, { value: T; at: number }>();
  readonly #clock: Clock;
  readonly #maxAgeMs: number;

  constructor(clock: Clock, maxAgeMs: number) {
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  get(id: string): T | undefined {
    const found = this.#kept.get(id);
    if (found === undefined) return undefined;
    const age = this.#clock() - found.at;
    // A clock that was set back must not keep an entry for longer.
    if (age >= 0 && age < this.#maxAgeMs) return found.value;
    this.#kept.delete(id);
    return undefined;
  }

  set(id: string, value: T): void {
    this.#kept.delete(id);
    this.#kept.set(id, { value, at: this.#clock() });
    if (this.#kept.size <= REGISTRY_MEMORY_MAX) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }
}
