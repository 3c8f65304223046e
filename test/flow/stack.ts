import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallRecord } from '../../local/aws/calls.ts';
import { command, compileCache, type Ran } from './command.ts';
import { Door } from './door.ts';
import { freePorts } from './ports.ts';
import { tokenOf } from './token.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface StackOptions {
  env?: Record<string, string>;
  /** An existing folder, to start again on what an earlier stack left. */
  dataDir?: string;
  port?: number;
}

/** The whole gateway in a process of its own, as `npm start` runs it, on free ports and in a folder of its own. */
export class Stack {
  readonly process: ChildProcess;
  readonly port: number;
  readonly dataDir: string;
  readonly #output = { stdout: '', stderr: '' };
  readonly #exit: Promise<Ran>;

  private constructor(port: number, dataDir: string, env: Record<string, string>) {
    this.port = port;
    this.dataDir = dataDir;
    this.process = spawn(process.execPath, ['local/main.ts'], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        PORT: String(port),
        TOLLGATE_DATA: dataDir,
        NODE_COMPILE_CACHE: compileCache,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout?.on('data', (chunk) => {
      this.#output.stdout += chunk;
    });
    this.process.stderr?.on('data', (chunk) => {
      this.#output.stderr += chunk;
    });
    this.#exit = new Promise((resolve) => {
      this.process.once('close', (code) => resolve({ code, ...this.#output }));
    });
  }

  /** @returns a running process, which may still fail to become ready */
  static async launch({ env = {}, dataDir, port }: StackOptions = {}): Promise<Stack> {
    const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'tollgate-flow-'));
    return new Stack(port ?? (await freePorts(3)), folder, env);
  }

  /** @returns a stack that answers calls */
  static async start(options: StackOptions = {}): Promise<Stack> {
    const stack = await Stack.launch(options);
    await stack.ready();
    return stack;
  }

  get gateway(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.port + 1}`;
  }

  get aws(): string {
    return `http://127.0.0.1:${this.port + 2}`;
  }

  get stdout(): string {
    return this.#output.stdout;
  }

  async ready(): Promise<void> {
    const line = new Promise<void>((resolve) => {
      const look = () => this.stdout.includes(`ready ${this.gateway}\n`) && resolve();
      this.process.stdout?.on('data', look);
      look();
    });
    const ended = this.#exit.then(({ code, stderr }) => {
      throw new Error(`the gateway ended with ${code}: ${stderr}`);
    });
    await Promise.race([line, ended]);
  }

  /** One call of Converse, its answer read to the end. @returns its status */
  async converse(token: string, model: string, text: string): Promise<number> {
    const response = await fetch(`${this.gateway}/model/${model}/converse`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text }] }] }),
    });
    await response.arrayBuffer();
    return response.status;
  }

  ended(): Promise<Ran> {
    return this.#exit;
  }

  /** How it ended after a signal. The data folder stays. */
  async stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<Ran> {
    this.process.kill(signal);
    return this.#exit;
  }

  /** As a machine that loses its power. The data folder stays. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#exit;
  }

  /** Stops and deletes the data folder. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** An access token of one of the demo's clients. */
  token(client: string): Promise<string> {
    return tokenOf(this.issuer, client);
  }

  /** The container door, in a process of its own on the same stores. */
  async serve(env: Record<string, string> = {}): Promise<Door> {
    const args = [`--env-file=${join(this.dataDir, 'serve.env')}`, 'server/main.ts'];
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { PATH: process.env.PATH, PORT: '0', NODE_COMPILE_CACHE: compileCache, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Door(child).listening();
  }

  /** What reached the AWS endpoint after call number `after`. */
  async calls(after = 0): Promise<CallRecord[]> {
    return (await (await fetch(`${this.aws}/_local/calls?after=${after}`)).json()) as CallRecord[];
  }

  /** Sets a budget of a tenant of which so much is left: it starts from what was called in its window before. */
  async setBudget(tenant: string, id: string, left: number, ...options: string[]): Promise<void> {
    const set = (limit: string) => this.cli('budget', 'set', tenant, id, '--limit', limit, ...options);
    const { code, stderr } = await set('1000000');
    if (code !== 0) throw new Error(stderr);
    const { stdout } = await this.cli('budget', 'status', tenant, '--format', 'json');
    const rows = JSON.parse(stdout) as { budget: string; settled: string }[];
    await set(String(left + Number(rows.find(({ budget }) => budget === id)?.settled)));
  }

  /** The number of the last call so far. */
  async mark(): Promise<number> {
    return (await this.calls()).at(-1)?.seq ?? 0;
  }

  /** What reached STS and the models after call number `after`. */
  async upstream(after = 0): Promise<CallRecord[]> {
    return (await this.calls(after)).filter(({ service }) => ['sts', 'bedrock', 'sagemaker'].includes(service));
  }

  async fault(fault: object): Promise<void> {
    const response = await fetch(`${this.aws}/_local/faults`, { method: 'POST', body: JSON.stringify(fault) });
    if (!response.ok) throw new Error(await response.text());
  }

  async clearFaults(): Promise<void> {
    await fetch(`${this.aws}/_local/faults`, { method: 'DELETE' });
  }

  /** `npx tollgate ...` against this stack. */
  cli(...args: string[]): Promise<Ran> {
    return command(this.dataDir, args);
  }
}
