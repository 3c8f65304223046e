import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';

const PAGE = 2;

/** As much of S3 as the store uses, over real HTTP, two keys to a page. `fault` may answer a request in its place. */
export async function startS3() {
  const objects = new Map<string, Buffer>();
  const s3 = { objects, fault: (_: IncomingMessage, __: ServerResponse): boolean => false };
  const server = createServer(async (req, res) => {
    const body = Buffer.concat(await req.toArray());
    if (s3.fault(req, res)) return;
    const url = new URL(req.url ?? '', 'http://s3');
    const key = decodeURIComponent(url.pathname.replace(/^\/bucket\/?/, ''));
    if (key === '') res.end(list(objects, url.searchParams));
    else if (req.method === 'PUT') put(objects, key, req, res, unchunked(req, body));
    else get(objects, key, req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new S3Client({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
  const close = () => {
    client.destroy();
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return Object.assign(s3, { client, close });
}

function list(objects: Map<string, Buffer>, query: URLSearchParams): string {
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const keys = [...objects.keys()].sort().filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after);
  const page = keys.slice(0, PAGE);
  const more = keys.length > PAGE;
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${more}</IsTruncated>${
    more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ''
  }${page.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('')}</ListBucketResult>`;
}

function put(objects: Map<string, Buffer>, key: string, req: IncomingMessage, res: ServerResponse, body: Buffer): void {
  const before = etag(objects.get(key));
  const { 'if-match': match, 'if-none-match': none } = req.headers;
  if (match !== undefined && before === undefined) res.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
  else if ((match !== undefined && match !== before) || (none === '*' && before !== undefined))
    res.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
  else {
    objects.set(key, body);
    res.writeHead(200, { etag: etag(body) ?? '' }).end();
  }
}

function get(objects: Map<string, Buffer>, key: string, req: IncomingMessage, res: ServerResponse): void {
  const body = objects.get(key);
  if (body === undefined) res.writeHead(404).end(req.method === 'HEAD' ? '' : '<Error><Code>NoSuchKey</Code></Error>');
  else
    res
      .writeHead(200, { etag: etag(body) ?? '', 'content-length': body.length })
      .end(req.method === 'HEAD' ? '' : body);
}

function etag(body: Buffer | undefined): string | undefined {
  return body && `"${createHash('md5').update(body).digest('hex')}"`;
}

/** The SDK may frame a body as aws-chunked to append a checksum. */
function unchunked(req: IncomingMessage, body: Buffer): Buffer {
  if (!String(req.headers['content-encoding']).includes('aws-chunked')) return body;
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.subarray(at, end).toString(), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
