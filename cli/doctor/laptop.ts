import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { DISK_WARN_BYTES, DISK_WRONG_BYTES } from '../../contract/limits/doctor.ts';
import { type Check, LAPTOP, type Problem, warn, wrong } from './check.ts';

export interface PortsSeen {
  ports: { what: string; url: string; failed: string | undefined }[];
}

export const ports: Check<PortsSeen> = {
  id: 'ports',
  on: LAPTOP,
  needs: [],
  async read({ target: { gateway = '', issuer = '', clientConfig }, fetch }) {
    const asked = [
      ['the gateway', gateway, '/health', true],
      ['the identity provider', issuer, '/.well-known/openid-configuration', true],
      // Unsigned it refuses, which is an answer.
      ['the AWS endpoint', clientConfig.endpoint ?? '', '/', false],
    ] as const;
    return {
      ports: await Promise.all(
        asked.map(async ([what, url, path, mustBeOk]) => {
          try {
            const response = await fetch(new URL(path, url));
            await response.body?.cancel();
            return { what, url, failed: mustBeOk && !response.ok ? `it answers ${response.status}` : undefined };
          } catch (error) {
            const { code = '' } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
            return { what, url, failed: `it does not answer (${code || (error as Error).message})` };
          }
        }),
      ),
    };
  },
  judge: ({ ports }) => ({
    ok: ports.map(({ what, url }) => `${what} ${url}`).join(', '),
    problems: ports.flatMap(({ what, url, failed }): Problem[] =>
      failed === undefined ? [] : [wrong(`${what} at ${url}: ${failed}`, 'stop npm start and start it again')],
    ),
  }),
};

export interface FolderSeen {
  folder: string;
  writable: boolean;
  /** Bytes. */
  free: number;
}

export const folder: Check<FolderSeen> = {
  id: 'data folder',
  on: LAPTOP,
  needs: [],
  async read({ dataDir }) {
    const [writable, { bavail, bsize }] = await Promise.all([
      access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK).then(
        () => true,
        () => false,
      ),
      statfs(dataDir),
    ]);
    return { folder: dataDir, writable, free: bavail * bsize };
  },
  judge({ folder, writable, free }) {
    const gigabytes = `${(free / 1e9).toFixed(1)} GB free`;
    const room = 'make room on the disk, or set TOLLGATE_DATA to a folder on another';
    return {
      ok: `${folder} can be written, ${gigabytes}`,
      problems: [
        ...(writable ? [] : [wrong(`${folder} cannot be written: usage would be lost`, `chmod u+rwx ${folder}`)]),
        ...(free < DISK_WRONG_BYTES
          ? [wrong(`${gigabytes} where ${folder} is`, room)]
          : free < DISK_WARN_BYTES
            ? [warn(`${gigabytes} where ${folder} is`, room)]
            : []),
      ],
    };
  },
};

export interface NodeSeen {
  version: string;
  wanted: number;
}

export const node: Check<NodeSeen> = {
  id: 'node',
  on: LAPTOP,
  needs: [],
  read: async () => ({ version: process.versions.node, wanted: NODE_MAJOR }),
  judge({ version, wanted }) {
    const major = Number(version.split('.')[0]);
    const mend = 'npm scripts use the project’s own Node; npm ci installs it';
    return {
      ok: `${version}, as the functions have it`,
      problems: major === wanted ? [] : [warn(`this is Node ${version}, and the functions run on ${wanted}`, mend)],
    };
  },
};

/** Of the functions' runtime, NODEJS_24_X. */
const NODE_MAJOR = 24;
