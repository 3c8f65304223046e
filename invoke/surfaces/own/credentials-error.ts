import type { TollgateError } from '../../../contract/errors.ts';
import { awsErrorType, awsMessage } from '../bedrock/error.ts';
import type { ErrorForm } from '../error-form.ts';

/**
 * The form that the SDKs' container credentials providers read. The members' case differs between them (`code` in Rust and
 * Java, `Code` in JavaScript), so both are there.
 */
export function credentialsError(error: TollgateError): ErrorForm {
  const [code, message] = [awsErrorType(error), awsMessage(error)];
  return {
    headers: { 'x-amzn-errortype': code, 'cache-control': 'no-store' },
    body: { code, message, Code: code, Message: message },
  };
}
