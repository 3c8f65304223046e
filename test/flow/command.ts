import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Order } from './cli-host.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Shared by all stacks and commands: each start would otherwise compile everything again. */
export const compileCache = join(root, 'node_modules/.cache/tollgate');

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `npx tollgate ...` against what runs on this folder, in a process that every command of a worker shares. */
export function command(dataDir: string, args: string[]): Promise<Ran> {
  host ??= startHost();
  return host({ id: orders++, args, dataDir });
}

let host: ((order: Order) => Promise<Ran>) | undefined;
let orders = 0;

/** The process that runs this file's commands; it ends with this one. */
function startHost(): (order: Order) => Promise<Ran> {
  const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: compileCache };
  const child = fork('test/flow/cli-host.ts', {
    cwd: root,
    env,
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, (ran: Ran) => void>();
  child.on('message', ({ id, ...ran }: Ran & { id: number }) => {
    waiting.get(id)?.(ran);
    waiting.delete(id);
  });
  child.once('exit', (code) => {
    for (const tell of waiting.values()) tell({ code: code ?? 1, stdout: '', stderr: 'the host of commands ended' });
    host = undefined;
  });
  child.unref();
  child.channel?.unref();
  return (order) =>
    new Promise((resolve) => {
      waiting.set(order.id, resolve);
      child.send(order);
    });
}
