import type { WholeReply } from './service.ts';

/** AWS JSON 1.0: the operation in `x-amz-target`, JSON both ways, an error's code in `__type`. */

const HEADERS = { 'content-type': 'application/x-amz-json-1.0' };

/** `Prefix.Operation` -> `Operation`, or '' when there is none. */
export function targetOperation(headers: Readonly<Record<string, string>>): string {
  return headers['x-amz-target']?.split('.').at(-1) ?? '';
}

export function jsonReply(value: object): WholeReply {
  return { status: 200, headers: HEADERS, body: JSON.stringify(value) };
}

/** @param namespace before the code, e.g. `com.amazonaws.dynamodb.v20120810` */
export function jsonError(
  namespace: string,
  error: { status: number; code: string; message: string; members: object },
): WholeReply {
  return {
    status: error.status,
    headers: HEADERS,
    body: JSON.stringify({ __type: `${namespace}#${error.code}`, message: error.message, ...error.members }),
  };
}
