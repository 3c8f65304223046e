import type { Json } from '../../../contract/json.ts';
import { members } from '../converse.ts';
import { invalid } from '../fields.ts';
import type { Thought } from '../openai/blocks.ts';

/**
 * A thought as `encrypted_content` carries it: the text with the signature by which its model takes it back, or all of it in a form
 * that only its maker reads. Clients keep this member and may drop every other of the item. It hides nothing from its caller, and
 * what a caller changes of it the model refuses.
 */
export function sealedThought(thought: Thought): string {
  return Buffer.from(JSON.stringify(thought)).toString('base64url');
}

/** @returns none where there is nothing to be taken back @throws TollgateError `invalid_request` for what no answer here had */
export function openedThought(sealed: Json | undefined, at: string): Thought {
  if (sealed == null) return {};
  const { text, signature, data } = members(parsed(Buffer.from(String(sealed), 'base64url').toString('utf8')));
  if (typeof data === 'string') return { data };
  if (typeof text === 'string' && typeof signature === 'string') return { text, signature };
  throw invalid(at, 'must be as an answer of this gateway had it');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
