import { chmodSync, lstatSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, resolve } from 'node:path';
import { bad } from '../contract/read-setting.ts';

/** A port of 127.0.0.1 (0 lets the system choose), or a Unix socket: nothing else of this machine can be listened on. */
export type At = { port: number } | { socket: string };

/**
 * Makes way for a Unix socket, in a folder where nobody else can put another in its place, and which is made if it is not there.
 *
 * @returns the file's absolute path, at which there is nothing now
 * @throws TollgateError `bad_setting` naming SIDECAR_SOCKET when the folder is others' to write, when the file is no socket, or one
 *   that somebody listens on
 */
export async function clearSocket(socket: string): Promise<string> {
  const path = resolve(socket);
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    const own = process.getuid?.();
    if (own !== undefined && ((uid !== own && uid !== 0) || (mode & 0o022) !== 0))
      throw refused(`the folder ${folder} must be this user's, and nobody else may write there`);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return path;
    if (!found.isSocket()) throw refused(`${path} is there already, and is no socket`);
    if (await isLive(path)) throw refused(`${path} is in use by another process`);
    rmSync(path);
    return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code?.startsWith('E') ? refused(`${path} cannot be opened (${code})`, error) : error;
  }
}

/** For its owner alone, from its first moment on: `bind` makes the file by the mask. */
export async function asOwner<T>(path: string, open: () => Promise<T>): Promise<T> {
  const before = process.umask(0o177);
  let opening: Promise<T>;
  try {
    opening = open();
  } finally {
    process.umask(before);
  }
  try {
    const opened = await opening;
    chmodSync(path, 0o600);
    return opened;
  } catch (cause) {
    throw refused(`${path} cannot be opened (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
}

function isLive(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    // One that only is not ours to open may well be somebody's.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => done(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}

function refused(what: string, cause?: unknown): Error {
  return bad('SIDECAR_SOCKET', `cannot be listened on: ${what}`, cause);
}
