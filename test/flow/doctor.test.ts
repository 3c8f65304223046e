import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stack } from './stack.ts';

let stack: Stack;
let issuer: Server;
let issuerUrl: string;

beforeAll(async () => {
  const { publicKey } = await generateKeyPair('RS256', { extractable: true });
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }];
  issuer = createServer(({ url }, response) => {
    const document = url === '/keys' ? { keys } : { issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` };
    response.end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  issuerUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
  const trusted = [{ issuer: issuerUrl, audience: 'tollgate', tenantClaim: 'tenant' }];
  stack = await Stack.start({ env: { TOLLGATE_ISSUERS: JSON.stringify(trusted) } });
}, 60_000);

afterAll(async () => {
  issuer.close();
  await stack.remove();
});

interface Row {
  check: string;
  state: string;
  found: string;
  mend: string;
}

async function doctor(): Promise<{ code: number | null; rows: Map<string, Row>; stderr: string }> {
  const { code, stdout, stderr } = await stack.cli('doctor', '--json');
  const rows = JSON.parse(stdout) as Row[];
  return { code, stderr, rows: new Map(rows.map((row) => [row.check, row])) };
}

test('the laptop’s gateway is well, and what it has not is not looked at', { timeout: 90_000 }, async () => {
  // Of a machine that is busy with other tests a check may take longer than it has.
  await expect.poll(async () => (await doctor()).code, { timeout: 60_000 }).toBe(0);
  const { code, rows } = await doctor();
  expect([...rows.keys()]).toEqual([
    ...['node', 'ports', 'data folder', 'clock', 'issuers', 'walls', 'tables', 'registry', 'models', 'usage'],
  ]);
  expect([...rows.values()].filter(({ state }) => state === 'wrong' || state === 'unread')).toEqual([]);
  expect(code).toBe(0);
  expect(rows.get('issuers')?.found).toContain(issuerUrl);
});

test('what is wrong is told, with what mends it, and the command fails', async () => {
  issuer.closeAllConnections();
  await new Promise((resolve) => issuer.close(resolve));
  const credentials = { accessKeyId: 'tollgate-operator', secretAccessKey: 'tollgate-operator' };
  const table = new DynamoDBClient({ region: 'us-east-1', endpoint: stack.aws, credentials });
  const Item = { pk: { S: 'MODEL#broken' }, sk: { S: 'MODEL' }, v: { N: '1' }, id: { S: 'broken' } };
  await table.send(new PutItemCommand({ TableName: 'tollgate-registry', Item }));
  const { code, rows, stderr } = await doctor();
  expect(rows.get('issuers')).toMatchObject({
    state: 'wrong',
    found: expect.stringContaining(`${issuerUrl} cannot be reached`),
  });
  expect(rows.get('registry')).toMatchObject({
    state: 'wrong',
    found: expect.stringContaining('MODEL#broken MODEL cannot be used'),
  });
  for (const check of ['issuers', 'registry']) expect(rows.get(check)?.mend).not.toBe('');
  expect(rows.get('ports')?.state).toBe('ok');
  expect(code).toBe(1);
  expect(stderr).toContain('2 checks found what is wrong');
  const { stdout } = await stack.cli('doctor');
  expect(stdout).toMatch(/^CHECK +STATE +FOUND +MEND\n/);
  expect(stdout).toMatch(/^issuers +WRONG +/m);
});

test('what hangs is a row of its own, and the others are made meanwhile', async () => {
  await stack.fault({ service: 'bedrock', operation: 'ListFoundationModels', fault: { hang: true } });
  const { code, rows } = await doctor();
  await stack.clearFaults();
  const models = rows.get('models');
  expect(models?.state).toBe('unread');
  expect(models?.found).toMatch(/no answer within 2.5 s/);
  expect(rows.get('tables')?.state).toBe('ok');
  expect(code).toBe(1);
});
