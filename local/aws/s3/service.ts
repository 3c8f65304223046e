import { randomUUID } from 'node:crypto';
import type { Access } from '../../../policies/simulate/types.ts';
import { AwsError } from '../error.ts';
import type { AwsRequest, Plan, Service } from '../service.ts';
import { xmlDocument } from '../xml.ts';
import { listObjects } from './list.ts';
import { createObjects } from './objects.ts';
import { createStore } from './store.ts';

/** Query parameters that choose another operation than this subset has; the rest are options or the SDK's own. */
const SUBRESOURCES = [
  'acl',
  'delete',
  'lifecycle',
  'location',
  'policy',
  'tagging',
  'uploadId',
  'uploads',
  'versioning',
  'versions',
];

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/**
 * S3 on disk: objects, ListObjectsV2 and buckets, with conditional writes and the checksums that the SDK sends.
 *
 * @param folder of the buckets; made by the first one
 */
export function createS3({ folder, now }: { folder: string; now: () => number }): Service {
  const store = createStore(folder);
  const objects = createObjects(store, now);
  return {
    name: 's3',
    strict: () => false,
    fail: ({ status, code, message }) => ({
      status,
      headers: { 'content-type': 'application/xml' },
      body: xmlDocument('Error', { Code: code, Message: message, RequestId: randomUUID() }),
    }),
    plan(request) {
      const { bucket, key } = addressOf(request);
      const query = new URLSearchParams(request.query);
      if (SUBRESOURCES.some((name) => query.has(name)) || request.headers['x-amz-copy-source'] !== undefined)
        throw new AwsError(501, 'NotImplemented', 'This operation is not implemented here.');
      if (bucket === '') return listBuckets();
      if (!BUCKET.test(bucket)) throw new AwsError(400, 'InvalidBucketName', 'The specified bucket is not valid.');
      return key === '' ? bucketPlan(request, bucket, query) : objects.plan(request, bucket, key);
    },
  };

  function listBuckets(): Plan {
    return {
      operation: 'ListBuckets',
      needs: [{ action: 's3:ListAllMyBuckets', resource: '*', context: {} }],
      serve: async () => {
        const buckets = (await store.buckets()).map((Name) => ({ Name }));
        return xml(xmlDocument('ListAllMyBucketsResult', { Buckets: { Bucket: buckets } }));
      },
    };
  }

  function bucketPlan({ method }: AwsRequest, bucket: string, query: URLSearchParams): Plan {
    const on = (action: string, context: Access['context'] = {}): Access[] => [
      { action, resource: `arn:aws:s3:::${bucket}`, context },
    ];
    const exists = async (): Promise<void> => {
      if (!(await store.hasBucket(bucket)))
        throw new AwsError(404, 'NoSuchBucket', 'The specified bucket does not exist');
    };
    switch (method) {
      case 'PUT':
        return {
          operation: 'CreateBucket',
          needs: on('s3:CreateBucket'),
          serve: async () => {
            if (await store.hasBucket(bucket))
              throw new AwsError(409, 'BucketAlreadyOwnedByYou', 'Your previous request to create it succeeded.');
            await store.createBucket(bucket);
            return { status: 200, headers: { location: `/${bucket}` }, body: '' };
          },
        };
      case 'HEAD':
        return {
          operation: 'HeadBucket',
          needs: on('s3:ListBucket'),
          serve: async () => {
            await exists();
            return { status: 200, headers: {}, body: '' };
          },
        };
      case 'GET': {
        if (query.get('list-type') !== '2')
          throw new AwsError(501, 'NotImplemented', 'Only ListObjectsV2 is implemented here.');
        const delimiter = query.get('delimiter');
        return {
          operation: 'ListObjectsV2',
          needs: on('s3:ListBucket', {
            's3:prefix': query.get('prefix') ?? '',
            ...(delimiter === null ? {} : { 's3:delimiter': delimiter }),
          }),
          serve: async () => {
            await exists();
            return xml(await listObjects(store, bucket, query));
          },
        };
      }
      default:
        throw new AwsError(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
    }
  }
}

const xml = (body: string) => ({ status: 200, headers: { 'content-type': 'application/xml' }, body });

/** Path style (`/bucket/key`), or the bucket as the host's first label (`bucket.localhost`). */
function addressOf({ path, headers }: AwsRequest): { bucket: string; key: string } {
  const label = /^([a-z0-9.-]+)\.localhost(:\d+)?$/.exec(headers.host ?? '')?.[1];
  const whole = label === undefined ? path : `/${label}${path}`;
  const end = whole.indexOf('/', 1);
  try {
    if (end < 0) return { bucket: decodeURIComponent(whole.slice(1)), key: '' };
    return { bucket: decodeURIComponent(whole.slice(1, end)), key: decodeURIComponent(whole.slice(end + 1)) };
  } catch {
    throw new AwsError(400, 'InvalidURI', 'The key is not correctly encoded.');
  }
}
