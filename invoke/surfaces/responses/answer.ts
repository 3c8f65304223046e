import type { TollgateError } from '../../../contract/errors.ts';
import type { StreamEvent } from '../../call.ts';
import { type ConverseAnswer, cutShort, isFault, malformedAnswer, members, parse, textOf } from '../converse.ts';
import type { Reading } from '../openai/asked.ts';
import { openaiError } from '../openai/error.ts';
import { serviceTier } from '../openai/usage.ts';
import { publicError } from '../public-error.ts';
import { createItems } from './output.ts';
import { incompleteReason, type ResponseBase, responseUsage } from './response.ts';

/** Takes one event of a stream. @param json the event, written */
export type Emit = (type: string, json: string) => void;

export interface Answer {
  /** Tells that it begins; the first event does so, too. */
  begin(): void;
  /** One of ConverseStream's. @throws TollgateError for what is not JSON */
  event(event: Pick<StreamEvent, 'type' | 'payload'>): void;
  /** After the last one. @returns the response @throws TollgateError when what came was not a whole answer */
  end(): ResponseBase;
  /** Instead of `end`. @returns the response as it failed */
  broken(error: TollgateError): ResponseBase;
}

/**
 * ConverseStream's events -> those of a response, in their order
 * (https://platform.openai.com/docs/api-reference/responses-streaming), numbered from 0, and the response that comes of them.
 * A break, or an answer that ends as malformed, is `response.failed` and an error event, which the SDK raises.
 * For one answer; it remembers what has passed.
 *
 * @param given as it begins
 */
export function createAnswer(base: ResponseBase, reading: Reading, emit: Emit): Answer {
  let number = 0;
  let begun = false;
  let stopReason: unknown;
  let usage: unknown;
  let tier: object = {};
  const tell = (type: string, more: object): void =>
    emit(type, `{"type":"${type}","sequence_number":${number++},${JSON.stringify(more).slice(1)}`);
  const items = createItems(base, reading, tell);

  function begin(): void {
    if (begun) return;
    begun = true;
    tell('response.created', { response: base });
    tell('response.in_progress', { response: base });
  }

  return {
    begin,
    event({ type, payload }) {
      begin();
      switch (type) {
        case 'contentBlockStart': {
          const { start } = members(parse(payload));
          const { toolUse } = members(start);
          if (toolUse !== undefined) items.called(members(toolUse));
          return;
        }
        case 'contentBlockDelta': {
          const { delta } = members(parse(payload));
          items.more(members(delta));
          return;
        }
        case 'contentBlockStop':
          items.stopped();
          return;
        case 'messageStop':
          ({ stopReason } = members(parse(payload)));
          return;
        case 'metadata': {
          const metadata = members(parse(payload));
          ({ usage } = metadata);
          tier = serviceTier(metadata.serviceTier);
        }
      }
    },
    end() {
      if (stopReason === undefined) throw cutShort();
      if (isFault(stopReason)) throw malformedAnswer();
      begin();
      const reason = incompleteReason(stopReason);
      const status = reason === undefined ? 'completed' : 'incomplete';
      const output = items.end(status);
      const incomplete_details = reason === undefined ? null : { reason };
      const response = { ...base, status, incomplete_details, output, usage: responseUsage(usage), ...tier };
      tell(`response.${status}`, { response });
      return response;
    },
    broken(error) {
      const { message, code, param } = openaiError(publicError(error)).body.error;
      const response = { ...base, status: 'failed', error: { code, message }, output: items.end('incomplete') };
      if (begun) tell('response.failed', { response });
      tell('error', { code, message, param });
      return response;
    },
  };
}

/** The same of a whole answer. */
export function responseOf(base: ResponseBase, answer: ConverseAnswer, reading: Reading): ResponseBase {
  const items = createItems(base, reading, () => {});
  for (const block of answer.output.message.content) {
    const { toolUse, reasoningContent } = block;
    const text = textOf(block);
    if (toolUse !== undefined) {
      const { input = {}, ...call } = members(toolUse);
      items.called(call);
      items.more({ toolUse: { input: JSON.stringify(input) } });
    }
    if (reasoningContent !== undefined) {
      const { reasoningText, redactedContent } = members(reasoningContent);
      items.more({ reasoningContent: { ...members(reasoningText), redactedContent } });
    }
    if (text !== undefined) items.more({ text });
    items.stopped();
  }
  const reason = incompleteReason(answer.stopReason);
  const status = reason === undefined ? 'completed' : 'incomplete';
  return {
    ...base,
    status,
    incomplete_details: reason === undefined ? null : { reason },
    output: items.end(status),
    usage: responseUsage(answer.usage),
    ...serviceTier(answer.serviceTier),
  };
}
