import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCredentials } from '../../invoke/pipeline/credentials.ts';
import { createEntries } from '../../invoke/pipeline/entries.ts';
import { createPipeline, type PipelineOptions } from '../../invoke/pipeline/pipeline.ts';
import { createRoutes } from '../../invoke/pipeline/ways.ts';
import { createBedrock } from '../../invoke/providers/bedrock.ts';
import { createPost } from '../../invoke/providers/post.ts';
import { createSageMaker } from '../../invoke/providers/sagemaker.ts';
import { createTransport } from '../../invoke/providers/transport.ts';
import { type Aws, startAws } from '../../local/aws/start.ts';
import { createSts, createStsIssuer } from '../../sessions/assume.ts';
import { memoryMeter, ROLE } from '../unit/invoke/core.ts';

export const ACCOUNT = '111122223333';

/**
 * The pipeline with its own clients over an AWS endpoint that verifies signatures and evaluates role and session policies.
 * A test replaces one part of it to break a wall on purpose.
 */
export class WalledPipeline {
  readonly aws: Aws;
  readonly #folder: string;
  readonly #transport = createTransport();

  private constructor(aws: Aws, folder: string) {
    this.aws = aws;
    this.#folder = folder;
  }

  /** Points this process's AWS variables at a new endpoint, under the invoke function's own role. */
  static async start(): Promise<WalledPipeline> {
    const folder = await mkdtemp(join(tmpdir(), 'tollgate-walls-'));
    const aws = await startAws({ port: 0, dataDir: folder, account: ACCOUNT, region: 'us-east-1' });
    const { accessKeyId, secretAccessKey, sessionToken } = aws.credentialsFor('tollgate-local-invoke');
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: aws.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      // It would open every model of the account, if it were used.
      AWS_BEARER_TOKEN_BEDROCK: 'a-key-of-the-account',
    });
    return new WalledPipeline(aws, folder);
  }

  setUp(more: Partial<PipelineOptions> = {}) {
    const meter = memoryMeter();
    const lines: string[] = [];
    const write = (line: string) => lines.push(line);
    const clock = Date.now;
    const routes = createRoutes({ clock, random: Math.random, stage: {} });
    const runtime = { post: createPost(), clock };
    const run = createPipeline({
      entries: createEntries({ registry: { tenant: async () => null }, clock: Date.now, onUndecided: () => {} }),
      credentials: createCredentials({
        issue: createStsIssuer({ sts: createSts(this.#transport), roleArn: ROLE, clock, write }),
        roleArn: ROLE,
        clock,
      }),
      providers: { 'bedrock-runtime': createBedrock(runtime), 'sagemaker-runtime': createSageMaker(runtime) },
      meter,
      reserve: async () => undefined,
      take: () => {},
      routes: async () => routes,
      clock,
      newId: () => 'id-1',
      deadlines: { firstByteMs: 10_000, streamIdleMs: 10_000, callTotalMs: 20_000 },
      write,
      ...more,
    });
    return { run, meter, lines };
  }

  async close(): Promise<void> {
    this.#transport.destroy();
    await this.aws.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
