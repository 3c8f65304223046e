/** A value that is watched: who shows it is drawn anew when it is another, and nobody else. */
export class Store<T> {
  #value: T;
  readonly #watching = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const tell of [...this.#watching]) tell();
  }

  /** @returns ends it */
  watch(tell: () => void): () => void {
    this.#watching.add(tell);
    return () => this.#watching.delete(tell);
  }
}
