import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { TABLE } from '../../../local/aws/roles.ts';
import { createItems } from '../../../registry/table.ts';
import { createWriter } from '../../../registry/writer.ts';
import { freePorts } from '../../flow/ports.ts';
import { start } from '../process.ts';

export interface OwnGateway {
  url: string;
  token(tenant: number): Promise<string>;
  stop(): Promise<void>;
}

/** Tenants and grants that the registry makes in one write. */
const BATCH = 25;
const TOKEN_SECONDS = 900;

/**
 * What `npm start` starts, in a process and a folder of its own, and beside the demo an issuer with `tenants` tenants, each
 * onboarded and granted the model.
 */
export async function startGateway(tenants: number, model: string): Promise<OwnGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-load-'));
  const issuer = await startIssuer();
  const port = await freePorts(3);
  const env = { PORT: String(port), TOLLGATE_DATA: folder, TOLLGATE_ISSUERS: JSON.stringify([issuer.setting]) };
  const at = { port, when: (line: string) => line.includes('ready ') };
  const gateway = await start({ script: 'local/main.ts', env, at }).catch((error: unknown) => {
    issuer.close();
    throw error;
  });
  const stop = async (): Promise<void> => {
    await gateway.stop();
    issuer.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await onboard(`http://127.0.0.1:${port + 2}`, tenants, model);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, token: (tenant) => issuer.token(nameOf(tenant)), stop };
}

const nameOf = (tenant: number): string => `load-${tenant + 1}`;

async function startIssuer() {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'load', use: 'sig', alg: 'RS256' }] });
  const server = createServer((_, response) => response.setHeader('content-type', 'application/json').end(keys));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return {
    setting: { issuer, jwksUri: `${issuer}/jwks`, audience: 'load', tenantClaim: 'tenant', rolesClaim: 'roles' },
    token: (tenant: string): Promise<string> =>
      new SignJWT({ tenant, roles: [] })
        .setProtectedHeader({ alg: 'RS256', kid: 'load', typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience('load')
        .setSubject(`${tenant}-service`)
        .setIssuedAt()
        .setExpirationTime(`${TOKEN_SECONDS}s`)
        .sign(privateKey),
    close: () => void server.close().closeAllConnections(),
  };
}

async function onboard(awsUrl: string, tenants: number, model: string): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: awsUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'tollgate-operator', secretAccessKey: 'tollgate-operator' },
  });
  try {
    const writer = createWriter({ items: createItems({ client, table: TABLE }), clock: Date.now, actor: 'load' });
    for (let from = 0; from < tenants; from += BATCH) {
      const ids = Array.from({ length: Math.min(BATCH, tenants - from) }, (_, i) => nameOf(from + i));
      await writer.create({
        models: [],
        tenants: ids.map((id) => ({ id, costCenter: 'CC-LOAD' })),
        grants: ids.map((tenant) => ({ tenant, model })),
      });
    }
  } finally {
    client.destroy();
  }
}
