import { TollgateError } from '../../../contract/errors.ts';
import { lifecycleHeaders } from '../../../registry/lifecycle.ts';
import type { Answer } from '../../call.ts';
import type { Exchange, Given } from '../../exchange.ts';
import { awsMessage } from '../bedrock/error.ts';
import { exceptionFrame } from '../bedrock/frames.ts';
import { publicError } from '../public-error.ts';
import { relay, type Translation } from '../relay.ts';

/** code -> member of the agent runtime's stream unions (API_agent-runtime_ResponseStream) that an SDK raises as its own class. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  upstream_throttled: 'throttlingException',
  rate_limited: 'throttlingException',
  upstream_rejected: 'validationException',
  invalid_request: 'validationException',
  upstream_failed: 'dependencyFailedException',
  model_failed: 'dependencyFailedException',
};

/** Events that say what ran, with prompts, roles and ARNs of the account. */
const TRACES: ReadonlySet<string> = new Set(['trace', 'flowTraceEvent']);

/**
 * What is given of an answer that streams.
 *
 * @param own headers that its operation has beside those of all
 */
export function streamed(answer: Answer, exchange: Exchange, own: Record<string, string>): Given {
  if (answer.kind !== 'stream') throw new TollgateError('internal', { reason: 'not-a-stream' });
  const { model, status, headers, events } = answer;
  const all = { ...headers, ...lifecycleHeaders(model, exchange.nowSeconds), ...own };
  return {
    status,
    headers: { ...all, 'content-type': 'application/vnd.amazon.eventstream' },
    body: relay(events, resourceFrames(model.trace === true), exchange.broke),
  };
}

/** Frames pass untouched, but for traces where the grant does not show them. */
export function resourceFrames(traced: boolean): Translation {
  return {
    event: ({ bytes, type }) => (traced || !TRACES.has(type) ? bytes : null),
    end: () => null,
    broken(error) {
      const shown = publicError(error);
      return exceptionFrame(exceptionOf(shown), { message: awsMessage(shown) });
    },
  };
}

function exceptionOf({ code }: TollgateError): string {
  return EXCEPTIONS[code] ?? 'internalServerException';
}
