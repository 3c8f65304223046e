import { once } from 'node:events';
import { createServer, setGlobalProxyFromEnv } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createGateway, faultOf } from '../../../sidecar/gateway.ts';
import { fetchPlainly } from '../../../sidecar/token/fetch.ts';

/** A proxy that the environment names and that opens no way: what it was asked for. */

const asked: string[] = [];
const server = createServer((req, res) => res.end(req.url));
server.on('connect', ({ url = '' }, socket) => {
  asked.push(url);
  socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
});
let here: string;
let restore = (): void => {};

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
afterEach(() => restore());

test('what goes over TLS, to the issuer and to the gateway, takes the proxy of the environment', async () => {
  restore = setGlobalProxyFromEnv({ https_proxy: here });
  // As it is at a start, before anything is imported.
  syncBuiltinESMExports();
  const signal = AbortSignal.timeout(5_000);
  await expect(fetchPlainly('https://login.test/token', { signal })).rejects.toMatchObject({
    code: 'ERR_PROXY_TUNNEL',
  });
  const gateway = createGateway(new URL('https://gateway.test'));
  const [error] = await once(gateway.send('GET', '/', ['host', 'gateway.test'], () => {}).end(), 'error').catch((e) => [
    e,
  ]);
  gateway.stop();
  expect([faultOf(error), asked]).toEqual(['gateway-unreachable', ['login.test:443', 'gateway.test:443']]);
});

test('what does not, a secret for an issuer of this machine, is shown to no proxy', async () => {
  restore = setGlobalProxyFromEnv({ http_proxy: 'http://127.0.0.1:9' });
  const { status } = await fetchPlainly(`${here}/token`, {
    method: 'POST',
    body: 'client_secret=s',
    signal: AbortSignal.timeout(5_000),
  });
  expect(status).toBe(200);
});
