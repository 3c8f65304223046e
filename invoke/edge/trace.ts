import { randomUUID } from 'node:crypto';
import { traceContextOf, traceHeaders } from '../../contract/trace-context.ts';
import type { TakeUp } from '../exchange.ts';

/** 32 hexadecimal digits. Out of a UUID, which Node has many of ready: other random bytes take it ten times as long. */
export function newTraceId(): string {
  return randomUUID().replaceAll('-', '');
}

/** 16 of them: a UUID's second half, of which one bit is always set. */
export function newSpanId(): string {
  return newTraceId().slice(16);
}

/**
 * Where no span leaves this process, a call goes on in its caller's trace, under an id of its own: what is called says so that it
 * was called from here.
 */
export const passTraces: TakeUp = ({ headers }) => {
  const context = traceContextOf(headers);
  // API Gateway and load balancers name every request; where nobody has said that it is traced, that is no trace.
  if (context?.sampled === undefined) return undefined;
  const { traceId } = context;
  return { traceId, call: () => ({ id: traceId, headers: traceHeaders(context, newSpanId()) }) };
};
