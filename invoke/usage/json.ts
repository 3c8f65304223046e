/** Reading what a provider or a caller wrote, of which nothing is taken for granted. */

/** @returns undefined for what is not JSON */
export function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    return undefined;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** A member of the value's own; undefined where there is none, and of what is no object. */
export function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** An array too. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}

/** Whether it is a whole number of 0 or more that is held exactly. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A value as JSON without white space; undefined where it is nested deeper than the language can write. */
export function written(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Bytes by which the numbers in a JSON text are longer than they are held: whoever reads them may read them as they stand. */
export function unheldBytes(bytes: Uint8Array): number {
  let unheld = 0;
  const see = (_: string, value: unknown, { source = '' }: { source?: string }): unknown => {
    if (typeof value === 'number') unheld += Math.max(0, source.length - JSON.stringify(value).length);
    return value;
  };
  try {
    JSON.parse(textOf(bytes), see as Parameters<typeof JSON.parse>[1]);
  } catch {
    // What is no JSON, or too deep, is counted by all its bytes.
  }
  return unheld;
}
