import type { Answer } from '../../../invoke/call.ts';
import { createCredentials } from '../../../invoke/pipeline/credentials.ts';
import { createEntries } from '../../../invoke/pipeline/entries.ts';
import { createPipeline, type PipelineOptions } from '../../../invoke/pipeline/pipeline.ts';
import { createRoutes } from '../../../invoke/pipeline/ways.ts';
import { createBedrock } from '../../../invoke/providers/bedrock.ts';
import { createPost } from '../../../invoke/providers/post.ts';
import { createStsIssuer } from '../../../sessions/assume.ts';
import { type FakeSts, fakeSts, memoryMeter, NOW, ROLE, upstream } from './core.ts';

/** A whole pipeline over a fake STS and a Bedrock on a real port, and what that Bedrock may answer. */

const post = createPost();

export function setUp(more: Partial<PipelineOptions> = {}, sts: FakeSts = fakeSts()) {
  const meter = memoryMeter();
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const clock = () => NOW;
  let serial = 0;
  const routes = createRoutes({ clock, random: () => 0, stage: {} });
  const run = createPipeline({
    entries: createEntries({ registry: { tenant: async () => null }, clock: Date.now, onUndecided: () => {} }),
    credentials: createCredentials({
      issue: createStsIssuer({ sts, roleArn: ROLE, clock, random: () => 0, write }),
      roleArn: ROLE,
      clock,
    }),
    providers: { 'bedrock-runtime': createBedrock({ post, clock }) },
    meter,
    reserve: async () => undefined,
    take: () => {},
    routes: async () => routes,
    clock,
    newId: () => `id-${++serial}`,
    deadlines: { firstByteMs: 5_000, streamIdleMs: 5_000, callTotalMs: 10_000 },
    write,
    ...more,
  });
  return { run, meter, lines, sts };
}

export const usage = {
  inputTokens: 3,
  outputTokens: 5,
  totalTokens: 8,
  cacheReadInputTokens: 2,
  cacheWriteInputTokens: 1,
};
export const tokens = { input: 3, output: 5, cacheRead: 2, cacheWrite: 1 };
export const NONE = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

export const answers = (body: unknown, headers: Record<string, string> = {}) =>
  upstream((_, response) =>
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body)),
  );

export const fails = (status: number, type: string, message = '', headers: Record<string, string> = {}) =>
  upstream((_, response) =>
    response.writeHead(status, { 'x-amzn-errortype': type, ...headers }).end(JSON.stringify({ message })),
  );

export const streams = (...frames: Uint8Array[]) => streamsOn(Promise.resolve(), [], frames);

/** A stream that goes on when it is told to. */
export const streamsOn = (told: Promise<void>, begin: Uint8Array[], rest: Uint8Array[]) =>
  upstream(async (_, response) => {
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream', 'set-cookie': 'a=b' });
    for (const bytes of begin) response.write(bytes);
    await told;
    for (const bytes of rest) response.write(bytes);
    response.end();
  });

export function eventsOf(answer: Answer) {
  if (answer.kind !== 'stream') throw new Error('not a stream');
  return answer.events;
}
