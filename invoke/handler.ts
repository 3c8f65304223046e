import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BROKER_TIMEOUT_MS, COUNTERS_TIMEOUT_MS, REGISTRY_TIMEOUT_MS, STS_TIMEOUT_MS } from '../contract/limits.ts';
import { lineWriter, logLine, METRICS } from '../contract/log.ts';
import { invokeSettings } from '../contract/settings.ts';
import { createCounters } from '../metering/counters.ts';
import { createMeter } from '../metering/emit.ts';
import { createRegistry } from '../registry/dynamo.ts';
import { reportUnusable } from '../registry/unusable.ts';
import { createSts, createStsIssuer } from '../sessions/assume.ts';
import type { Issue } from '../sessions/session.ts';
import { createApp } from './app.ts';
import { type CallScope, createCredentials } from './credentials.ts';
import { createDirect } from './direct.ts';
import { createEntries } from './entries.ts';
import { type LambdaRuntime, streamingHandler } from './lambda.ts';
import { createPipeline } from './pipeline.ts';
import { createBedrock } from './providers/bedrock.ts';
import { createTransport } from './transport.ts';

const { table, countersTable, invokerRoleArn, brokerFunction, registryMemoryMs, ...deadlines } = invokeSettings(
  process.env,
);
const clock = () => Date.now();
const write = lineWriter(process.stdout);

const entries = createEntries({
  registry: createRegistry({
    client: new DynamoDBClient({ requestHandler: createTransport({ requestMs: REGISTRY_TIMEOUT_MS }) }),
    table,
    clock,
    memoryMs: registryMemoryMs,
    rememberTenants: true,
    onUnusable: reportUnusable({ clock, write }),
  }),
  onUndecided: ({ code, reason }) =>
    write(logLine(clock(), { event: 'undecided', level: 'error', code, reason }, { [METRICS.undecided]: 1 })),
});

const counters = createCounters({
  client: new DynamoDBClient({ requestHandler: createTransport({ requestMs: COUNTERS_TIMEOUT_MS }) }),
  table: countersTable,
});

const bedrock = createBedrock({ transport: createTransport(), clock });

async function issuer(): Promise<Issue<CallScope>> {
  if (brokerFunction === undefined) {
    const sts = createSts(createTransport({ requestMs: STS_TIMEOUT_MS }));
    return createStsIssuer({ sts, roleArn: invokerRoleArn, clock, write });
  }
  // Loaded only where there is a broker, so that nobody else's cold start pays for Lambda's client.
  const { createBrokerIssuer, createLambda } = await import('./broker.ts');
  const lambda = createLambda(createTransport({ requestMs: BROKER_TIMEOUT_MS }));
  return createBrokerIssuer({ lambda, functionName: brokerFunction, clock, write });
}

const issue = await issuer();
const run = createPipeline({
  entries,
  credentials: createCredentials({ issue, roleArn: invokerRoleArn, clock }),
  providers: { 'bedrock-model': bedrock, 'bedrock-profile': bedrock },
  meter: createMeter({ write }),
  clock,
  newId: randomUUID,
  deadlines,
  write,
});

const { awslambda } = globalThis as unknown as { awslambda: LambdaRuntime };

export const handler = streamingHandler(
  createApp({ run, entries, direct: createDirect({ entries, issue, clock, write }), counters, clock, write }),
  awslambda,
  {
    keepToken: brokerFunction !== undefined,
  },
);
