import { runSidecar } from './run.ts';

/** The container's start; `tollgate sidecar` is another (cli/sidecar.ts). */
await runSidecar(process.env);
