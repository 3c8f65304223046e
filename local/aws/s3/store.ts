import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../atomic.ts';

/** What is kept beside an object's bytes. */
export interface Meta {
  /** With its quotation marks, as on the wire. */
  etag: string;
  size: number;
  /** Milliseconds since 1970. */
  modified: number;
  crc32: string | null;
  /** Content-Type and the like, lower-case. */
  headers: Record<string, string>;
}

export interface StoredObject {
  meta: Meta;
  data: Buffer;
}

/**
 * Objects on disk. A key is a path of folders (`raw.d/`) and a file (`x.o`), so that a prefix is listed by reading only
 * its folder; the suffixes keep the key `a` apart from the folder of `a/b`, and `..` from being one. A file is one line of
 * JSON, then the bytes: both are replaced in one rename.
 */
export interface Store {
  hasBucket(bucket: string): Promise<boolean>;
  createBucket(bucket: string): Promise<void>;
  buckets(): Promise<string[]>;
  get(bucket: string, key: string): Promise<StoredObject | null>;
  head(bucket: string, key: string): Promise<Meta | null>;
  put(bucket: string, key: string, data: Buffer, rest: Pick<Meta, 'crc32' | 'headers' | 'modified'>): Promise<Meta>;
  remove(bucket: string, key: string): Promise<void>;
  /** Every key that begins with `prefix`, in the order of its UTF-8 bytes. */
  keys(bucket: string, prefix: string): Promise<string[]>;
}

/** Bytes read at once to find an object's first line. */
const META_BYTES = 4096;

export function createStore(folder: string): Store {
  const fileOf = (bucket: string, key: string): string => {
    const segments = key.split('/').map(encode);
    const name = segments.pop() ?? '';
    return join(folder, bucket, ...segments.map((segment) => `${segment}.d`), `${name}.o`);
  };
  return {
    hasBucket: async (bucket) => (await stat(join(folder, bucket)).catch(absent)) !== null,
    createBucket: async (bucket) => void (await mkdir(join(folder, bucket), { recursive: true })),
    buckets: async () => (await readdir(folder).catch(() => [])).sort(),
    async get(bucket, key) {
      const content = await readFile(fileOf(bucket, key)).catch(absent);
      if (content === null) return null;
      const end = content.indexOf('\n');
      return { meta: JSON.parse(content.toString('utf8', 0, end)), data: content.subarray(end + 1) };
    },
    head: (bucket, key) => readMeta(fileOf(bucket, key)),
    async put(bucket, key, data, rest) {
      const etag = `"${createHash('md5').update(data).digest('hex')}"`;
      const meta: Meta = { etag, size: data.length, ...rest };
      await writeAtomically(fileOf(bucket, key), Buffer.concat([Buffer.from(`${JSON.stringify(meta)}\n`), data]));
      return meta;
    },
    remove: (bucket, key) => rm(fileOf(bucket, key), { force: true }),
    async keys(bucket, prefix) {
      const segments = prefix.split('/').slice(0, -1);
      const start = join(folder, bucket, ...segments.map((segment) => `${encode(segment)}.d`));
      const found = await walk(start, segments.map((segment) => `${segment}/`).join(''));
      return found.filter((key) => key.startsWith(prefix)).sort(byBytes);
    },
  };
}

async function walk(folder: string, prefix: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(absent)) ?? [];
  const nested = await Promise.all(
    entries.map((entry) => {
      const name = entry.name.slice(0, -2);
      if (entry.isDirectory()) return walk(join(folder, entry.name), `${prefix}${decodeURIComponent(name)}/`);
      return entry.name.endsWith('.o') ? [`${prefix}${decodeURIComponent(name)}`] : [];
    }),
  );
  return nested.flat();
}

async function readMeta(file: string): Promise<Meta | null> {
  const handle: FileHandle | null = await open(file).catch(absent);
  if (handle === null) return null;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(META_BYTES), 0, META_BYTES, 0);
    return JSON.parse(buffer.toString('utf8', 0, buffer.subarray(0, bytesRead).indexOf('\n')));
  } finally {
    await handle.close();
  }
}

function absent(error: unknown): null {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return null;
  throw error;
}

/** A segment as a file name: legal everywhere, and readable for the keys that Tollgate writes. */
function encode(segment: string): string {
  return encodeURIComponent(segment)
    .replace(/[!'()*~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
    .replaceAll('%3D', '=');
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
