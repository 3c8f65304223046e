type Step = () => Promise<void>;

/** What was opened, to be closed in the opposite order, whether the start came to its end or not. */
export class Teardown {
  readonly #steps: Step[] = [];
  #done: Promise<void> | undefined;

  add(step: Step): void {
    this.#steps.push(step);
  }

  /**
   * Registers the closing of what is being opened at once, so that a neighbour's failure meanwhile cannot leave it open.
   */
  opening<T>(opened: Promise<T>, close: (it: T) => Promise<void>): Promise<T> {
    this.add(async () => {
      const it = await opened.catch(() => undefined);
      if (it !== undefined) await close(it);
    });
    return opened;
  }

  /** Closes everything once. A step that fails does not keep the ones before it open. @throws the first failure */
  run(): Promise<void> {
    this.#done ??= this.#run();
    return this.#done;
  }

  async #run(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.toReversed()) await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}
