import { AwsError } from '../error.ts';
import { type Elements, xmlDocument } from '../xml.ts';
import type { Store } from './store.ts';

const KEYS_MAX = 1000;

/**
 * ListObjectsV2 (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html).
 *
 * @returns the XML answer
 * @throws AwsError InvalidArgument
 */
export async function listObjects(store: Store, bucket: string, query: URLSearchParams): Promise<string> {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const most = Math.min(whole(query.get('max-keys') ?? String(KEYS_MAX)), KEYS_MAX);
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : tokenKey(token);
  const coded = query.get('encoding-type') === 'url' ? urlCoded : (text: string) => text;

  const entries = grouped(await store.keys(bucket, prefix), prefix, delimiter).filter(({ name }) =>
    isAfter(name, after),
  );
  const page = entries.slice(0, most);
  const contents: Elements[] = [];
  for (const { name, isPrefix } of page) {
    const meta = isPrefix ? null : await store.head(bucket, name);
    if (meta !== null)
      contents.push({
        Key: coded(name),
        LastModified: new Date(meta.modified).toISOString(),
        ETag: meta.etag,
        Size: meta.size,
        StorageClass: 'STANDARD',
      });
  }
  const truncated = entries.length > page.length;
  const last = page.at(-1)?.name;
  return xmlDocument(
    'ListBucketResult',
    {
      Name: bucket,
      Prefix: coded(prefix),
      Delimiter: delimiter === '' ? undefined : coded(delimiter),
      EncodingType: query.get('encoding-type') ?? undefined,
      MaxKeys: most,
      KeyCount: page.length,
      IsTruncated: truncated,
      ContinuationToken: token ?? undefined,
      NextContinuationToken: truncated && last !== undefined ? Buffer.from(last).toString('base64url') : undefined,
      Contents: contents,
      CommonPrefixes: page.filter(({ isPrefix }) => isPrefix).map(({ name }) => ({ Prefix: coded(name) })),
    },
    'http://s3.amazonaws.com/doc/2006-03-01/',
  );
}

interface Entry {
  name: string;
  isPrefix: boolean;
}

/** Keys that share what lies between the prefix and the next delimiter become one entry. */
function grouped(keys: readonly string[], prefix: string, delimiter: string): Entry[] {
  const entries: Entry[] = [];
  for (const key of keys) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const name = end < 0 ? key : key.slice(0, end + delimiter.length);
    if (end < 0) entries.push({ name, isPrefix: false });
    else if (entries.at(-1)?.name !== name) entries.push({ name, isPrefix: true });
  }
  return entries;
}

function isAfter(name: string, after: string): boolean {
  return after === '' || Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0;
}

function whole(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new AwsError(400, 'InvalidArgument', 'max-keys must be a whole number.');
}

function tokenKey(token: string): string {
  const key = Buffer.from(token, 'base64url').toString('utf8');
  if (Buffer.from(key).toString('base64url') === token) return key;
  throw new AwsError(400, 'InvalidArgument', 'The continuation token provided is incorrect.');
}

/** As form encoding, but with `/` as it is. */
function urlCoded(text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%20', '+');
}
