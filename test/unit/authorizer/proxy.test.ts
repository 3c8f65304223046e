import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';

const ASKS = `
  const { fetchKeys } = await import('./authorizer/jwks.ts');
  const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  for (const host of ['login', 'inside'])
    await fetchKeys({ issuer: 'https://' + host + '.invalid', jwksUri: 'https://' + host + '.invalid/jwks' }, fetch).catch(() => {});
  await new STSClient({ region: 'us-east-1', endpoint: 'https://sts.invalid', maxAttempts: 1 })
    .send(new GetCallerIdentityCommand({})).catch(() => {});
`;

test('keys are fetched by the proxy of the environment, but for hosts that it leaves out; AWS is never asked by it', async () => {
  const asked: string[] = [];
  const proxy = createServer().on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const { port } = proxy.address() as AddressInfo;
  const credentials = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' };
  // As infra/network/stage-network.ts sets it.
  const way = { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: 'inside.invalid' };
  const node = spawn(process.execPath, ['--input-type=module', '-e', ASKS], {
    env: { PATH: process.env.PATH, ...credentials, ...way },
    stdio: 'inherit',
  });
  const [code] = await once(node, 'exit');
  proxy.close();
  expect(code).toBe(0);
  expect(asked).toEqual(['login.invalid:443']);
});
