import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { trustIssuers } from '../authorizer/issuers.ts';
import { createReport } from '../authorizer/report.ts';
import { createVerifier } from '../authorizer/verify.ts';
import { CONNECT_TIMEOUT_MS } from '../contract/limits/contract.ts';
import { CONTEXT_KEY_TIMEOUT_MS } from '../contract/limits/seal.ts';
import { STS_TIMEOUT_MS } from '../contract/limits/sessions.ts';
import { lineWriter } from '../contract/log.ts';
import { brokerSettings } from '../contract/settings.ts';
import { createRegistry } from '../registry/dynamo.ts';
import { createSts, createStsIssuer } from '../sessions/assume.ts';
import { createBroker } from './broker.ts';

const { stage, table, issuers, registryMemoryMs, invokerRoleArn, spokes, keys } = brokerSettings(process.env);
const clock = () => Date.now();
const write = lineWriter(process.stdout, stage);
const report = createReport({ clock, write });
const stsTransport = new NodeHttpHandler({
  connectionTimeout: CONNECT_TIMEOUT_MS,
  requestTimeout: STS_TIMEOUT_MS,
  throwOnRequestTimeout: true,
});

const client = new DynamoDBClient({});
const gatewayKeys =
  keys &&
  (await import('../authorizer/open-keys.ts')).openKeys({
    ...{ client, clock, write, table, keys },
    transport: new NodeHttpHandler({
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: CONTEXT_KEY_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    }),
    // The authorizer has seen it before.
    notes: false,
  });

export const handler = createBroker({
  verify: createVerifier({ issuers: trustIssuers(issuers, { fetch, clock, report: report.issuer }), clock }),
  registry: createRegistry({
    client,
    table,
    clock,
    memoryMs: registryMemoryMs,
    onUnusable: report.unusable,
  }),
  keys: gatewayKeys,
  issue: createStsIssuer({
    sts: createSts(stsTransport),
    roleArn: invokerRoleArn,
    clock,
    write,
    // Nothing is remembered here, of either hop.
    spokes: async (own) =>
      (await import('../sessions/spoke.ts')).createSpokeIssuer(own, {
        stage,
        roles: spokes,
        stsOf: (credentials) => createSts(stsTransport, credentials),
      }),
  }),
  clock,
  write,
});
