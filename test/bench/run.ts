import { Agent } from 'node:http';
import { type Call, call, quantile } from './call.ts';
import { isWhole, type Kind } from './points.ts';

export interface Load extends Call {
  kind: Kind;
  /** Calls at once, each on a connection of its own that is kept alive. */
  connections: number;
  /** Calls in all; bounded, so that a run always ends. */
  calls: number;
}

export interface Timed {
  /** Calls a second. */
  rate: number;
  /** Milliseconds, start of a call to its last byte. */
  p50: number;
  p99: number;
}

/**
 * Runs the calls and times them.
 *
 * @throws Error at the first answer that is not 200 or not whole: a contender that refuses quickly must not look fast
 */
export async function run(load: Load): Promise<Timed> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
  const times: number[] = [];
  let left = load.calls;
  const worker = async (): Promise<void> => {
    while (left-- > 0) times.push(await one(load, agent));
  };
  const begin = performance.now();
  try {
    await Promise.all(Array.from({ length: load.connections }, worker));
  } finally {
    agent.destroy();
  }
  const seconds = (performance.now() - begin) / 1_000;
  times.sort((a, b) => a - b);
  return { rate: times.length / seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

async function one(load: Load, agent: Agent): Promise<number> {
  const { status, body, ms } = await call(load, agent);
  if (status !== 200) throw new Error(`${load.url} answered ${status}: ${body.toString('utf8', 0, 300)}`);
  if (!isWhole(load.kind, body)) throw new Error(`${load.url} gave an answer that is not whole: ${body}`);
  return ms;
}
