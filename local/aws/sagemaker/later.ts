import { randomUUID } from 'node:crypto';
import { AwsError } from '../error.ts';
import type { Store } from '../s3/store.ts';
import type { AwsRequest, WholeReply } from '../service.ts';

/** Of every asynchronous endpoint: what AsyncInferenceConfig names. */
const BUCKET = 'tollgate-async';
const BODY_MAX_BYTES = 128_000;

const OWN = 'x-amzn-sagemaker-';

/**
 * InvokeEndpointAsync: runs what is in S3 or in the body, and writes what came of it, by the rights of the endpoint's own role:
 * the caller's are asked about neither. Here it has run by the time that its caller is answered.
 *
 * @param run the container @throws AwsError
 */
export async function runLater(
  request: AwsRequest,
  objects: Store,
  now: () => number,
  run: (request: AwsRequest) => Pick<WholeReply, 'headers' | 'body'>,
): Promise<WholeReply> {
  const header = (name: string): string | undefined => request.headers[`${OWN}${name}`];
  const place = header('inputlocation');
  if ((place === undefined) === (request.body.byteLength === 0))
    throw new AwsError(400, 'ValidationError', 'Exactly one of Body and InputLocation must be provided.');
  if (request.body.byteLength > BODY_MAX_BYTES)
    throw new AwsError(400, 'ValidationError', `Body must be at most ${BODY_MAX_BYTES} bytes.`);
  const id = header('inference-id') ?? randomUUID();
  const folder = header('s3outputpathextension');
  const file = header('filename') ?? `${randomUUID()}.out`;
  const answer = ['answers', ...(folder === undefined ? [] : [folder]), file].join('/');
  const failure = `failures/${randomUUID()}-error.out`;
  const write = (key: string, body: string | Buffer, type = 'application/octet-stream') =>
    objects.put(BUCKET, key, Buffer.from(body), { crc32: null, headers: { 'content-type': type }, modified: now() });
  await objects.createBucket(BUCKET);
  try {
    const body = place === undefined ? request.body : await read(objects, place);
    const type = header('content-type') ?? 'application/octet-stream';
    const came = run({ ...request, body, headers: { ...request.headers, 'content-type': type } });
    await write(answer, came.body, came.headers['content-type']);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    await write(failure, error.message, 'text/plain');
  }
  return {
    status: 202,
    headers: {
      'content-type': 'application/json',
      [`${OWN}outputlocation`]: `s3://${BUCKET}/${answer}`,
      [`${OWN}failurelocation`]: `s3://${BUCKET}/${failure}`,
    },
    body: JSON.stringify({ InferenceId: id }),
  };
}

async function read(objects: Store, place: string): Promise<Buffer> {
  const [, bucket = '', key = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]+)\/(.+)$/.exec(place) ?? [];
  const found = bucket === '' ? null : await objects.get(bucket, key);
  if (found === null) throw new AwsError(400, 'ValidationError', `There is nothing at ${place}.`);
  return found.data;
}
