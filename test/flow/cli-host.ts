import { main } from '../../cli/program.ts';

/**
 * Runs commands for `Stack.cli`, one after the other in one process: most of what a process of its own for each would do is to
 * load the same files again. That each works as a process is held by test/unit/cli/exit-codes.test.ts.
 */

export interface Order {
  id: number;
  args: string[];
  dataDir: string;
}

let before: Promise<void> = Promise.resolve();
process.on('message', (order: Order) => {
  before = before.then(() => run(order));
});
process.on('disconnect', () => process.exit());

async function run({ id, args, dataDir }: Order): Promise<void> {
  process.env.TOLLGATE_DATA = dataDir;
  const said = { stdout: '', stderr: '' };
  const kept = (['stdout', 'stderr'] as const).map((name) => {
    const { write } = process[name];
    process[name].write = (chunk: string | Uint8Array): boolean => {
      said[name] += chunk;
      return true;
    };
    return () => {
      process[name].write = write;
    };
  });
  const code = await main(args).catch((error: unknown) => {
    said.stderr += String(error);
    return 1;
  });
  for (const restore of kept) restore();
  process.send?.({ id, code, ...said });
}
