import type { TollgateError } from '../../../contract/errors.ts';
import { awsMessage } from '../bedrock/error.ts';
import { exceptionFrame } from '../bedrock/frames.ts';
import { publicError } from '../public-error.ts';
import type { Translation } from '../relay.ts';

/**
 * Payload parts pass untouched; a break becomes one exception frame of the two that the stream's union has
 * (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_ResponseStream.html), and a whole stream has no end
 * marker of its own.
 */
export const ENDPOINT_FRAMES: Translation = {
  event: ({ bytes }) => bytes,
  end: () => null,
  broken(thrown) {
    const error = publicError(thrown);
    const message = awsMessage(error);
    if (OURS.has(error.code)) return exceptionFrame('InternalStreamFailure', { Message: message });
    return exceptionFrame('ModelStreamError', { Message: message, ErrorCode: errorCodeOf(error) });
  },
};

const OURS: ReadonlySet<TollgateError['code']> = new Set(['internal', 'unavailable']);

/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_ModelStreamError.html */
function errorCodeOf({ code }: TollgateError): string {
  return code === 'deadline' ? 'ModelInvocationTimeExceeded' : 'StreamBroken';
}
