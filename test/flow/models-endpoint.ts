import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BedrockRuntimeClient, type ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { expect } from 'vitest';
import type { CallRecord } from '../../local/aws/calls.ts';
import { type Aws, startAws } from '../../local/aws/start.ts';

const ROLE = {
  name: 'caller',
  trust: { Statement: [] },
  policies: [{ Statement: { Effect: 'Allow', Action: ['bedrock:*', 'sagemaker:*'], Resource: '*' } as const }],
};

export const NOVA = 'amazon.nova-lite-v1:0';
export const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
export const LLAMA = 'us.meta.llama3-3-70b-instruct-v1:0';

/** The AWS endpoint and unmodified clients of its models, under a role that may call all of them. */
export class ModelsEndpoint {
  readonly aws: Aws;
  readonly overHttp2: BedrockRuntimeClient;
  readonly overHttp1: BedrockRuntimeClient;
  readonly sagemaker: SageMakerRuntimeClient;
  readonly #folder: string;

  private constructor(aws: Aws, folder: string) {
    const credentials = aws.credentialsFor('caller');
    const config = { endpoint: aws.url, region: 'us-east-1', credentials, maxAttempts: 1 };
    this.aws = aws;
    this.#folder = folder;
    this.overHttp2 = new BedrockRuntimeClient(config);
    this.overHttp1 = new BedrockRuntimeClient({ ...config, requestHandler: new NodeHttpHandler() });
    this.sagemaker = new SageMakerRuntimeClient(config);
  }

  static async start(): Promise<ModelsEndpoint> {
    const folder = await mkdtemp(join(tmpdir(), 'tollgate-aws-'));
    const options = { port: 0, account: '111122223333', region: 'us-east-1', functionRoles: [ROLE] };
    return new ModelsEndpoint(await startAws({ ...options, dataDir: folder }), folder);
  }

  async fault(rule: object): Promise<void> {
    const { status } = await fetch(`${this.aws.url}/_local/faults`, { method: 'POST', body: JSON.stringify(rule) });
    expect(status).toBe(204);
  }

  async clearFaults(): Promise<void> {
    await fetch(`${this.aws.url}/_local/faults`, { method: 'DELETE' });
  }

  lastCall(): CallRecord | undefined {
    return this.aws.calls.after(0).at(-1);
  }

  async close(): Promise<void> {
    for (const client of [this.overHttp2, this.overHttp1, this.sagemaker]) client.destroy();
    await this.aws.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export const say = (text: string, more: Partial<ConverseCommandInput> = {}): ConverseCommandInput => ({
  modelId: NOVA,
  messages: [{ role: 'user', content: [{ text }] }],
  ...more,
});

export async function collect<T>(stream: AsyncIterable<T> | undefined): Promise<T[]> {
  const all: T[] = [];
  for await (const item of stream ?? []) all.push(item);
  return all;
}
