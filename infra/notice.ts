import { readFileSync, writeFileSync } from 'node:fs';

/**
 * NOTICE: whose software Tollgate's functions hold, by the lockfile, so that it is the same on every machine. `npm run notice`
 * writes it; a test says when it is out of date.
 */

/** A package of a lockfile (https://docs.npmjs.com/cli/configuring-npm/package-lock-json), as far as it matters here. */
export interface Locked {
  version?: string;
  license?: string;
  dev?: boolean;
  os?: string | string[];
}

export interface Lockfile {
  packages: Record<string, Locked & { devDependencies?: Record<string, string> }>;
}

const FOLDER = 'node_modules/';

/** @returns the packages that a function may hold, by path: neither tools, nor what is for one operating system alone */
export function shipped({ packages }: Lockfile): [path: string, Locked][] {
  const tools = packages['']?.devDependencies ?? {};
  return Object.entries(packages).filter(
    ([path, { dev, os }]) => path !== '' && !dev && os === undefined && !(path.slice(FOLDER.length) in tools),
  );
}

/**
 * @param licenceOf the text of the package's own licence file, by its path; '' where it has none
 * @returns NOTICE as the Apache License, section 4(d), asks for it, with the copyright lines that the MIT and ISC licences do
 */
export function notice(lockfile: Lockfile, licenceOf: (path: string) => string): string {
  const lines = shipped(lockfile).map(([path, { version, license }]) => {
    const name = path.slice(path.lastIndexOf(FOLDER) + FOLDER.length);
    const copyright = licenceOf(path)
      .match(/^ *Copyright (?:\(c\) |©|\d{4}|[\w ]+<).*$/im)?.[0]
      .trim();
    return `${name} ${version} (${license})${copyright === undefined ? '' : `: ${copyright}`}`;
  });
  return `Tollgate
Copyright 2026 The Tollgate authors

Licensed under the Apache License, Version 2.0; see LICENSE.

Its functions and its command line hold this software, each under its own licence:

${[...new Set(lines)].sort().join('\n')}
`;
}

const LICENCE_FILES = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'CopyrightNotice.txt'];

/** @returns NOTICE for the packages that are installed in `root` */
export function noticeOf(root: URL): string {
  const text = (path: string): string => readFileSync(new URL(path, root), 'utf8');
  const licenceOf = (path: string): string =>
    LICENCE_FILES.map((file) => {
      try {
        return text(`${path}/${file}`);
      } catch {
        return '';
      }
    }).join('\n');
  return notice(JSON.parse(text('package-lock.json')) as Lockfile, licenceOf);
}

if (import.meta.main) {
  const root = new URL('../', import.meta.url);
  writeFileSync(new URL('NOTICE', root), noticeOf(root));
}
