import { describe, expect, test } from 'vitest';
import type { AllowedModel } from '../../../contract/model.ts';
import { restrict } from '../../../invoke/grants/restrict.ts';
import { requestOf } from './core.ts';
import { call, edge, nova, post, whole } from './edge.ts';

const arn = 'arn:aws:bedrock:us-east-1:111122223333:guardrail/demo';
const guarded: AllowedModel = { ...nova, guardrail: { arn, version: '1' } };
const CONFIG = `"guardrailConfig":{"guardrailIdentifier":"${arn}","guardrailVersion":"1","trace":"enabled"}`;
const HEADERS = { 'x-amzn-bedrock-guardrailidentifier': arn, 'x-amzn-bedrock-guardrailversion': '1' };
/** By which the gateway itself hears which policy intervened. */
const TRACE = { 'x-amzn-bedrock-trace': 'ENABLED' };

/** What goes out for what a caller sent, the surface's part and the pipeline's. */
async function sent(operation: string, body: string, headers: Record<string, string> = {}, model = guarded) {
  const { app, calls } = edge(() => whole(model, {}), model);
  const answer = await call(app, post(`/model/nova-lite/${operation}`, body, headers));
  const request = calls[0] === undefined ? undefined : restrict(calls[0].request, model);
  return {
    status: answer.statusCode,
    said: answer.text,
    body: request && Buffer.from(request.body).toString(),
    headers: request?.headers,
  };
}

describe('P10: the guardrail that a grant demands', () => {
  test.each([
    ['{ "messages":[], "n":1.0}', `{${CONFIG}, "messages":[], "n":1.0}`],
    ['{}', `{${CONFIG}}`],
    [
      `{"guardrailConfig":{"guardrailIdentifier":"${arn}","guardrailVersion":"1"}}`,
      `{"guardrailConfig":{"trace":"enabled","guardrailIdentifier":"${arn}","guardrailVersion":"1"}}`,
    ],
    [
      '{"guardrailConfig":{"trace":"disabled","guardrailIdentifier":"demo","guardrailVersion":"1","streamProcessingMode":"sync"}}',
      `{"guardrailConfig":{"trace":"enabled","guardrailIdentifier":"${arn}","guardrailVersion":"1","streamProcessingMode":"sync"}}`,
    ],
  ])('is put on a conversation: %s', async (body, expected) => {
    for (const operation of ['converse', 'converse-stream'])
      expect(await sent(operation, body)).toMatchObject({ status: 200, body: expected, headers: {} });
  });

  test.each([
    ['none', {}],
    ['the same', HEADERS],
    ['the same by its id', { ...HEADERS, 'x-amzn-bedrock-guardrailidentifier': 'demo' }],
  ])('is put on InvokeModel in headers, its body untouched, where the caller sends %s', async (_, headers) => {
    for (const operation of ['invoke', 'invoke-with-response-stream'])
      expect(await sent(operation, '{ "a":1 }', headers)).toMatchObject({
        body: '{ "a":1 }',
        headers: { ...HEADERS, ...TRACE },
      });
  });

  test('says whose it is', () => {
    const told = (model: AllowedModel) => {
      let said = {};
      restrict(requestOf('converse', { messages: [] }), model, (change) => {
        said = change;
      });
      return said;
    };
    const by = (whose: string) => ({ 'x-tollgate-guardrail': `demo; version=1; by=${whose}` });
    expect(told(guarded)).toMatchObject(by('grant'));
    for (const guardedBy of ['tenant', 'stage'] as const)
      expect(told({ ...guarded, guardedBy })).toMatchObject(by(guardedBy));
    expect(told({ ...guarded, useCase: 'drafts' })).toMatchObject(by('use-case'));
  });

  test('is not put on counting, which runs nothing', async () => {
    expect(await sent('count-tokens', '{"input":{}}')).toMatchObject({ body: '{"input":{}}', headers: {} });
  });

  test('is put on a translated call, too', () => {
    const { body } = restrict(requestOf('converse', { messages: [] }), guarded);
    expect(Buffer.from(body).toString()).toBe(`{${CONFIG},"messages":[]}`);
  });
});

describe('a guardrail whose streams are shown while they are judged', () => {
  const model: AllowedModel = { ...guarded, guardrail: { arn, version: '1', mode: 'async' } };
  const STEERING = 'amazon-bedrock-guardrailConfig';
  const CONVERSE = `${CONFIG.slice(0, -1)},"streamProcessingMode":"async"}`;
  const own = (mode: string) =>
    `{"guardrailConfig":{"guardrailIdentifier":"demo","guardrailVersion":"1","streamProcessingMode":"${mode}"}}`;
  const whole = (mode: string) =>
    own(mode).replace('demo', arn).replace('{"guardrailId', '{"trace":"enabled","guardrailId');
  const steered = (mode: string) => `{"${STEERING}":{"streamProcessingMode":"${mode}"}}`;

  test.each([
    ['converse-stream', '{}', `{${CONVERSE}}`],
    ['converse', '{}', `{${CONFIG}}`],
    ['converse-stream', own('sync'), whole('sync')],
    ['converse-stream', own('async'), whole('async')],
    ['invoke-with-response-stream', '{}', steered('ASYNCHRONOUS')],
    ['invoke-with-response-stream', '{"a":1}', `{"${STEERING}":{"streamProcessingMode":"ASYNCHRONOUS"},"a":1}`],
    ['invoke-with-response-stream', steered('SYNCHRONOUS'), steered('SYNCHRONOUS')],
    ['invoke-with-response-stream', steered('ASYNCHRONOUS'), steered('ASYNCHRONOUS')],
    ['invoke', '{}', '{}'],
  ])('%s of %s is sent as %s', async (operation, body, expected) => {
    expect(await sent(operation, body, {}, model)).toMatchObject({ status: 200, body: expected });
  });

  test('a caller may ask for more than its grant, and for less never', async () => {
    const sync = steered('SYNCHRONOUS');
    expect(await sent('invoke-with-response-stream', sync)).toMatchObject({ status: 200, body: sync });
    for (const [operation, body, under] of [
      ['converse-stream', own('async'), guarded],
      ['invoke-with-response-stream', steered('ASYNCHRONOUS'), guarded],
      ['invoke-with-response-stream', `{"${STEERING}":{"streamProcessingMode":"SYNCHRONOUS","tagSuffix":"x"}}`, model],
      ['invoke', sync, model],
      ['invoke-with-response-stream', sync, nova],
    ] as const)
      expect(await sent(operation, body, {}, under), body).toMatchObject({ status: 400, body: undefined });
  });

  test('is told as such, where it is so', () => {
    const mode = (operation: 'converse' | 'converse-stream', body: object) => {
      let said = '';
      restrict(requestOf(operation, body), model, (change) => {
        said = change['x-tollgate-guardrail'] ?? '';
      });
      return said;
    };
    expect(mode('converse-stream', {})).toBe('demo; version=1; by=grant; mode=async');
    expect(mode('converse', {})).toBe('demo; version=1; by=grant');
    expect(mode('converse-stream', JSON.parse(whole('sync')) as object)).toBe('demo; version=1; by=grant');
  });
});

describe('T6: another guardrail than the grant’s, or less of it', () => {
  const config = (more: object) => JSON.stringify({ guardrailConfig: more });
  const own = { guardrailIdentifier: arn, guardrailVersion: '1' };

  test.each([
    ['another id', 'converse', config({ ...own, guardrailIdentifier: 'other' }), {}],
    ['another version', 'converse', config({ ...own, guardrailVersion: 'DRAFT' }), {}],
    ['no version', 'converse', config({ guardrailIdentifier: arn }), {}],
    ['nothing', 'converse', config({}), {}],
    ['text', 'converse', '{"guardrailConfig":"demo"}', {}],
    ['null', 'converse', '{"guardrailConfig":null}', {}],
    ['a stream shown before it is judged', 'converse-stream', config({ ...own, streamProcessingMode: 'async' }), {}],
    ['a member that nobody knows', 'converse', config({ ...own, skip: true }), {}],
    ['a member of Converse in InvokeModel', 'invoke', config(own), {}],
    ['a member of Converse in counting', 'count-tokens', config(own), {}],
    ['InvokeModel’s member, which says what is judged', 'invoke', '{"amazon-bedrock-guardrailConfig":{}}', {}],
    ['another id in the headers', 'invoke', '{}', { ...HEADERS, 'x-amzn-bedrock-guardrailidentifier': 'other' }],
    ['another version in the headers', 'invoke', '{}', { ...HEADERS, 'x-amzn-bedrock-guardrailversion': '2' }],
    ['half of the headers', 'invoke', '{}', { 'x-amzn-bedrock-guardrailversion': '1' }],
    ['headers on a conversation', 'converse', '{}', HEADERS],
  ])('%s is 400', async (_, operation, body, headers) => {
    expect(await sent(operation, body, headers as Record<string, string>)).toMatchObject({
      status: 400,
      said: expect.stringMatching(/guardrail/i),
      body: undefined,
    });
  });

  test('a model’s further fields may not steer it, as its own body may not', () => {
    const field = 'amazon-bedrock-guardrailConfig';
    const body = { messages: [], additionalModelRequestFields: { [field]: { tagSuffix: 'x' } } };
    expect(() => restrict(requestOf('converse', body), guarded)).toThrow(
      expect.objectContaining({ code: 'invalid_request', field }),
    );
  });

  test('the very guardrail of another grant is refused to one without', async () => {
    for (const [operation, body, headers] of [
      ['converse', config(own), {}],
      ['invoke', '{}', HEADERS],
    ] as const)
      expect(await sent(operation, body, headers, nova)).toMatchObject({ status: 400, body: undefined });
  });

  test.each([
    [
      'a message',
      { messages: [{ role: 'user', content: [{ text: 'a' }, { guardContent: { text: { text: 'b' } } }] }] },
    ],
    ['the system prompt', { system: [{ guardContent: { text: { text: 'b' } } }], messages: [] }],
  ])('content of %s that would be all that is judged is refused', (_, body) => {
    expect(() => restrict(requestOf('converse', body), guarded)).toThrow(
      expect.objectContaining({ code: 'invalid_request', field: 'guardContent' }),
    );
    // Text about it is text.
    const spoken = { messages: [{ role: 'user', content: [{ text: '{"guardContent":1}' }] }] };
    expect(() => restrict(requestOf('converse', spoken), guarded)).not.toThrow();
  });
});
