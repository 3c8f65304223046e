import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { performance } from 'node:perf_hooks';
import { setTimeout as after } from 'node:timers/promises';
import { type Answer, type Call, call } from '../call.ts';
import { END, type Kind } from '../points.ts';
import { type Second, type Summary, Tally } from './tally.ts';
import type { Tokens } from './tokens.ts';

export interface Traffic {
  /** Without the token. */
  call: Call;
  kind: Kind;
  tenants: number;
  tokens: Tokens;
  connections: number;
  seconds: number;
  /** 0: each connection calls again as soon as it has its answer. */
  rate: number;
  onSecond(second: Second): void;
}

export interface Made extends Summary {
  /** Part of the time in which this process was busy: near 1, it was the load generator that was measured. */
  busy: number;
}

/** Milliseconds without a call after one that never reached the gateway, so that a dead one is not hammered. */
const PAUSE_MS = 100;

/** Makes calls for so many seconds, the tenants in turn; those under way at the end are waited for. */
export async function traffic(options: Traffic): Promise<Made> {
  const { connections, seconds, rate, onSecond } = options;
  const AgentOf = options.call.url.startsWith('https:') ? SecureAgent : Agent;
  const agent = new AgentOf({ keepAlive: true, maxSockets: connections });
  const tally = new Tally();
  const began = performance.now();
  const until = began + seconds * 1_000;
  const before = performance.eventLoopUtilization();
  let next = 0;

  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      const turn = next++;
      // With a rate each call is due at a time of its own, and its answer is late from then on: a gateway that stands still
      // must not have fewer calls counted against it.
      const due = rate === 0 ? performance.now() : began + (turn * 1_000) / rate;
      if (due >= until) return;
      if (due > performance.now()) await after(due - performance.now());
      const late = Math.max(0, performance.now() - due);
      await one(options, turn % options.tenants, agent, late, tally);
    }
  };
  const ticking = setInterval(() => onSecond(tally.second()), 1_000);
  try {
    await Promise.all(Array.from({ length: connections }, worker));
  } finally {
    clearInterval(ticking);
    agent.destroy();
  }
  // What was still under way at the last full second.
  const last = tally.second();
  if (last.calls + last.errors > 0) onSecond(last);
  const took = (performance.now() - began) / 1_000;
  const { utilization } = performance.eventLoopUtilization(before);
  return { ...tally.summary(took), busy: utilization };
}

async function one(options: Traffic, tenant: number, agent: Agent, late: number, tally: Tally): Promise<void> {
  try {
    const authorization = `Bearer ${await options.tokens.of(tenant)}`;
    const answer = await call({ ...options.call, headers: { ...options.call.headers, authorization } }, agent);
    const wrong = faultOf(options.kind, answer);
    if (wrong === undefined) tally.answered(answer.ms + late, answer.firstMs + late);
    else tally.failed(wrong);
  } catch (error) {
    tally.failed((error as NodeJS.ErrnoException).code ?? (error as Error).message);
    await after(PAUSE_MS);
  }
}

/** The kind of an error, as its own format names it; undefined of an answer that came in full. */
export function faultOf(kind: Kind, { status, headers, body }: Answer): string | undefined {
  if (status === 200) {
    const end = END[kind];
    return end === undefined || body.includes(end) ? undefined : '200, but broken off';
  }
  const named = headers['x-amzn-errortype'] ?? codeIn(body);
  return named === undefined ? String(status) : `${status} ${String(named).split(':')[0]}`;
}

/** Of an error in OpenAI's or Anthropic's form. */
function codeIn(body: Buffer): string | undefined {
  try {
    const { error } = JSON.parse(body.toString('utf8')) as { error?: { code?: unknown; type?: unknown } };
    const code = error?.code ?? error?.type;
    return typeof code === 'string' ? code.slice(0, 60) : undefined;
  } catch {
    return undefined;
  }
}
