import { describe, expect, test } from 'vitest';
import { demandOf } from '../../../invoke/budgets/demand.ts';
import type { Members } from '../../../invoke/surfaces/fields.ts';
import { ownBody } from '../../../invoke/surfaces/openai/own.ts';
import { chatRequest } from '../../../invoke/surfaces/openai/request.ts';
import { bedrockModel } from './edge.ts';

/** 10,000 bytes, for which 5,000 tokens are reserved. */
const TEXT = 'word '.repeat(2_000);
const PNG = `data:image/png;base64,iVBORw0KGgo${'A'.repeat(4_000)}=`;

const said = (message: object) => ({ model: 'm', messages: [{ role: 'user', content: 'a' }, message] });
const asked = (members: object) => ({ model: 'm', messages: [{ role: 'user', content: 'a' }], ...members });
const call = { id: 'x', type: 'function', function: { name: 't', arguments: JSON.stringify({ a: TEXT }) } };
const described = (more: object) => [{ type: 'function', function: { name: 't', ...more } }];
const schema = { type: 'object', properties: { a: { description: TEXT } } };

/** Wherever a caller can put words for a model. */
const PLACES: [string, object][] = [
  ['what is said', said({ role: 'user', content: TEXT })],
  ['a part of it', said({ role: 'user', content: [{ type: 'text', text: TEXT }] })],
  ['a system message', said({ role: 'developer', content: TEXT })],
  ['a refusal', said({ role: 'assistant', refusal: TEXT })],
  ['what a tool was called with', said({ role: 'assistant', tool_calls: [call] })],
  ['what a tool answered', said({ role: 'tool', tool_call_id: 'x', content: TEXT })],
  [
    'a file of text',
    said({
      role: 'user',
      content: [{ type: 'file', file: { file_data: `data:text/plain;base64,${btoa(TEXT)}` } }],
    }),
  ],
  [
    'what was thought',
    said({ role: 'assistant', reasoning_details: [{ type: 'reasoning.text', text: TEXT, signature: 's' }] }),
  ],
  ['what a tool is for', asked({ tools: described({ description: TEXT }) })],
  ['what a tool takes', asked({ tools: described({ parameters: schema }) })],
  ['the form of the answer', asked({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } })],
  ['what ends the answer', asked({ stop: [TEXT] })],
];

describe('Q5: budgets reserve all that a chat completion has a model read', () => {
  test.each(PLACES)('over Converse: %s', (_, body) => {
    for (const id of ['anthropic.claude-sonnet-4-5-20250929-v1:0', 'amazon.nova-lite-v1:0']) {
      const model = bedrockModel('m', id);
      const { request } = chatRequest(body as Members, model);
      expect(reserved(model, 'converse', Buffer.from(JSON.stringify(request))).input).toBeGreaterThanOrEqual(5_000);
    }
  });

  const newer: [string, object][] = [
    ['a member that is newer than this gateway', asked({ brand_new: TEXT })],
    ['a member of one that is not', asked({ tools: described({ newer: TEXT }) })],
    ['a member that a message has newly', said({ role: 'assistant', content: 'a', newer: { type: TEXT } })],
    ['a part of a kind that is new', said({ role: 'user', content: [{ type: 'newer', newer: TEXT }] })],
    ['a picture, of a model that reads none', said({ role: 'user', content: [{ image_url: { url: PNG + PNG } }] })],
    ['labels, which this form has in its body', asked({ user: TEXT, metadata: { a: TEXT } })],
  ];
  test.each([...PLACES, ...newer])('in OpenAI’s own form: %s', (_, body) => {
    const model = bedrockModel('m', 'openai.gpt-oss-120b-1:0');
    const bytes = ownBody(Buffer.from(JSON.stringify(body)), body as Members, false, model);
    expect(reserved(model, 'invoke', bytes).input).toBeGreaterThanOrEqual(4_000);
  });

  test('a picture is a picture, in what a tool answered too', () => {
    const content = [{ type: 'image_url', image_url: { url: PNG } }];
    const model = bedrockModel('m', 'amazon.nova-lite-v1:0');
    for (const message of [
      { role: 'user', content },
      { role: 'tool', tool_call_id: 'x', content },
    ]) {
      const { request } = chatRequest({ ...said(message), tools: described({}) } as unknown as Members, model);
      const { input } = reserved(model, 'converse', Buffer.from(JSON.stringify(request)));
      expect(input).toBeGreaterThanOrEqual(5_000);
      expect(input).toBeLessThan(5_200);
    }
  });

  test('room to think is reserved where no limit is named', () => {
    const model = bedrockModel('m', 'anthropic.claude-sonnet-4-5-20250929-v1:0');
    const output = (more: object): number => {
      const { request } = chatRequest(asked(more) as unknown as Members, model);
      return reserved(model, 'converse', Buffer.from(JSON.stringify(request))).output;
    };
    expect(output({ reasoning_effort: 'high' }) - output({})).toBe(16_384);
    expect(output({ reasoning_effort: 'high', max_tokens: 4_000 })).toBe(4_000);
  });
});

function reserved(model: ReturnType<typeof bedrockModel>, operation: 'converse' | 'invoke', body: Uint8Array) {
  return demandOf({ operation, body, contentType: 'application/json', accept: 'application/json', headers: {} }, model);
}
