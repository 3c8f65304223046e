import type { TollgateError } from '../../../contract/errors.ts';
import type { AskedHeaders } from '../../exchange.ts';
import { awsError } from '../bedrock/error.ts';
import type { ErrorForm } from '../error-form.ts';

/**
 * What SageMaker Runtime calls what Bedrock has other names for; the rest are names of all of AWS
 * (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html#API_runtime_InvokeEndpoint_Errors).
 */
const NAMES: Readonly<Record<string, string>> = {
  ValidationException: 'ValidationError',
  ResourceNotFoundException: 'ValidationError',
  ConflictException: 'ValidationError',
  ModelErrorException: 'ModelError',
  ModelTimeoutException: 'ModelError',
  InternalServerException: 'InternalFailure',
  ServiceUnavailableException: 'ServiceUnavailable',
};

/** Of what the container itself answered with an error, which is of no other class, whatever we make of it. */
const MODEL_ERROR = { type: 'ModelError', status: 424 } as const;

/** `{"message"}`, and the exception's name in `x-amzn-errortype`; of a container's own error also the status that it gave. */
export function sagemakerError(error: TollgateError, asked?: AskedHeaders): ErrorForm {
  const { headers, body, status } = awsError(error, asked);
  const original = originalStatus(error);
  if (original !== undefined)
    return {
      status: MODEL_ERROR.status,
      headers: { ...headers, 'x-amzn-errortype': MODEL_ERROR.type },
      body: { ...body, OriginalStatusCode: original, OriginalMessage: body.message },
    };
  const type = headers?.['x-amzn-errortype'] ?? '';
  return {
    headers: { ...headers, 'x-amzn-errortype': NAMES[type] ?? type },
    body,
    ...(status === undefined ? {} : { status }),
  };
}

function originalStatus({ reason, detail }: TollgateError): number | undefined {
  return reason === 'upstream-error' && detail?.type === MODEL_ERROR.type ? (detail.original as number) : undefined;
}
