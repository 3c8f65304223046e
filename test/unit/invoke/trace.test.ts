import { describe, expect, test } from 'vitest';
import type { AllowedModel } from '../../../contract/model.ts';
import type { Operation, ProviderRequest } from '../../../invoke/call.ts';
import { restrict } from '../../../invoke/grants/restrict.ts';
import { untracedFrame } from '../../../invoke/grants/trace.ts';
import { readEvent } from '../../../invoke/providers/frames.ts';
import { requestOf } from './core.ts';
import { call, edge, nova, post, streamed, whole } from './edge.ts';
import { conversation, frame, stream } from './frame.ts';

const arn = 'arn:aws:bedrock:us-east-1:111122223333:guardrail/demo';
const guarded: AllowedModel = { ...nova, guardrail: { arn, version: '1' } };
const traced: AllowedModel = { ...guarded, trace: true };
const FOUND = { guardrail: { inputAssessment: { demo: { appliedGuardrailDetails: { guardrailArn: arn } } } } };
const config = (trace: unknown) =>
  JSON.stringify({ guardrailConfig: { guardrailIdentifier: 'demo', guardrailVersion: '1', trace } });

describe('a guardrail’s trace', () => {
  test.each([
    ['converse', config('enabled'), {}, 'guardrailConfig.trace'],
    ['converse', config('enabled_full'), {}, 'guardrailConfig.trace'],
    ['converse', config('whatever'), {}, 'guardrailConfig.trace'],
    ['converse', config(null), {}, 'guardrailConfig.trace'],
    ['converse-stream', config('enabled'), {}, 'guardrailConfig.trace'],
    ['invoke', '{}', { 'x-amzn-bedrock-trace': 'ENABLED' }, 'x-amzn-bedrock-trace'],
    ['invoke', '{}', { 'x-amzn-bedrock-trace': 'ENABLED_FULL' }, 'x-amzn-bedrock-trace'],
    ['invoke-with-response-stream', '{}', { 'x-amzn-bedrock-trace': 'enabled' }, 'x-amzn-bedrock-trace'],
  ])(
    '%s: asked for by %s %o is refused, naming it, unless the grant says so',
    async (operation, body, headers, field) => {
      const ask = post(`/model/nova-lite/${operation}`, body, headers as Record<string, string>);
      const { app, calls } = edge(() => whole(guarded, {}), guarded);
      const refused = await call(app, ask);
      expect([refused.statusCode, calls.length]).toEqual([400, 0]);
      expect(refused.text).toContain(field);
      const granted = edge(() => whole(traced, {}), traced);
      expect((await call(granted.app, ask)).statusCode).toBe(200);
      expect(granted.calls).toHaveLength(1);
    },
  );

  test.each([
    ['converse', { output: {}, trace: FOUND, n: 1 }, '{"output":{},"n":1}'],
    ['invoke', { a: 1, 'amazon-bedrock-trace': FOUND }, '{"a":1}'],
    // A member of the model's own is no trace.
    ['invoke', { trace: 'steps' }, '{"trace":"steps"}'],
    ['converse', { output: { trace: 1 } }, '{"output":{"trace":1}}'],
  ])('%s: that comes unasked is taken out of the answer, and no other byte', async (operation, answer, shown) => {
    const ask = post(`/model/nova-lite/${operation}`, '{}');
    const { text } = await call(edge(() => whole(guarded, answer), guarded).app, ask);
    expect(text).toBe(shown);
    const all = await call(edge(() => whole(traced, answer), traced).app, ask);
    expect(all.text).toBe(JSON.stringify(answer));
  });

  test('that comes at the end of a stream is taken out of its last event; every other frame is as it came', () => {
    const usage = { inputTokens: 3, outputTokens: 1 };
    const events = [...conversation(['hi']).slice(0, -1), frame('metadata', { usage, trace: FOUND })];
    const shown = events.map(untracedFrame);
    expect(shown.slice(0, -1)).toEqual(events.slice(0, -1).map(({ bytes }) => bytes));
    const last = readEvent(shown.at(-1) ?? new Uint8Array());
    expect([last.type, Buffer.from(last.payload).toString()]).toEqual(['metadata', JSON.stringify({ usage })]);
    const plain = frame('metadata', { usage });
    expect(untracedFrame(plain)).toBe(plain.bytes);
  });

  test.each([0, 1, 2, 3])('that comes in a piece of InvokeModel’s is taken out of it, %i bytes into it', (before) => {
    const own = { ['k'.repeat(before + 1)]: 1 };
    const piece = (value: object) => frame('chunk', { bytes: Buffer.from(JSON.stringify(value)).toString('base64') });
    const { type, payload } = readEvent(untracedFrame(piece({ ...own, 'amazon-bedrock-trace': FOUND })));
    const { bytes } = JSON.parse(Buffer.from(payload).toString()) as { bytes: string };
    expect([type, Buffer.from(bytes, 'base64').toString()]).toEqual(['chunk', JSON.stringify(own)]);
    const plain = piece(own);
    expect(untracedFrame(plain)).toBe(plain.bytes);
  });

  test('is not in a stream that a caller reads', async () => {
    const events = [...conversation(['hi']).slice(0, -1), frame('metadata', { trace: FOUND })];
    for (const [model, held] of [
      [guarded, false],
      [traced, true],
    ] as const) {
      const { app } = edge(() => streamed(model, stream(events)), model);
      const { text } = await call(app, post('/model/nova-lite/converse-stream', '{}'));
      expect(text.includes(arn)).toBe(held);
    }
  });
});

describe('a trace that the gateway asks for', () => {
  const request = (operation: Operation, body: string, headers: Record<string, string> = {}) => ({
    ...requestOf(operation, Buffer.from(body)),
    headers,
  });
  const full = { 'x-amzn-bedrock-trace': 'ENABLED_FULL' };
  const off = { 'x-amzn-bedrock-trace': 'DISABLED' };

  test.each<[Operation, string, Record<string, string>, AllowedModel, RegExp]>([
    ['converse', '{}', {}, guarded, /^enabled$/],
    ['converse', config('disabled'), {}, guarded, /^enabled$/],
    ['converse-stream', config(undefined), {}, guarded, /^enabled$/],
    ['invoke', '{}', off, guarded, /^ENABLED$/],
    ['invoke-with-response-stream', '{}', {}, guarded, /^ENABLED$/],
    ['converse', '{}', {}, traced, /^enabled$/],
    ['invoke', '{}', {}, traced, /^ENABLED$/],
  ])('%s of %s %o: it is, and told', (operation, body, headers, model, expected) => {
    const told: Record<string, string> = {};
    const sent = restrict(request(operation, body, headers), model, (change) => Object.assign(told, change));
    expect(askedOf(sent)).toMatch(expected);
    expect(told['x-tollgate-guardrail-trace']).toBe('enabled; by=gateway');
  });

  test.each<[Operation, string, Record<string, string>, string]>([
    ['converse', config('enabled_full'), {}, 'enabled_full'],
    ['converse', config('disabled'), {}, 'disabled'],
    ['invoke', '{}', full, 'ENABLED_FULL'],
    ['invoke', '{}', off, 'DISABLED'],
  ])('%s of %s %o: who may see it has its own way', (operation, body, headers, expected) => {
    const told: Record<string, string> = {};
    const sent = restrict(request(operation, body, headers), traced, (change) => Object.assign(told, change));
    expect(askedOf(sent)).toBe(expected);
    expect(told).not.toHaveProperty('x-tollgate-guardrail-trace');
  });

  test('nothing is asked for, told or changed without a guardrail', () => {
    const plain = request('converse', '{}');
    expect(restrict(plain, nova, () => expect.unreachable())).toEqual(plain);
  });

  const askedOf = ({ headers, body }: ProviderRequest): string =>
    headers['x-amzn-bedrock-trace'] ?? JSON.parse(String(body)).guardrailConfig.trace;
});
