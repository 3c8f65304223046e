import {
  RESERVED_BYTES_PER_TOKEN,
  RESERVED_OUTPUT_TOKENS,
  RESERVED_PROMPT_TOKENS,
} from '../../contract/limits/budgets.ts';
import { TOKENS_MAX } from '../../contract/limits/invoke.ts';
import type { Spent, StreamEvent, Used } from '../call.ts';
import { isObject, jsonOf, member } from './json.ts';
import { countsIn } from './said.ts';
import { CALLED } from './usage.ts';

/** The events in which alone an agent tells what its models used. */
export const TRACE = 'trace';

/**
 * An agent's trace says what a model used, each time that it ran one, in whatever step, and so do those of its collaborators, which are
 * among its own (API_agent-runtime_TracePart, API_agent-runtime_OrchestrationModelInvocationOutput). No other member of a trace counts: it
 * might be a sum of these.
 *
 * @returns reads one answer: what was told up to an event. A further model may run after any of them
 */
export function traces(): (event: StreamEvent) => Spent {
  const sum: Spent = {};
  return ({ type, payload }) => {
    const steps = type === TRACE ? member(jsonOf(payload), 'trace') : undefined;
    for (const step of isObject(steps) ? Object.values(steps) : []) {
      const ran = member(step, 'modelInvocationOutput');
      if (ran === undefined) continue;
      const said = countsIn(member(member(ran, 'metadata'), 'usage'));
      for (const kind of ['input', 'output'] as const)
        if (said[kind] === undefined) sum.unclear = 1;
        else sum[kind] = Math.min(TOKENS_MAX, (sum[kind] ?? 0) + said[kind]);
    }
    return sum;
  };
}

/** Of a turn. Which models it will run, how often, and what it tells them, nobody knows: as much as one that is told what is sent. */
export function turned(body: Uint8Array): Used {
  const input = Math.ceil(body.byteLength / RESERVED_BYTES_PER_TOKEN) + RESERVED_PROMPT_TOKENS;
  return { ...CALLED, most: { ...CALLED.tokens, input, output: RESERVED_OUTPUT_TOKENS } };
}
