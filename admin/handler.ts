import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createAwsJson } from '../aws/json.ts';
import { CONNECT_TIMEOUT_MS } from '../contract/limits/contract.ts';
import { CONTEXT_KEY_TIMEOUT_MS } from '../contract/limits/seal.ts';
import { createLines } from '../contract/lines.ts';
import { adminSettings, contextKeySettings } from '../contract/settings.ts';
import { type LambdaRuntime, streamingHandler, type UnderWay } from '../invoke/edge/lambda.ts';
import { createContextKeys } from '../seal/keys.ts';
import { createOpen } from '../seal/seal.ts';
import { createSecretReader } from '../seal/secret.ts';
import { composeAdmin } from './compose.ts';

const settings = adminSettings(process.env);
const clock = () => Date.now();
const underWay: UnderWay = new Set();
const { write, out } = createLines(process.stdout, settings.stage, () => underWay.size <= 1);

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
const app = await composeAdmin(settings, { client, transport, clock, write, open: createOpen({ keys, clock }) });

const { awslambda } = globalThis as unknown as { awslambda: LambdaRuntime };

export const handler = streamingHandler(app, awslambda, { underWay, written: out, basePath: settings.basePath });
