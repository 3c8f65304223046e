import { createAwsJson } from '../aws/json.ts';
import { CONTEXT_KEY_TIMEOUT_MS } from '../contract/limits/seal.ts';
import { createLines } from '../contract/lines.ts';
import { contextKeySettings, invokeSettings } from '../contract/settings.ts';
import { createContextKeys } from '../seal/keys.ts';
import { createOpen } from '../seal/seal.ts';
import { createSecretReader } from '../seal/secret.ts';
import { createApp } from './app.ts';
import { compose } from './compose.ts';
import { type LambdaRuntime, streamingHandler, type UnderWay } from './edge/lambda.ts';
import { createTransport } from './providers/transport.ts';

const settings = invokeSettings(process.env);
const clock = () => Date.now();
const underWay: UnderWay = new Set();
const { write, writeOut, out } = createLines(process.stdout, settings.stage, () => underWay.size <= 1);
const { client, flushSpans, ...deps } = await compose(settings, { clock, write, writeOut });

const { secretId, url } = contextKeySettings(process.env);
const secrets = createAwsJson({
  signedAs: client.config,
  transport: createTransport({ requestMs: CONTEXT_KEY_TIMEOUT_MS }),
  service: 'secretsmanager',
  url,
  clock,
});
const keys = createContextKeys({ read: createSecretReader({ call: secrets, secretId }), clock, write });
keys.prefetch();

const { awslambda } = globalThis as unknown as { awslambda: LambdaRuntime };

const app = createApp({ ...deps, open: createOpen({ keys, clock }) });

const { basePath } = settings;
export const handler = streamingHandler(app, awslambda, { underWay, written: out, after: flushSpans, basePath });
