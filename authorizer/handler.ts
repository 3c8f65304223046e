import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { lineWriter } from '../contract/log.ts';
import { authorizerSettings } from '../contract/settings.ts';
import { createRegistry } from '../registry/dynamo.ts';
import { createAuthorizer } from './authorize.ts';
import { trustIssuers } from './issuers.ts';
import { createReport } from './report.ts';
import { createVerifier } from './verify.ts';

const { stage, table, issuers, registryMemoryMs } = authorizerSettings(process.env);
const clock = () => Date.now();
const write = lineWriter(process.stdout, stage);
const report = createReport({ clock, write });

export const handler = createAuthorizer({
  verify: createVerifier({ issuers: trustIssuers(issuers, { fetch, clock, report: report.issuer }), clock }),
  registry: createRegistry({
    client: new DynamoDBClient({}),
    table,
    clock,
    memoryMs: registryMemoryMs,
    onUnusable: report.unusable,
  }),
  clock,
  write,
});
