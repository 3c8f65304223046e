import { createHash, timingSafeEqual } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { TollgateError } from '../contract/errors.ts';
import { AUTHORIZATION_BYTES } from '../contract/limits/credentials.ts';
import type { At } from './socket.ts';

/**
 * The value that opens `/credentials`, in a file that only the sidecar's own user can read: what reaches a port of
 * loopback is not always the service (another user's program, a request that a service was talked into).
 */
export interface Authorization {
  file: string;
  /** Compared in constant time. @param given the Authorization header */
  opens(given: string | undefined): boolean;
  /** Takes the file away, unless another sidecar has written its own. */
  remove(): void;
}

/** Where the same user's other programs find the value of a sidecar, if SIDECAR_AUTHORIZATION_FILE names no other file. */
export function authorizationFile(at: At): string {
  // Whoever could write beside a socket could put another in its place.
  if ('socket' in at) return `${resolve(at.socket)}.authorization`;
  return join(ownFolder(), String(at.port));
}

const ownFolder = (): string => join(tmpdir(), `tollgate-sidecar-${process.getuid?.() ?? ''}`);

/**
 * Writes a new value, so that one that leaked ends with the process.
 *
 * @param file an absolute path
 * @throws TollgateError `bad_setting` when it cannot be written where nobody else can read or replace it
 */
export function writeAuthorization(file: string, random: (bytes: number) => Buffer): Authorization {
  const value = random(AUTHORIZATION_BYTES).toString('base64url');
  const written = `${file}.${process.pid}`;
  try {
    if (dirname(file) === ownFolder()) makeOwn(ownFolder());
    rmSync(written, { force: true });
    // Whole or not at all, for who reads it meanwhile; `wx` follows no link.
    writeFileSync(written, value, { flag: 'wx', mode: 0o600 });
    renameSync(written, file);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new TollgateError('bad_setting', {
      field: 'SIDECAR_AUTHORIZATION_FILE',
      reason: 'unwritable',
      message: `SIDECAR_AUTHORIZATION_FILE: ${file} cannot be written (${why}).`,
      cause,
    });
  }
  const expected = digest(value);
  return {
    file,
    opens: (given) => given !== undefined && timingSafeEqual(digest(given), expected),
    remove() {
      try {
        if (readFileSync(file, 'utf8') === value) rmSync(file);
      } catch {
        // It is gone already.
      }
    },
  };
}

/** In a folder that all share, others may have made ours before us, or a link in its place. */
function makeOwn(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  const isOwn = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  if (!isOwn) throw new Error(`${folder} is not a folder of this user alone`);
}

// timingSafeEqual wants equal lengths, and says so early where they are not.
function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}
