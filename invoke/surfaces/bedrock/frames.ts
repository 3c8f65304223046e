import type { Code, TollgateError } from '../../../contract/errors.ts';
import { untracedFrame } from '../../grants/trace.ts';
import { frame } from '../../providers/frames.ts';
import { publicError } from '../public-error.ts';
import type { Translation } from '../relay.ts';
import { awsMessage } from './error.ts';

/**
 * code -> member of Bedrock's stream unions that the SDK raises as its own class. Both streams have these five; what is
 * not listed is ours to answer for.
 */
const EXCEPTIONS: Partial<Record<Code, string>> = {
  upstream_failed: 'modelStreamErrorException',
  model_failed: 'modelStreamErrorException',
  deadline: 'modelStreamErrorException',
  upstream_throttled: 'throttlingException',
  rate_limited: 'throttlingException',
  upstream_unavailable: 'serviceUnavailableException',
  model_not_enabled: 'serviceUnavailableException',
  unavailable: 'serviceUnavailableException',
  upstream_rejected: 'validationException',
  invalid_request: 'validationException',
};

/** What Bedrock itself ends a stream with goes on under its own name; the last one is InvokeModel's alone. */
const OWN: ReadonlyMap<string, string> = new Map(
  [
    'internalServerException',
    'modelStreamErrorException',
    'serviceUnavailableException',
    'throttlingException',
    'validationException',
    'modelTimeoutException',
  ].map((name) => [name.toLowerCase(), name]),
);

/**
 * Frames pass untouched, but for guardrails' traces; a break becomes one exception frame, and a whole stream has no end
 * marker of its own.
 *
 * @param traced whether traces are shown, too
 */
export function bedrockFrames(traced: boolean): Translation {
  return {
    event: traced ? ({ bytes }) => bytes : untracedFrame,
    end: () => null,
    broken(error) {
      const shown = publicError(error);
      return exceptionFrame(exceptionOf(shown), { message: awsMessage(shown) });
    },
  };
}

/** An `application/vnd.amazon.eventstream` message of type `exception` (Smithy, "event stream specification"). */
export function exceptionFrame(type: string, members: Readonly<Record<string, string>>): Uint8Array {
  const headers = { ':message-type': 'exception', ':exception-type': type, ':content-type': 'application/json' };
  return frame(headers, Buffer.from(JSON.stringify(members)));
}

function exceptionOf({ code, reason, detail }: TollgateError): string {
  const own = reason === 'upstream-error' ? OWN.get(String(detail?.type).toLowerCase()) : undefined;
  return own ?? EXCEPTIONS[code] ?? 'internalServerException';
}
