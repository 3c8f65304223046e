/** Makes calls and times them, in a process of its own: whoever reads the contenders' lines takes nothing from it. */
import { fork } from 'node:child_process';
import { type Load, run, type Timed } from './run.ts';

export interface Generator {
  /** @throws Error as `run` does */
  run(load: Load): Promise<Timed>;
  stop(): void;
}

export function startGenerator(): Generator {
  const child = fork(import.meta.filename, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return {
    run: (load) =>
      new Promise((resolve, reject) => {
        const gone = (code: number | null): void => reject(new Error(`the load generator ended with ${code}`));
        child.once('close', gone);
        child.once('message', (answer: { timed: Timed } | { failed: string }) => {
          child.off('close', gone);
          if ('timed' in answer) resolve(answer.timed);
          else reject(new Error(answer.failed));
        });
        child.send(load);
      }),
    stop: () => void child.kill('SIGTERM'),
  };
}

if (import.meta.main)
  process.on('message', (load: Load) => {
    run(load).then(
      (timed) => process.send?.({ timed }),
      (error: Error) => process.send?.({ failed: error.message }),
    );
  });
