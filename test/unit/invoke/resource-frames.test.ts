import { describe, expect, test } from 'vitest';
import { resourceFrames } from '../../../invoke/surfaces/resources/frames.ts';
import { frame } from './frame.ts';

describe('events of what is no model', () => {
  const SHOWN = [frame('chunk', { bytes: 'eA==' }), frame('returnControl', {}), frame('flowOutputEvent', {})];

  test.each(['trace', 'flowTraceEvent'])(
    '%s is taken out where the grant shows no traces, whoever asked for it',
    (type) => {
      const trace = frame(type, { trace: { orchestrationTrace: { prompt: 'inside' } } });
      expect(resourceFrames(false).event(trace)).toBeNull();
      expect(resourceFrames(true).event(trace)).toBe(trace.bytes);
    },
  );

  test.each(SHOWN.map((event) => [event.type, event] as const))('%s passes untouched', (_, event) => {
    for (const traced of [false, true]) expect(resourceFrames(traced).event(event)).toBe(event.bytes);
  });
});
