import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { containerBundle, sidecarBundle } from '../../infra/bundling.ts';
import manifest from '../../package.json' with { type: 'json' };
import { freePorts } from '../flow/ports.ts';
import { tokenOf } from '../flow/token.ts';
import { IMAGE_COMMAND, IMAGE_ENV, SIDECAR_IMAGE } from '../infra/image.ts';
import { onboard } from './budgets.ts';
import { CLIENT_OF, callOf, type Kind, MODEL, NATIVE_MODEL, type Point } from './points.ts';
import { install } from './portkey.ts';
import { type Running, start } from './process.ts';
import type { Load } from './run.ts';

export const NAMES = ['direct', 'proxy', 'container', 'sidecar', 'lambda', 'laptop', 'portkey'] as const;
export type Name = (typeof NAMES)[number];

export interface Contender {
  name: Name;
  process: Running;
  /** What a call of the point is. Tokens live for a quarter of an hour, so each round asks anew. */
  load(point: Point): Promise<Load>;
  serves(point: Point): boolean;
  /** The stand-ins that issue its sessions, where it is a gateway of ours. */
  stack?: Stack;
}

/** A whole local gateway: a contender, or where the stand-ins of the two doors are. */
export interface Stack {
  process: Running;
  issuer: string;
  aws: string;
  /** What a door is started with beside its port. */
  door: Record<string, string>;
}

/** What `npm start` gives Node. */
export const START_ENV = { NODE_OPTIONS: / node (.*) local/.exec(manifest.scripts.start)?.[1] ?? '' };

/** @param folder of its own; made if absent */
export async function startStack(upstream: number, folder: string): Promise<Stack> {
  const port = await freePorts(3);
  const args = [String(upstream), String(port), folder];
  const process = await start({ script: 'test/bench/gateway.ts', args, env: START_ENV });
  const aws = `http://127.0.0.1:${port + 2}`;
  await onboard(aws);
  const door = JSON.parse(readFileSync(join(folder, 'door.json'), 'utf8')) as Record<string, string>;
  return { process, issuer: `http://127.0.0.1:${port + 1}`, aws, door };
}

/** Below the project's folder: what the image holds. */
const IMAGE_FOLDER = 'bench/container';

let isBuilt = false;

/** The container door, as its image starts it. */
export async function startContainer(door: Record<string, string>): Promise<Running> {
  if (!isBuilt) buildSync({ ...containerBundle(), outdir: IMAGE_FOLDER, logLevel: 'error' });
  isBuilt = true;
  const [, script = '', ...args] = IMAGE_COMMAND;
  const port = await freePorts(1);
  return start({
    script: join(IMAGE_FOLDER, script),
    args,
    env: { ...IMAGE_ENV, ...door, PORT: String(port), HOST: '127.0.0.1' },
    at: { port, when: (line) => line.includes('"event":"listening"') },
  });
}

/** Below the project's folder: what the sidecar's image holds. */
const SIDECAR_FOLDER = 'bench/sidecar';

/** @param tokenFile where its token is, or will be */
export async function startSidecar(gateway: Running, tokenFile: string): Promise<Running> {
  buildSync({ ...sidecarBundle(), outdir: SIDECAR_FOLDER, logLevel: 'error' });
  const [, script = '', ...args] = SIDECAR_IMAGE.command;
  const port = await freePorts(1);
  const url = `http://127.0.0.1:${gateway.port}`;
  return start({
    script: join(SIDECAR_FOLDER, script),
    args,
    env: { ...SIDECAR_IMAGE.env, PORT: String(port), TOLLGATE_URL: url, TOLLGATE_TOKEN_FILE: tokenFile },
    at: { port, when: (line) => line.startsWith('ready ') },
  });
}

export interface Cast {
  upstream: Running;
  contenders: Contender[];
  stop(): Promise<void>;
}

/** Starts those that are wanted, and what they need. @param folder that the stacks may fill */
export async function startAll(wanted: ReadonlySet<Name>, folder: string): Promise<Cast> {
  const running: Running[] = [];
  const stop = async (): Promise<void> => {
    // The stand-ins after those that call them.
    for (const process of running.reverse()) await process.stop();
  };
  const started = async (process: Promise<Running>): Promise<Running> => {
    running.push(await process);
    return process;
  };
  try {
    const upstream = await started(start({ script: 'test/bench/upstream.ts' }));
    const stackOf = async (name: string): Promise<Stack> => {
      const stack = await startStack(upstream.port, join(folder, name));
      running.push(stack.process);
      return stack;
    };
    const make: Record<Name, () => Promise<Contender>> = {
      direct: async () => plain('direct', upstream),
      proxy: async () =>
        plain('proxy', await started(start({ script: 'test/bench/signing-proxy.ts', args: [String(upstream.port)] }))),
      container: async () =>
        ours('container', await started(startContainer((await standIns()).door)), await standIns()),
      sidecar: async () => {
        const stack = await standIns();
        const container = await started(startContainer(stack.door));
        const tokenFile = join(folder, 'token');
        writeFileSync(tokenFile, await tokenOf(stack.issuer, CLIENT_OF[0]));
        const process = await started(startSidecar(container, tokenFile));
        // Its callers have no token. What a call costs is the sidecar's own, its lines are the gateway's behind it.
        return {
          ...ours('sidecar', { ...process, lines: container.lines }, stack),
          serves: ({ budgets }) => budgets === 0,
          async load(point) {
            writeFileSync(tokenFile, await tokenOf(stack.issuer, CLIENT_OF[0]));
            return loadOf(process, point, MODEL, {});
          },
        };
      },
      lambda: async () => {
        const stack = await standIns();
        const functions = await started(start({ script: 'test/bench/functions.ts', env: stack.door }));
        const args = [String(functions.port), stack.door.TOLLGATE_AUTHORIZER_TTL ?? ''];
        const { port } = await started(start({ script: 'test/bench/api-gateway.ts', args }));
        // What is called is the gateway; what is ours, and counted, are the functions.
        return ours('lambda', { ...functions, port }, stack);
      },
      laptop: async () => {
        const stack = await stackOf('laptop');
        return ours('laptop', stack.process, stack);
      },
      portkey: async () => portkey(await started(startPortkey()), upstream.port),
    };
    let shared: Promise<Stack> | undefined;
    const standIns = (): Promise<Stack> => {
      shared ??= stackOf('stand-ins');
      return shared;
    };
    const contenders: Contender[] = [];
    for (const name of NAMES) if (wanted.has(name)) contenders.push(await make[name]());
    return { upstream, contenders, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const loadOf = (
  process: Running,
  { kind, connections, calls }: Point,
  model: string,
  headers: Load['headers'],
): Load => {
  const { path, body } = callOf(kind, model);
  return { url: `http://127.0.0.1:${process.port}${path}`, headers, body, kind, connections, calls };
};

const isBedrock = (kind: Kind): boolean => kind.startsWith('converse');

/** No gateway, or one that knows nobody: it speaks Bedrock's own format and keeps no budgets. */
function plain(name: Name, process: Running): Contender {
  return {
    name,
    process,
    serves: ({ kind, budgets }) => isBedrock(kind) && budgets === 0,
    load: async (point) => loadOf(process, point, MODEL, {}),
  };
}

function ours(name: Name, process: Running, stack: Stack): Contender {
  return {
    name,
    process,
    stack,
    serves: () => true,
    load: async (point) => {
      const authorization = `Bearer ${await tokenOf(stack.issuer, CLIENT_OF[point.budgets])}`;
      return loadOf(process, point, MODEL, { authorization });
    },
  };
}

async function startPortkey(): Promise<Running> {
  const script = install();
  const port = await freePorts(1);
  return start({
    script,
    args: ['--headless', `--port=${port}`],
    env: { TRUSTED_CUSTOM_HOSTS: '127.0.0.1', NODE_ENV: 'production' },
    at: { port, when: (line) => line.includes('Ready for connections') },
  });
}

/** It has OpenAI's format alone, and signs with the one key that the caller sends. */
function portkey(process: Running, upstream: number): Contender {
  const headers = {
    'x-portkey-provider': 'bedrock',
    'x-portkey-aws-access-key-id': 'AKIAPORTKEY',
    'x-portkey-aws-secret-access-key': 'bench',
    'x-portkey-aws-region': 'us-east-1',
    'x-portkey-custom-host': `http://127.0.0.1:${upstream}`,
  };
  return {
    name: 'portkey',
    process,
    serves: ({ kind, budgets }) => !isBedrock(kind) && budgets === 0,
    load: async (point) => loadOf(process, point, NATIVE_MODEL, headers),
  };
}
