import { describe, expect, test } from 'vitest';
import { STOPS } from '../../../../contract/usage.ts';
import type { Operation } from '../../../../invoke/call.ts';
import { readEvent } from '../../../../invoke/providers/frames.ts';
import { usageOfAnswer } from '../../../../invoke/usage/answer.ts';
import { type Stopped, stoppedIn } from '../../../../invoke/usage/stop.ts';
import { createStreamUsage } from '../../../../invoke/usage/stream.ts';
import { chunk, delta, frame, metadata, modelOf, requestOf } from '../core.ts';

const { target } = modelOf('nova');

const topics = { topics: [{ name: 'advice', type: 'DENY', action: 'BLOCKED' }] };
const words = { customWords: [{ match: 'x', action: 'BLOCKED' }], managedWordLists: [] };
const masked = { piiEntities: [{ type: 'NAME', match: 'Jane', action: 'ANONYMIZED' }], regexes: [] };
/** Found, and let through. */
const passed = { filters: [{ type: 'HATE', confidence: 'LOW', action: 'NONE', detected: true }] };
const units = { invocationMetrics: { usage: { topicPolicyUnits: 1, wordPolicyUnits: 1 } } };
const traceOf = (input: object, ...outputs: object[]) => ({
  guardrail: { inputAssessment: { g1: { ...input, ...units } }, outputAssessments: { g1: outputs } },
});
const BEDROCK = { action: 'amazon-bedrock-guardrailAction', trace: 'amazon-bedrock-trace' };

describe('why an answer ended', () => {
  test.each<[string, Operation, object, Stopped]>([
    ['Converse', 'converse', { stopReason: 'end_turn' }, { stop: 'end' }],
    ['Converse, at its limit', 'converse', { stopReason: 'max_tokens' }, { stop: 'length' }],
    ['Converse, full', 'converse', { stopReason: 'model_context_window_exceeded' }, { stop: 'length' }],
    ['Converse, with a tool', 'converse', { stopReason: 'tool_use' }, { stop: 'tool' }],
    ['Converse, a tool that is none', 'converse', { stopReason: 'malformed_tool_use' }, { stop: 'other' }],
    ['Converse, filtered', 'converse', { stopReason: 'content_filtered' }, { stop: 'filter' }],
    ['Converse, a word of tomorrow', 'converse', { stopReason: 'bored' }, { stop: 'other' }],
    ['Anthropic, refused', 'invoke', { stop_reason: 'refusal' }, { stop: 'refusal' }],
    ['Anthropic, at a sequence', 'invoke', { stop_reason: 'stop_sequence' }, { stop: 'end' }],
    ['OpenAI', 'invoke', { choices: [{ finish_reason: 'content_filter' }] }, { stop: 'filter' }],
    ['OpenAI, with a tool', 'invocations', { choices: [{ finish_reason: 'tool_calls' }] }, { stop: 'tool' }],
    ['Titan', 'invoke', { results: [{ completionReason: 'FINISHED' }] }, { stop: 'end' }],
    ['Mistral', 'invoke', { outputs: [{ stop_reason: 'length' }] }, { stop: 'length' }],
    ['Cohere', 'invoke', { finish_reason: 'ERROR_TOXIC' }, { stop: 'filter' }],
    ['TGI', 'invocations', { generated_text: '', details: { finish_reason: 'eos_token' } }, { stop: 'end' }],
    ['vectors', 'invoke', { embedding: [1] }, {}],
    ['nothing', 'converse', {}, {}],
    ['a stop that is no word', 'converse', { stopReason: { a: 1 } }, {}],
  ])('%s', (_, operation, body, expected) => {
    expect(stoppedIn(operation, body)).toEqual(expected);
    expect(usageOfAnswer(requestOf(operation), target, {}, Buffer.from(JSON.stringify(body)))).toMatchObject(expected);
  });

  test('is one of a closed list, whatever a container says', () => {
    for (const word of ['', 'x'.repeat(10_000), 'a "prompt"', 'STOP', '<script>'])
      expect([undefined, ...STOPS]).toContain(
        stoppedIn('invocations', { choices: [{ finish_reason: word }] }).stop as never,
      );
  });
});

describe('which policies of a guardrail intervened', () => {
  const stopReason = 'guardrail_intervened';
  test.each<[string, Operation, object, Stopped]>([
    ['Converse without a trace', 'converse', { stopReason }, { stop: 'guardrail', guardrail: 'other' }],
    [
      'Converse, of what was asked and what was answered, each once',
      'converse',
      { stopReason, trace: traceOf({ topicPolicy: topics }, { wordPolicy: words }, { topicPolicy: topics }) },
      { stop: 'guardrail', guardrail: 'topic,word' },
    ],
    [
      'Converse that only masked',
      'converse',
      { stopReason: 'end_turn', trace: traceOf({}, { sensitiveInformationPolicy: masked }) },
      { stop: 'end', guardrail: 'sensitive' },
    ],
    [
      'Converse that let through what it found',
      'converse',
      { stopReason: 'end_turn', trace: traceOf({ contentPolicy: passed }) },
      { stop: 'end' },
    ],
    [
      'reasoning that does not hold',
      'converse',
      { stopReason, trace: traceOf({}, { automatedReasoningPolicy: { findings: [{ valid: {} }, { invalid: {} }] } }) },
      { stop: 'guardrail', guardrail: 'reasoning' },
    ],
    [
      'grounding, and a policy of tomorrow',
      'converse',
      {
        stopReason,
        trace: traceOf(
          {},
          { contextualGroundingPolicy: { filters: topics.topics }, moodPolicy: { moods: topics.topics } },
        ),
      },
      { stop: 'guardrail', guardrail: 'grounding,other' },
    ],
    [
      'InvokeModel, whose own reason is as ever',
      'invoke',
      {
        stop_reason: 'end_turn',
        [BEDROCK.action]: 'INTERVENED',
        [BEDROCK.trace]: { guardrail: { input: { g1: { wordPolicy: words } } } },
      },
      { stop: 'guardrail', guardrail: 'word' },
    ],
    [
      'InvokeModel that it let through',
      'invoke',
      { stop_reason: 'end_turn', [BEDROCK.action]: 'NONE' },
      { stop: 'end' },
    ],
    [
      'ApplyGuardrail, which runs no model',
      'apply-guardrail',
      { action: 'GUARDRAIL_INTERVENED', assessments: [{ sensitiveInformationPolicy: masked }] },
      { guardrail: 'sensitive' },
    ],
    [
      'ApplyGuardrail that found nothing',
      'apply-guardrail',
      { action: 'NONE', assessments: [{ contentPolicy: passed }] },
      {},
    ],
  ])('%s', (_, operation, body, expected) => {
    expect(stoppedIn(operation, body)).toEqual(expected);
    const usage = usageOfAnswer(requestOf(operation), target, {}, Buffer.from(JSON.stringify(body)));
    expect({ stop: usage.stop, guardrail: usage.guardrail }).toEqual({ ...expected });
  });

  test('a trace nested a hundred thousand levels deep does not crash', () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    expect(stoppedIn('converse', { trace: JSON.parse(deep) })).toEqual({});
  });
});

describe('in a stream', () => {
  const read = (operation: Operation, events: Uint8Array[]): Stopped => {
    const usage = createStreamUsage(requestOf(operation), target, {});
    for (const event of events) usage.see(readEvent(event));
    const { stop, guardrail } = usage.usage();
    return { ...(stop && { stop }), ...(guardrail && { guardrail }) };
  };
  const trace = traceOf({ contentPolicy: { filters: topics.topics } });

  test('Converse says why in one event and by which policy in the next', () => {
    const events = [delta('hi'), frame('messageStop', { stopReason: 'guardrail_intervened' })];
    expect(read('converse-stream', events)).toEqual({ stop: 'guardrail', guardrail: 'other' });
    expect(read('converse-stream', [...events, metadata(1, 1)])).toEqual({ stop: 'guardrail', guardrail: 'other' });
    const traced = frame('metadata', { usage: { inputTokens: 1, outputTokens: 1 }, trace });
    expect(read('converse-stream', [...events, traced])).toEqual({ stop: 'guardrail', guardrail: 'content' });
    expect(read('converse-stream', [frame('messageStop', { stopReason: 'end_turn' }), metadata(1, 1)])).toEqual({
      stop: 'end',
    });
  });

  test('InvokeModel’s last word is Bedrock’s own, before or after the model’s', () => {
    const ends = chunk({ type: 'message_delta', delta: { stop_reason: 'end_turn' } });
    const stopped = chunk({ type: 'message_stop', [BEDROCK.action]: 'INTERVENED', [BEDROCK.trace]: trace });
    expect(read('invoke-with-response-stream', [ends])).toEqual({ stop: 'end' });
    for (const events of [
      [ends, stopped],
      [stopped, ends],
    ])
      expect(read('invoke-with-response-stream', events)).toEqual({ stop: 'guardrail', guardrail: 'content' });
  });

  test('one that broke off tells nothing', () => {
    expect(read('converse-stream', [delta('hi')])).toEqual({});
  });

  test('a container’s server-sent events say so in their last chunk', () => {
    const usage = createStreamUsage(requestOf('invocations-response-stream'), target, {});
    const lines = ['{"choices":[{"finish_reason":null}]}', '{"choices":[{"finish_reason": "length"}]}', '[DONE]'];
    for (const line of lines) {
      const payload = Buffer.from(`data: ${line}\n\n`);
      usage.see({ bytes: payload, type: 'PayloadPart', payload });
    }
    expect(usage.usage().stop).toBe('length');
  });
});
