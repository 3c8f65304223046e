import { Agent, request } from 'node:http';

export interface Load {
  url: string;
  headers: Record<string, string>;
  body: string;
  /** Calls at once, each on a connection of its own that is kept alive. */
  connections: number;
  /** Calls in all; bounded, so that a run always ends. */
  calls: number;
}

export interface Measured {
  /** Calls a second. */
  rate: number;
  /** Milliseconds, start of a call to its last byte. */
  p50: number;
  p99: number;
}

/**
 * Runs the calls and times them.
 *
 * @throws Error at the first answer that is not 200: a contender that refuses quickly must not look fast
 */
export async function run(load: Load): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
  const times: number[] = [];
  let left = load.calls;
  const worker = async (): Promise<void> => {
    while (left-- > 0) times.push(await call(load, agent));
  };
  const begin = performance.now();
  try {
    await Promise.all(Array.from({ length: load.connections }, worker));
  } finally {
    agent.destroy();
  }
  const seconds = (performance.now() - begin) / 1_000;
  times.sort((a, b) => a - b);
  const at = (part: number): number => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN;
  return { rate: times.length / seconds, p50: at(0.5), p99: at(0.99) };
}

function call({ url, headers, body }: Load, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const outgoing = request(
      url,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
      },
      (answer) => {
        if (answer.statusCode !== 200) reject(new Error(`${url} answered ${answer.statusCode}`));
        answer.once('error', reject);
        answer.once('end', () => resolve(performance.now() - begin));
        answer.resume();
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
