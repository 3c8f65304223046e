import { randomBytes } from 'node:crypto';
import { traceContextOf, traceHeaders } from '../../contract/trace-context.ts';
import type { TakeUp } from '../exchange.ts';

/** 16 hexadecimal digits. That all of them are 0 does not happen. */
export function newSpanId(): string {
  return randomBytes(8).toString('hex');
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
