import { TollgateError } from '../../../contract/errors.ts';
import type { Json } from '../../../contract/json.ts';
import type { AskedHeaders } from '../../exchange.ts';
import { setMember, withMembers } from '../../grants/member.ts';
import { members, parse } from '../converse.ts';
import { type Members, unsupported } from '../fields.ts';

/**
 * The request as Claude itself takes it by InvokeModel
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html): the
 * caller's own bytes, but for what the path, a header or the version says there.
 */

const VERSION = 'bedrock-2023-05-31';
export const TIER_HEADER = 'x-amzn-bedrock-service-tier';

/**
 * Marks of the client that is calling. They turn on nothing, and some of Bedrock's models refuse a request for them ("invalid
 * beta flag").
 */
const MARKS: ReadonlySet<string> = new Set(['claude-code-20250219', 'oauth-2025-04-20']);

/** @throws TollgateError `invalid_request` for a value that is no list of flags */
export function betasOf(headers: AskedHeaders): string[] {
  const field = 'anthropic-beta';
  const flags = (headers.get(field) ?? '')
    .split(',')
    .map((flag) => flag.trim())
    .filter((flag) => flag !== '');
  for (const flag of flags)
    if (!/^[\w.-]{1,128}$/.test(flag)) throw new TollgateError('invalid_request', { field, reason: 'header-value' });
  return flags.filter((flag) => !MARKS.has(flag));
}

export function ownBody(bytes: Uint8Array, body: Members, betas: readonly string[]): Uint8Array {
  return withMembers(bytes, {
    model: undefined,
    stream: undefined,
    service_tier: undefined,
    ...version(body),
    ...flags(body, betas),
  });
}

/** The same for CountTokens: a whole request, though how long its answer may be counts for nothing. */
export function countedBody(bytes: Uint8Array, body: Members, betas: readonly string[]): Uint8Array {
  const { max_tokens, thinking } = body;
  const budget = (thinking as Members | null | undefined)?.budget_tokens;
  return withMembers(bytes, {
    model: undefined,
    ...(max_tokens == null ? { max_tokens: (typeof budget === 'number' ? budget : 0) + 1 } : {}),
    ...version(body),
    ...flags(body, betas),
  });
}

function version({ anthropic_version }: Members): { anthropic_version?: string } {
  return anthropic_version == null ? { anthropic_version: VERSION } : {};
}

function flags({ anthropic_beta }: Members, betas: readonly string[]): { anthropic_beta?: Json } {
  if (betas.length === 0) return {};
  return { anthropic_beta: [...new Set([...(Array.isArray(anthropic_beta) ? anthropic_beta : []), ...betas])] };
}

/** Which InvokeModel's own stop reason does not tell: it stays `end_turn`. */
const STOPPED = 'amazon-bedrock-guardrailAction';

/** Whether Bedrock says beside Claude's own members that a guardrail stopped the answer. */
export function isStopped(json: Uint8Array): boolean {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  return bytes.includes(STOPPED) && members(parse(bytes))[STOPPED] === 'INTERVENED';
}

/** A whole answer of Claude's, which ends as ever where a guardrail has put its words in the place of the model's. */
export function shownStop(answer: Uint8Array): Uint8Array {
  return isStopped(answer) ? setMember(answer, ['stop_reason'], 'refusal') : answer;
}

/** How the call is sold is a header of InvokeModel's. Anthropic's own two ask for what a call is that names none. */
export function ownHeaders({ service_tier: tier }: Members): Record<string, string> {
  if (typeof tier !== 'string' || tier === 'auto' || tier === 'standard_only') return {};
  return { [TIER_HEADER]: tier };
}

/**
 * That nothing in the conversation is to be fetched, by whomever: a picture's or a document's address would be.
 *
 * @throws TollgateError `invalid_request` naming the source
 */
export function checkSources({ messages, system }: Members): void {
  const check = (content: Json | undefined, at: string): void => {
    if (!Array.isArray(content)) return;
    for (const [index, block] of content.entries()) {
      if (block === null || typeof block !== 'object' || Array.isArray(block)) continue;
      const { source, content: inner } = block;
      if (source !== null && typeof source === 'object' && !Array.isArray(source)) {
        if (source.type === 'url' || source.url !== undefined)
          throw unsupported(
            `${at}[${index}].source`,
            "An address is never fetched here: send the data itself, with source.type 'base64'.",
          );
        check(source.content, `${at}[${index}].source.content`);
      }
      check(inner, `${at}[${index}].content`);
    }
  };
  check(system, 'system');
  if (Array.isArray(messages))
    for (const [index, message] of messages.entries())
      check((message as Members | null)?.content, `messages[${index}].content`);
}
