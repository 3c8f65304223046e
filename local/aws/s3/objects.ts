import type { Access } from '../../../policies/simulate/types.ts';
import { decide } from '../authorize.ts';
import { AwsError } from '../error.ts';
import type { AwsRequest, Plan, WholeReply } from '../service.ts';
import type { Caller } from '../sessions.ts';
import { readPayload } from './payload.ts';
import type { Meta, Store } from './store.ts';

const KEY_MAX_BYTES = 1024;

/** Headers that are kept with an object and given back with it. */
const KEPT = /^(content-(type|encoding|disposition|language)|cache-control|expires|x-amz-meta-.+)$/;

export interface Objects {
  /** @throws AwsError */
  plan(request: AwsRequest, bucket: string, key: string): Plan;
}

/** GetObject, HeadObject, PutObject and DeleteObject. */
export function createObjects(store: Store, now: () => number): Objects {
  // One write at a time, so that a condition still holds when the write it guards is done.
  let writes: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const result = writes.then(run);
    writes = result.catch(() => undefined);
    return result;
  };

  return {
    plan(request, bucket, key) {
      if (Buffer.byteLength(key) > KEY_MAX_BYTES) throw new AwsError(400, 'KeyTooLongError', 'Your key is too long');
      const on = (action: string): Access => ({ action, resource: `arn:aws:s3:::${bucket}/${key}`, context: {} });
      switch (request.method) {
        case 'GET':
        case 'HEAD':
          return {
            operation: request.method === 'GET' ? 'GetObject' : 'HeadObject',
            needs: [on('s3:GetObject')],
            serve: (caller) => get(request, bucket, key, caller),
          };
        case 'PUT':
          return {
            operation: 'PutObject',
            // Comparing with what is there tells what is there, so that takes the right to read it.
            needs: [on('s3:PutObject'), ...(request.headers['if-match'] === undefined ? [] : [on('s3:GetObject')])],
            serve: () => inTurn(() => put(request, bucket, key)),
          };
        case 'DELETE':
          return {
            operation: 'DeleteObject',
            needs: [on('s3:DeleteObject')],
            serve: () =>
              inTurn(async () => {
                await bucketExists(bucket);
                await store.remove(bucket, key);
                return { status: 204, headers: {}, body: '' };
              }),
          };
        default:
          throw new AwsError(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
      }
    },
  };

  async function bucketExists(bucket: string): Promise<void> {
    if (!(await store.hasBucket(bucket)))
      throw new AwsError(404, 'NoSuchBucket', 'The specified bucket does not exist');
  }

  async function get(request: AwsRequest, bucket: string, key: string, caller: Caller): Promise<WholeReply> {
    await bucketExists(bucket);
    const found = await store.get(bucket, key);
    if (found === null) throw missing(caller, bucket);
    const { meta, data } = found;
    const { headers } = request;
    if (headers['if-match'] !== undefined && !isOneOf(headers['if-match'], meta.etag)) throw failedCondition();
    const answer = objectHeaders(meta, headers['x-amz-checksum-mode'] === 'ENABLED' && headers.range === undefined);
    if (headers['if-none-match'] !== undefined && isOneOf(headers['if-none-match'], meta.etag))
      return { status: 304, headers: answer, body: '' };
    if (request.method === 'HEAD')
      return { status: 200, headers: { ...answer, 'content-length': String(meta.size) }, body: '' };
    return headers.range === undefined
      ? { status: 200, headers: answer, body: data }
      : part(data, headers.range, answer);
  }

  async function put({ headers, ...request }: AwsRequest, bucket: string, key: string): Promise<WholeReply> {
    await bucketExists(bucket);
    const before = await store.head(bucket, key);
    if (headers['if-none-match'] !== undefined && before !== null) throw failedCondition();
    if (headers['if-match'] !== undefined) {
      if (before === null) throw new AwsError(404, 'NoSuchKey', 'The specified key does not exist.');
      if (!isOneOf(headers['if-match'], before.etag)) throw failedCondition();
    }
    const { data, crc32 } = readPayload({ headers, ...request });
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT.test(name)));
    const coding = kept['content-encoding']
      ?.split(',')
      .map((one) => one.trim())
      .filter((one) => one !== 'aws-chunked');
    if (coding !== undefined && coding.length > 0) kept['content-encoding'] = coding.join(',');
    else delete kept['content-encoding'];
    const meta = await store.put(bucket, key, data, { crc32, headers: kept, modified: now() });
    return { status: 200, headers: { etag: meta.etag, ...checksumHeaders(meta) }, body: '' };
  }
}

/**
 * 404 only for one who may list: to anyone else S3 does not tell what exists. This is no listing, so there is no prefix,
 * and a permission to list that asks for one does not count.
 */
function missing(caller: Caller, bucket: string): AwsError {
  const list = { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, context: {} };
  return decide(caller, list).allowed
    ? new AwsError(404, 'NoSuchKey', 'The specified key does not exist.')
    : new AwsError(403, 'AccessDenied', `User: ${caller.arn} is not authorized to perform: s3:ListBucket`);
}

function failedCondition(): AwsError {
  return new AwsError(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
}

function isOneOf(header: string, etag: string): boolean {
  return header
    .split(',')
    .some((one) => one.trim() === '*' || one.trim().replaceAll('"', '') === etag.replaceAll('"', ''));
}

function objectHeaders(meta: Meta, withChecksum: boolean): Record<string, string> {
  return {
    'content-type': 'binary/octet-stream',
    ...meta.headers,
    etag: meta.etag,
    'last-modified': new Date(meta.modified).toUTCString(),
    'accept-ranges': 'bytes',
    ...(withChecksum ? checksumHeaders(meta) : {}),
  };
}

function checksumHeaders({ crc32 }: Meta): Record<string, string> {
  return crc32 === null ? {} : { 'x-amz-checksum-crc32': crc32, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

/** One range of bytes (RFC 9110 section 14.1.2); any other form gives the whole object, as the RFC allows. */
function part(data: Buffer, range: string, headers: Record<string, string>): WholeReply {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  if (first === '' && last === '') return { status: 200, headers, body: data };
  const from = first === '' ? Math.max(0, data.length - Number(last)) : Number(first);
  const to = first === '' || last === '' ? data.length - 1 : Math.min(Number(last), data.length - 1);
  if (from > to) throw new AwsError(416, 'InvalidRange', 'The requested range is not satisfiable');
  const content = { 'content-range': `bytes ${from}-${to}/${data.length}` };
  return { status: 206, headers: { ...headers, ...content }, body: data.subarray(from, to + 1) };
}
