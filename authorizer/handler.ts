import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createAwsJson } from '../aws/json.ts';
import { CONNECT_TIMEOUT_MS } from '../contract/limits/contract.ts';
import { CONTEXT_KEY_TIMEOUT_MS } from '../contract/limits/seal.ts';
import { lineWriter } from '../contract/log.ts';
import { authorizerSettings, contextKeySettings } from '../contract/settings.ts';
import { createRegistry } from '../registry/dynamo.ts';
import { createContextKeys } from '../seal/keys.ts';
import { createSeal } from '../seal/seal.ts';
import { createSecretReader } from '../seal/secret.ts';
import { createAuthorizer } from './authorize.ts';
import { trustIssuers } from './issuers.ts';
import { createReport } from './report.ts';
import { createVerifier } from './verify.ts';

const { stage, table, issuers, registryMemoryMs, keys: keysSettings } = authorizerSettings(process.env);
const clock = () => Date.now();
const write = lineWriter(process.stdout, stage);
const report = createReport({ clock, write });

const client = new DynamoDBClient({});
const { secretId, url } = contextKeySettings(process.env);
const transport = new NodeHttpHandler({
  connectionTimeout: CONNECT_TIMEOUT_MS,
  requestTimeout: CONTEXT_KEY_TIMEOUT_MS,
  throwOnRequestTimeout: true,
});
const secrets = createAwsJson({ signedAs: client.config, transport, service: 'secretsmanager', url, clock });
const keys = createContextKeys({ read: createSecretReader({ call: secrets, secretId }), clock, write });
keys.prefetch();
const gatewayKeys =
  keysSettings &&
  (await import('./open-keys.ts')).openKeys({
    ...{ client, transport, clock, write, table, keys: keysSettings },
    notes: true,
  });

export const handler = createAuthorizer({
  verify: createVerifier({ issuers: trustIssuers(issuers, { fetch, clock, report: report.issuer }), clock }),
  registry: createRegistry({
    client,
    table,
    clock,
    memoryMs: registryMemoryMs,
    onUnusable: report.unusable,
  }),
  keys: gatewayKeys,
  seal: createSeal({ keys }),
  clock,
  write,
});
