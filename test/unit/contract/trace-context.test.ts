import { describe, expect, test } from 'vitest';
import { traceContextOf, traceHeaders } from '../../../contract/trace-context.ts';
import cases from '../../cases/trace-context.json' with { type: 'json' };

const headersOf = (all: Record<string, unknown>) => ({ get: (name: string) => (all[name] as string) ?? null });
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const stateOf = (tracestate: string) => traceContextOf(headersOf({ traceparent: TRACEPARENT, tracestate }))?.state;
const members = (count: number, value = '1') => Array.from({ length: count }, (_, i) => `k${i}=${value}`);

describe('which trace a request is part of', () => {
  test.each(cases)('$name', ({ name: _, expected, ...headers }) => {
    expect(traceContextOf(headersOf(headers)) ?? null).toEqual(expected);
  });
});

describe('tracestate', () => {
  test('has at most 32 members', () => {
    expect(stateOf(members(32).join())).toBe(members(32).join());
    expect(stateOf(members(33).join())).toBe('');
  });

  test('goes on with at most 512 characters, long members leaving first, and then the last ones', () => {
    const long = `long=${'x'.repeat(130)}`;
    const short = members(9, 'y'.repeat(60));
    expect(stateOf([...short.slice(0, 4), long, ...short.slice(4, 7)].join())).toBe(short.slice(0, 7).join());
    expect(stateOf(short.join())).toBe(short.slice(0, 8).join());
    expect(stateOf([long, ...short.slice(0, 5)].join())).toBe([long, ...short.slice(0, 5)].join());
  });

  test('has keys and values of 256 characters, and no longer ones', () => {
    const key = `k${'e'.repeat(255)}`;
    expect(stateOf(`${key}=1`)).toBe(`${key}=1`);
    expect(stateOf(`${key}y=1`)).toBe('');
    expect(stateOf(`a=${'v'.repeat(256)}`)).toBe(`a=${'v'.repeat(256)}`);
    expect(stateOf(`a=${'v'.repeat(257)}`)).toBe('');
  });
});

test('what goes on is of the first version, under another id, and says no more than what is known', () => {
  const context = { traceId: '0af7651916cd43dd8448eb211c80319c', parentId: 'b7ad6b7169203331', state: '' };
  const span = '00f067aa0ba902b7';
  expect(traceHeaders({ ...context, sampled: true }, span)).toEqual({
    traceparent: `00-${context.traceId}-${span}-01`,
  });
  expect(traceHeaders({ ...context, sampled: undefined, state: 'a=1' }, span)).toEqual({
    traceparent: `00-${context.traceId}-${span}-00`,
    tracestate: 'a=1',
  });
});
