import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Policy, RequestContext } from '../../policies/simulate/types.ts';

/**
 * `@cloud-copilot/iam-simulate`: an IAM evaluator written by others. It is AGPL-3.0, so it is no dependency of the project:
 * it lives in `test/oracle` with a lockfile of its own, is installed by the tests that ask it, and nothing else loads it.
 */

const FOLDER = fileURLToPath(new URL('../oracle', import.meta.url));
const PACKAGE = '@cloud-copilot/iam-simulate';

/** Milliseconds for `npm ci`, and for another process that is installing at the same time. */
const INSTALL_MS = 90_000;

export interface Question {
  role: readonly object[];
  session: object | null;
  /** A trust policy, where the resource is a role. */
  trust?: object;
  /** The ARN of the caller: an assumed role's session. */
  principal?: string;
  action: string;
  resource: string;
  context: RequestContext;
}

/** The parts of its interface that are used. */
interface Module {
  runSimulation(simulation: object, options: object): Promise<Outcome>;
}
type Outcome =
  | { resultType: 'error'; errors: { message: string } }
  | { resultType: 'single'; overallResult: string; result: { ignoredContextKeys?: string[] } };

export interface Oracle {
  /**
   * @throws Error when it takes the question for malformed, or does not know a context key for the action: a comparison
   *   would then be of two different questions
   */
  allows(question: Question): Promise<boolean>;
  /** What it objects to about the request itself, e.g. `no.resource.types` for an ARN that the action cannot have. */
  objection(question: Question): Promise<string | undefined>;
}

export const ACCOUNT = '111122223333';

/**
 * Installs it if need be and loads it.
 *
 * @returns undefined where it cannot be installed, after a line that says so; never in CI
 * @throws Error in CI, where its absence would mean that nothing was compared
 */
export async function loadOracle(): Promise<Oracle | undefined> {
  try {
    await installed();
    const entry = join(FOLDER, 'node_modules', PACKAGE, 'dist/esm/index.js');
    return asOracle((await import(entry)) as Module);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (process.env.CI !== undefined && process.env.CI !== '') throw new Error(`the oracle is not there: ${why}`);
    process.stderr.write(`\nNOT COMPARED: ${PACKAGE} could not be installed, so our IAM was not checked: ${why}\n\n`);
    return undefined;
  }
}

async function installed(): Promise<void> {
  const pinned = await versionIn(
    join(FOLDER, 'package-lock.json'),
    (lock) => lock.packages?.[`node_modules/${PACKAGE}`],
  );
  const isThere = async (): Promise<boolean> => {
    const manifest = join(FOLDER, 'node_modules', PACKAGE, 'package.json');
    return pinned !== undefined && (await versionIn(manifest, (found) => found).catch(() => undefined)) === pinned;
  };
  if (await isThere()) return;
  await alone(async () => {
    if (await isThere()) return;
    await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: FOLDER,
      timeout: INSTALL_MS,
    });
  });
}

interface Manifest {
  version?: string;
  packages?: Record<string, Manifest>;
}

async function versionIn(file: string, find: (json: Manifest) => Manifest | undefined): Promise<string | undefined> {
  return find(JSON.parse(await readFile(file, 'utf8')) as Manifest)?.version;
}

/** Two test processes must not install into one folder at once; a folder can be made by one of them only. */
async function alone(run: () => Promise<void>): Promise<void> {
  const lock = join(tmpdir(), `oracle-${createHash('sha256').update(FOLDER).digest('hex').slice(0, 16)}`);
  const deadline = Date.now() + INSTALL_MS;
  for (;;) {
    try {
      await mkdir(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || Date.now() > deadline) throw error;
      // Left behind by a process that was killed.
      const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: 0 }));
      if (Date.now() - mtimeMs > INSTALL_MS) await rm(lock, { recursive: true, force: true });
      else await after(100);
    }
  }
  try {
    await run();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

function asOracle({ runSimulation }: Module): Oracle {
  const run = ({ role, session, trust, principal, action, resource, context }: Question): Promise<Outcome> =>
    runSimulation(
      {
        request: {
          principal: principal ?? `arn:aws:sts::${ACCOUNT}:assumed-role/invoker/tg-acme-0`,
          action,
          // A foundation model belongs to no account; IAM decides on it as on one's own.
          resource: { resource, accountId: resource.split(':')[4] || ACCOUNT },
          contextVariables: context,
        },
        sessionPolicy: session ?? undefined,
        identityPolicies: role.map((policy, i) => ({ name: `role-${i}`, policy })),
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        ...(trust === undefined ? {} : { resourcePolicy: trust }),
      },
      {},
    );
  return {
    async allows(question) {
      const outcome = await run(question);
      if (outcome.resultType === 'error') throw new Error(`the oracle objects: ${JSON.stringify(outcome.errors)}`);
      if (outcome.resultType !== 'single') throw new Error('the oracle took the resource for a pattern');
      const ignored = outcome.result.ignoredContextKeys ?? [];
      if (ignored.length > 0) throw new Error(`the oracle ignores ${ignored.join()} for ${question.action}`);
      return outcome.overallResult === 'Allowed';
    },
    async objection(question) {
      const outcome = await run(question);
      return outcome.resultType === 'error' ? outcome.errors.message : undefined;
    },
  };
}

/** Whatever one policy or a list holds, as the simulator's own type. */
export const asPolicies = (policies: readonly object[]): Policy[] => policies.map((policy) => policy as Policy);
