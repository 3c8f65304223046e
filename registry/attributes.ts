import type { Document, Plain } from './items.ts';

/** DynamoDB's wire form of a value, as far as this room writes it. */
export type Attribute =
  | { S: string }
  | { N: string }
  | { BOOL: boolean }
  | { NULL: true }
  | { L: Attribute[] }
  | { M: Record<string, Attribute> };

/** @returns the attributes of a document; items are native maps and lists, so that they can be edited in the console */
export function toAttributes(document: Document): Record<string, Attribute> {
  return Object.fromEntries(Object.entries(document).map(([name, value]) => [name, toAttribute(value)]));
}

function toAttribute(value: Plain): Attribute {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'number') return { N: String(value) };
  return Array.isArray(value) ? { L: value.map(toAttribute) } : { M: toAttributes(value) };
}

/**
 * @param attributes as the SDK returned them; edited by hand they may hold anything
 * @returns a document; a type that no document has (binary) becomes null, which every schema refuses by name
 */
export function fromAttributes(attributes: Readonly<Record<string, object>>): Document {
  // fromEntries defines members, it does not assign them: an attribute named __proto__ stays an attribute.
  return Object.fromEntries(Object.entries(attributes).map(([name, attribute]) => [name, fromAttribute(attribute)]));
}

function fromAttribute(attribute: object): Plain {
  const { S, N, BOOL, L, M, SS } = attribute as {
    S?: string;
    N?: string;
    BOOL?: boolean;
    L?: object[];
    M?: Record<string, object>;
    SS?: string[];
  };
  if (S !== undefined) return S;
  if (N !== undefined) return Number(N);
  if (BOOL !== undefined) return BOOL;
  if (L !== undefined) return L.map(fromAttribute);
  if (M !== undefined) return fromAttributes(M);
  // The console offers a string set for a list of words, and people take it.
  return SS ?? null;
}
