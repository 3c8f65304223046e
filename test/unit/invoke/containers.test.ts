import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asTollgateError } from '../../../contract/errors.ts';
import type { Container } from '../../../contract/model.ts';
import type { StreamEvent } from '../../../invoke/call.ts';
import { chatBody } from '../../../invoke/surfaces/containers/chat.ts';
import { chatAnswer, chatEvents } from '../../../invoke/surfaces/containers/chat-answer.ts';
import { asModelChunks } from '../../../invoke/surfaces/containers/chunks.ts';
import { generateAnswer, generateBody, generateEvents } from '../../../invoke/surfaces/containers/generate.ts';
import type { ConverseRequest } from '../../../invoke/surfaces/converse.ts';
import cases from '../../cases/containers.json' with { type: 'json' };

interface Case {
  form: 'chat' | 'generate';
  name: string;
  stream?: boolean;
  container?: Container;
  asked?: ConverseRequest;
  body?: object;
  refused?: string;
  answered?: unknown;
  answer?: object;
  streamed?: string;
  events?: [string, object][];
  fails?: string;
}

const FORMS = {
  chat: { request: chatBody, answer: chatAnswer, events: chatEvents },
  generate: { request: generateBody, answer: generateAnswer, events: generateEvents },
};
const all = cases as unknown as Case[];
const having = (member: keyof Case) => all.filter((one) => one[member] !== undefined);
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const part = (payload: Uint8Array): StreamEvent => ({ bytes: payload, type: 'PayloadPart', payload });
const read = (events: readonly StreamEvent[]) =>
  events.map(({ type, payload }) => [type, JSON.parse(Buffer.from(payload).toString('utf8'))]);

/** @param cuts where the stream is split */
function streamed({ form, streamed = '' }: Case, cuts: readonly number[] = []) {
  const bytes = Buffer.from(streamed);
  const events = FORMS[form].events(8);
  const at = [0, ...[...cuts].sort((a, b) => a - b), bytes.byteLength];
  const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
  return read([...pieces.flatMap((piece) => events(part(piece))), ...events(null)]);
}

describe('what a container is asked', () => {
  test.each(having('asked'))('$form: $name', ({ form, asked, stream = false, container = 'lmi', body, refused }) => {
    const request = (): unknown => plain(FORMS[form].request(asked as ConverseRequest, stream, container));
    if (refused === undefined) expect(request()).toEqual(body);
    else expect(request).toThrow(expect.objectContaining({ code: 'invalid_request', field: refused }));
  });

  test('names no model, which only one of them would look for', () => {
    const asked: ConverseRequest = { messages: [{ role: 'user', content: [{ text: 'a' }] }] };
    for (const { request } of Object.values(FORMS)) expect(request(asked, false, 'lmi')).not.toHaveProperty('model');
  });
});

describe('what a container answers', () => {
  test.each(having('answered'))('$form: $name', ({ form, answered, answer, fails }) => {
    const given = () => {
      const { output, stopReason, usage } = FORMS[form].answer(Buffer.from(JSON.stringify(answered)));
      return { content: output.message.content, stopReason, usage };
    };
    if (fails === undefined) expect(plain(given())).toEqual(answer);
    else expect(given).toThrow(expect.objectContaining({ code: fails }));
  });

  test.each(having('streamed'))('$form: $name', (one) => {
    if (one.fails === undefined) expect(streamed(one)).toEqual(one.events);
    else expect(() => streamed(one)).toThrow(expect.objectContaining({ code: one.fails }));
  });

  test('U3: is the same however its parts are cut, also within a character', () => {
    for (const one of having('events')) {
      const bytes = Buffer.byteLength(one.streamed ?? '');
      fc.assert(
        fc.property(fc.array(fc.nat(bytes), { maxLength: 40 }), (cuts) => {
          expect(streamed(one, cuts)).toEqual(one.events);
        }),
        { numRuns: 50 },
      );
    }
  });

  test('passes to a surface of its own form in the frames of a model of Bedrock', () => {
    const events = asModelChunks();
    const given = [
      ...events(part(Buffer.from('data: {"a":"é"}\n\ndata: {"b'))),
      ...events(part(Buffer.from('":2}\n\ndata: [DONE]\n'))),
    ];
    const chunks = read([...given, ...events(null)]);
    expect(chunks.map(([type]) => type)).toEqual(['chunk', 'chunk']);
    expect(chunks.map(([, { bytes }]) => Buffer.from(bytes, 'base64').toString('utf8'))).toEqual([
      '{"a":"é"}',
      '{"b":2}',
    ]);
  });

  test('a line that is no JSON breaks the stream, and is quoted nowhere', () => {
    const events = chatEvents();
    try {
      events(part(Buffer.from('data: private\n')));
      expect.unreachable();
    } catch (thrown) {
      const error = asTollgateError(thrown);
      expect(error.code).toBe('upstream_failed');
      expect(JSON.stringify([error.message, error.cause])).not.toContain('private');
    }
  });
});
