import type { Clock } from '../../contract/log.ts';
import type { Writer } from '../../registry/writer.ts';
import type { Target } from '../target.ts';
import type { AskAws } from './ask.ts';
import type { Deployed } from './deployed.ts';

/** `unread`: it could not be looked at, so that nobody knows. */
export type State = 'ok' | 'warn' | 'wrong' | 'unread';

/** One thing that is not as it should be. */
export interface Problem {
  state: 'warn' | 'wrong';
  what: string;
  /** What to do, as a command where there is one. */
  mend: string;
}

export interface Verdict {
  /** What was found where nothing is wrong. */
  ok: string;
  problems: readonly Problem[];
}

/** What readers are given. Each part is made when it is first asked for. */
export interface Sight {
  target: Target;
  ask: AskAws;
  deployed(): Promise<Deployed>;
  registry(): Promise<Writer>;
  clock: Clock;
  fetch: typeof globalThis.fetch;
  /** Base URL of all services where they are elsewhere than in AWS. */
  endpoint: string | undefined;
  /** The folder of the laptop's gateway. */
  dataDir: string;
}

/**
 * One row of what the doctor says. What is read is as AWS said it, so that how it is judged can be tried with its answers.
 */
export interface Check<Seen> {
  id: string;
  on: readonly Target['kind'][];
  /** IAM actions that reading it takes: of these is the policy made for who runs the doctor. */
  needs: readonly string[];
  /** Loads what reading it takes of this program, which is not on the clock of what is asked. */
  loads?(): Promise<unknown>;
  /** @returns undefined where there is no such thing: then there is no row. @throws what could not be read */
  read(sight: Sight): Promise<Seen | undefined>;
  /** @param now milliseconds since 1970 */
  judge(seen: Seen, now: number): Verdict;
}

export const STAGE = ['stage'] as const;
export const LAPTOP = ['local'] as const;
export const BOTH = ['stage', 'local'] as const;

/** One of the table of checks, whatever it sees. */
export type AnyCheck = Check<unknown>;

export interface Row {
  check: string;
  state: State;
  found: string[];
  mend: string[];
}

const WORST: readonly State[] = ['ok', 'warn', 'wrong', 'unread'];

/** Reads and judges one. Whatever is thrown is a row of its own: a check that cannot be made hides none of the others. */
export async function examine<Seen>(check: Check<Seen>, sight: Sight, limitMs: number): Promise<Row | undefined> {
  try {
    const seen = await within(check.read(sight), limitMs);
    return seen === undefined ? undefined : rowOf(check.id, check.judge(seen, sight.clock()));
  } catch (error) {
    return unread(check, error);
  }
}

export function rowOf(check: string, { ok, problems }: Verdict): Row {
  if (problems.length === 0) return { check, state: 'ok', found: [ok], mend: [] };
  const worst = Math.max(...problems.map(({ state }) => WORST.indexOf(state)));
  return {
    check,
    state: WORST[worst] ?? 'wrong',
    found: problems.map(({ what }) => what),
    mend: problems.map(({ mend }) => mend),
  };
}

/** What cannot be looked at, and which right is missing where that is why. */
function unread({ id, needs }: Pick<AnyCheck, 'id' | 'needs'>, error: unknown): Row {
  const { name, message, right: asked } = rootOf(error);
  const denied = /AccessDenied|Unauthorized|NotAuthorized|Forbidden|AuthorizationError/i.test(name);
  // AWS names what was asked for, and by whom; the second is nobody's business here.
  const [, right = asked ?? needs.join(', ')] = /to perform:? ([\w-]+:\w+)/.exec(message) ?? [];
  if (denied && right !== '')
    return { check: id, state: 'unread', found: [`may not be read: ${right} is missing`], mend: [`allow ${right}`] };
  const { code = name } = rootOf(error) as NodeJS.ErrnoException;
  return { check: id, state: 'unread', found: [`could not be read: ${message || code}`], mend: ['try again'] };
}

/** What went wrong in the first place: the registry, say, wraps what its table said. */
function rootOf(error: unknown): Error & { right?: string } {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? rootOf(error.cause) : error;
}

/** @throws Error that says so when there is no answer by then */
export async function within<T>(what: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs / 1_000} s`)), limitMs);
  });
  try {
    return await Promise.race([what, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns undefined where AWS has no such thing: it is gone, which is not the same as that it could not be read */
export async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    const { name } = error as Error;
    if (
      /^(ResourceNotFound|NotFound|NoSuch\w*|QueueDoesNotExist)(Exception)?$|NonExistentQueue$|ConfigurationNotFoundError$/.test(
        name,
      )
    )
      return undefined;
    throw error;
  }
}

export const wrong = (what: string, mend: string): Problem => ({ state: 'wrong', what, mend });
export const warn = (what: string, mend: string): Problem => ({ state: 'warn', what, mend });
