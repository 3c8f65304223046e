/** Lets at most `most` run at once, unless told to let more; the others wait, first come first served. */
export class Turns {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Begins all that wait. Until as many have ended, nobody who comes later begins. */
  hurry(): void {
    this.#running += this.#waiting.length;
    for (const begin of this.#waiting.splice(0)) begin();
  }

  /** Resolves with `run`'s outcome, begun when it is its turn. */
  async take<T>(run: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await run();
    } finally {
      // The place is handed on, never free in between, so that nobody who comes now gets ahead.
      const next = this.#running > this.#most ? undefined : this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
