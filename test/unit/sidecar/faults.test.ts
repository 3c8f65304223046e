import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FAULT_LINE_MS } from '../../../contract/limits/sidecar.ts';
import { createFaultLines } from '../../../sidecar/faults.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('of what the sidecar answers by itself the first of a kind is told at once, and then their number while more come', () => {
  const lines: { event: string; code?: string; calls?: number }[] = [];
  const tell = createFaultLines(Date.now, (line) => lines.push(JSON.parse(line)));
  const told = () => lines.splice(0).map(({ event, code, calls }) => [event, code, calls]);
  const ten = () => {
    for (let i = 0; i < 10; i++) tell('gateway-unreachable', 'ECONNREFUSED');
  };

  ten();
  tell('gateway-unreachable', 'ENOTFOUND');
  tell('host-refused', undefined);
  expect(told()).toEqual([
    ['gateway-unreachable', 'ECONNREFUSED', undefined],
    ['gateway-unreachable', 'ENOTFOUND', undefined],
    ['host-refused', undefined, undefined],
  ]);

  vi.advanceTimersByTime(FAULT_LINE_MS);
  expect(told()).toEqual([['gateway-unreachable', 'ECONNREFUSED', 9]]);
  ten();
  vi.advanceTimersByTime(FAULT_LINE_MS);
  expect(told()).toEqual([['gateway-unreachable', 'ECONNREFUSED', 10]]);

  vi.advanceTimersByTime(2 * FAULT_LINE_MS);
  expect([told(), vi.getTimerCount()]).toEqual([[], 0]);
  ten();
  expect(told()).toEqual([['gateway-unreachable', 'ECONNREFUSED', undefined]]);
});
