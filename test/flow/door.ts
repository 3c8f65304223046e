import type { ChildProcess } from 'node:child_process';

/** `npm run serve`, and what it writes. */
export class Door {
  readonly process: ChildProcess;
  port = 0;
  stdout = '';
  stderr = '';
  readonly #exit: Promise<number | null>;

  constructor(child: ChildProcess) {
    this.process = child;
    this.#exit = new Promise((resolve) => {
      child.once('close', resolve);
    });
    child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
  }

  async listening(): Promise<this> {
    const line = new Promise<void>((resolve) => {
      this.process.stdout?.on('data', (chunk) => {
        this.stdout += chunk;
        if (this.port > 0) return;
        const found = /"event":"listening".*"port":(\d+)/.exec(this.stdout);
        if (found === null) return;
        this.port = Number(found[1]);
        resolve();
      });
    });
    const ended = this.#exit.then((code) => {
      throw new Error(`the container ended with ${code}: ${this.stderr}`);
    });
    await Promise.race([line, ended]);
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The JSON lines that it has written so far. */
  lines(): Record<string, unknown>[] {
    const whole = this.stdout.slice(0, this.stdout.lastIndexOf('\n') + 1);
    return whole
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  ended(): Promise<number | null> {
    return this.#exit;
  }

  /** @returns the exit code */
  stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    this.process.kill(signal);
    return this.#exit;
  }
}
