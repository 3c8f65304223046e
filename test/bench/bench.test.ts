import { describe, expect, test } from 'vitest';
import { DELTA, DELTAS } from '../../infra/benchmark/answers.ts';
import { callOf, isWhole, KINDS } from './points.ts';
import { ratios, reached } from './ratios.ts';
import type { Measured, Results } from './results.ts';

const STREAMS = {
  'converse-stream': `${`{"delta":{"text":"${DELTA}"}}`.repeat(DELTAS)}{"usage":{}}`,
  'chat-stream': `${`data: {"content":"${DELTA}"}\n\n`.repeat(DELTAS)}data: [DONE]\n\n`,
};

describe('what an answer is believed by', () => {
  test('a whole one has every word', () => {
    const text = DELTA.repeat(DELTAS);
    expect(isWhole('converse', Buffer.from(`{"text":"${text}"}`))).toBe(true);
    expect(isWhole('chat', Buffer.from(`{"content":"${text.slice(2)}"}`))).toBe(false);
  });

  test.each(Object.entries(STREAMS))('%s has every delta and its end', (kind, text) => {
    const whole = (body: string): boolean => isWhole(kind as keyof typeof STREAMS, Buffer.from(body));
    expect(whole(text)).toBe(true);
    expect(whole(text.slice(text.indexOf('}') + 1))).toBe(false);
    expect(whole(text.replace(/data: \[DONE\]|\{"usage":\{\}\}/, ''))).toBe(false);
  });

  test.each(KINDS)('%s asks for a stream where it is one, and names the model', (kind) => {
    const { path, body } = callOf(kind, 'a-model');
    expect(path + body).toContain('a-model');
    expect(path.includes('-stream') || JSON.parse(body).stream === true).toBe(kind.endsWith('-stream'));
  });
});

describe('ratios', () => {
  const rounds = (...rates: number[]): Measured[] => rates.map((rate) => ({ rate, p50: 1, p99: 1, cpuMs: 1 }));
  const results = (contenders: Results['points'][number]['contenders']): Results => ({
    points: [{ point: 'Converse, 32 connections', contenders }],
    residentMiB: { container: 100, portkey: 250 },
    proven: {},
    firstAnswerMs: {},
    bundles: {},
    decisionsMicroseconds: {},
    translationsMicroseconds: {},
  });
  const find = (of: Results, name: string) => ratios(of).find((ratio) => ratio.name.startsWith(name));

  test('are taken round by round, so that one round in which the machine was slow for both changes nothing', () => {
    const measured = results([
      { name: 'proxy', rounds: rounds(1_000, 100, 1_000) },
      { name: 'container', rounds: rounds(900, 90, 700) },
    ]);
    const ratio = find(measured, 'Converse at 32');
    expect(ratio).toMatchObject({ value: 0.9, range: [0.7, 0.9] });
    expect(ratio && reached(ratio)).toBe(true);
    expect(reached({ name: '', value: 0.79, goal: { atLeast: 0.8 } })).toBe(false);
    expect(reached({ name: '', value: 1.61, goal: { atMost: 1.6 } })).toBe(false);
  });

  test('of what was not measured there are none', () => {
    const measured = results([{ name: 'container', rounds: rounds(900) }]);
    expect(find(measured, 'Converse at 32')).toBeUndefined();
    expect(find(measured, 'chat at 32')).toBeUndefined();
    expect(find(measured, 'resident after')?.value).toBe(0.4);
  });
});
