/**
 * The floor: the least that any gateway in Node must do in front of Bedrock. It reads the body, signs it with one fixed
 * key, sends it on and pipes the answer back; no token, tenant, registry, grant, scoped credentials or metering.
 * A process of its own: `node signing-proxy.ts UPSTREAM_PORT`; prints `listening PORT`.
 */
import { Agent, createServer, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';

const upstream = Number(process.argv[2]);
const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });
const signer = new SignatureV4({
  service: 'bedrock',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIABENCH', secretAccessKey: 'bench' },
  sha256: Sha256,
});

const server = createServer(async (incoming, outgoing) => {
  const body = await buffer(incoming);
  const signed = await signer.sign(
    new HttpRequest({
      method: 'POST',
      protocol: 'http:',
      hostname: '127.0.0.1',
      port: upstream,
      path: incoming.url ?? '/',
      headers: {
        host: `127.0.0.1:${upstream}`,
        'content-type': 'application/json',
        'content-length': String(body.byteLength),
      },
      body,
    }),
  );
  const onward = send(
    { host: '127.0.0.1', port: upstream, path: incoming.url, method: 'POST', headers: signed.headers, agent },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    },
  );
  onward.once('error', () => outgoing.destroy());
  onward.end(body);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`listening ${address.port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
