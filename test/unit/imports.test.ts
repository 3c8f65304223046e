import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** What each room may import, beside itself. A trailing name restricts it to files that begin with that path. */
const MAY_IMPORT: Record<string, string[]> = {
  contract: [],
  policies: ['contract/'],
  // More than the ARN parser, because an entry whose session policy would not fit is refused when it is written.
  registry: [
    'contract/',
    ...['arn', 'guardrail', 'kinds', 'partition', 'place', 'session'].map((name) => `policies/${name}.ts`),
  ],
  // AssumeRole: on its own, because the invoke function and the broker both need it and neither may import the other.
  sessions: ['contract/', 'policies/'],
  // A signature, and one signed request, for whoever has no client of the service.
  aws: ['contract/', 'policies/partition.ts'],
  // Who may say who calls: what the authorizer seals, the invoke function opens.
  seal: ['contract/', 'aws/', 'sessions/abortable.ts'],
  authorizer: ['contract/', 'aws/', 'registry/', 'policies/gateway.ts', 'seal/'],
  // It decides everything again for itself, with the authorizer's and the registry's own code, and with none of invoke's.
  broker: ['contract/', 'policies/', 'registry/', 'authorizer/', 'sessions/'],
  // Beside calls it tells the event bus which models end soon. What went to a place is told by what AWS calls the place.
  metering: ['contract/', 'registry/', 'aws/announce.ts', 'policies/kinds.ts', 'policies/place.ts'],
  // Who is told of what, by which way: it knows nothing of calls.
  alerts: ['contract/', 'aws/', 'registry/'],
  // What AWS has, beside what the registry says of it.
  sync: ['contract/', 'aws/', 'policies/', 'registry/'],
  // What goes into a token that a user pool gives out: nothing is asked for it, so it needs no client.
  pool: ['contract/'],
  // What a reviewer reads of the registry and of the policies; of metering the type of the bucket that it is recorded in.
  review: ['contract/', 'policies/', 'registry/', 'metering/ledger/store.ts'],
  invoke: ['contract/', 'aws/', 'policies/', 'registry/', 'metering/', 'sessions/', 'seal/'],
  server: [
    'contract/',
    'policies/',
    'registry/',
    'sessions/',
    'authorizer/',
    'metering/',
    'invoke/',
    'admin/',
    'pages/',
  ],
  // The adapter of events, and what a request and an answer are, are those of invoke; calls and their cost are told as metering has them.
  // What AWS has is read as sync reads it.
  admin: [
    ...['contract/', 'aws/', 'registry/', 'review/', 'metering/', 'seal/', 'invoke/edge/', 'invoke/exchange.ts'],
    'sync/read.ts',
  ],
  // The console's files, and who serves them: nothing of what the page asks for.
  pages: ['contract/'],
  // Of what it shows it has no rule; how a text is kept from being a formula is everybody's.
  console: ['contract/csv.ts'],
  infra: ['contract/', 'policies/', 'pages/'],
  // It runs beside a tenant's service: of the gateway it knows what an HTTP client can know. What it listens with is the container's.
  sidecar: ['contract/', 'server/listen.ts', 'server/node-http.ts', 'aws/sigv4.ts'],
  // The doctor signs what no client of the SDK is there for, and looks at issuers' keys as the authorizer does.
  cli: [
    ...[
      'contract/',
      'policies/',
      'registry/',
      'review/',
      'metering/',
      'sync/',
      'sidecar/',
      'aws/json.ts',
      'aws/sigv4.ts',
    ],
    ...['seal/secret.ts', 'authorizer/jwks.ts'],
  ],
  local: ['contract/', 'policies/', 'registry/', 'authorizer/', 'invoke/', 'metering/', 'server/listen.ts', 'pages/'],
};

/** The files that call AWS: no others use a client of its SDK, or sign a request. */
const SDK_FILES = [
  /^registry\/(dynamo|table)\.ts$/,
  /^admin\/open-usage\.ts$/,
  /^sessions\/assume\.ts$/,
  /^invoke\/compose\.ts$/,
  /^invoke\/providers\/\w+\.ts$/,
  // Signs by itself, for services whose client would be a tenth of the bundle, for an operation or two.
  /^aws\/(json|lambda|sns|table)\.ts$/,
  /^sidecar\/token\/aws(-credentials)?\.ts$/,
  // CloudWatch, because the ledger is compared with its sums of the same lines.
  /^metering\/(ledger\/store|budgets\/counters|run\/cloudwatch)\.ts$/,
  /^sync\/(read|endpoints|access|evaluation\/rest)\.ts$/,
  /^infra\/one-region\.ts$/,
  /^(admin|alerts|authorizer|broker|infra\/invocation-logging|invoke|metering|seal|sync)\/handler\.ts$/,
  /^cli\/.*$/,
  /^local\/.*$/,
];

const PURE = ['contract', 'policies'];

function files(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  const found = source.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g);
  return [...found].map((match) => match[1] ?? '');
}

const rooms = Object.keys(MAY_IMPORT);
const all = rooms.flatMap((room) => files(room).map((file) => ({ room, file })));

describe('a room imports only what the house allows', () => {
  test.each(all)('$file', ({ room, file }) => {
    for (const specifier of importsOf(file)) {
      const signs = specifier === '@smithy/signature-v4' || specifier.endsWith('/sigv4.ts');
      if (specifier.startsWith('@aws-sdk/client-') || signs)
        expect(
          SDK_FILES.some((pattern) => pattern.test(file)),
          `${file} imports ${specifier}`,
        ).toBe(true);
      if (specifier.startsWith('.')) {
        const target = relative(root, join(root, dirname(file), specifier));
        if (target.startsWith(`${room}/`)) continue;
        expect(
          (MAY_IMPORT[room] ?? []).some((allowed) => target.startsWith(allowed)),
          `${file} imports ${target}`,
        ).toBe(true);
        expect(target.endsWith('/handler.ts'), `${file} imports another room's handler`).toBe(false);
      } else if (PURE.includes(room)) {
        // `node:crypto` is a hash function, not I/O.
        expect(['node:crypto'], `${file} imports ${specifier}`).toContain(specifier);
      }
    }
  });
});

/** Files that the file names by a path, of whichever room; a type that is imported counts like a value. */
const named = new Map(
  all.map(({ file }): [string, string[]] => [
    file,
    importsOf(file)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => relative(root, join(root, dirname(file), specifier))),
  ]),
);

test('no file is imported, by whatever way round, by what it imports', () => {
  const found = circlesOf(named);
  expect(found.map((circle) => circle.join(' -> '))).toEqual([]);
});

test('a circle is found however long it is, and a file that imports itself', () => {
  const files = { a: ['b', 'x'], b: ['c'], c: ['d', 'x'], d: ['b'], e: ['e'], x: [] };
  expect(circlesOf(new Map(Object.entries(files)))).toEqual([
    ['b', 'c', 'd', 'b'],
    ['e', 'e'],
  ]);
});

/** @returns for each circle a way through it, which ends where it began; of circles that share files, one at least */
function circlesOf(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const follow = (file: string): void => {
    const begun = way.indexOf(file);
    if (begun >= 0) circles.push([...way.slice(begun), file]);
    if (begun >= 0 || done.has(file)) return;
    way.push(file);
    for (const next of imports.get(file) ?? []) follow(next);
    way.pop();
    done.add(file);
  };
  for (const file of imports.keys()) follow(file);
  return circles;
}

/**
 * The rooms of invoke, from the ground up: each may use those before it, and all of them the files at the foot. What
 * puts them together (app, compose, handler) stands above them all.
 */
const INVOKE = [
  'usage',
  'providers',
  'grants',
  'budgets',
  'routing',
  'pipeline',
  'direct',
  'answers',
  'edge',
  'traces',
  'surfaces',
];
const INVOKE_FOOT = ['call.ts', 'costs.ts', 'exchange.ts', 'kept.ts', 'names.ts', 'session-ids.ts'];

test('no arrow between the rooms of invoke runs up', () => {
  const heightOf = (file: string): number => {
    const [, part = ''] = file.split('/');
    if (INVOKE_FOOT.includes(part)) return -1;
    return INVOKE.includes(part) ? INVOKE.indexOf(part) : INVOKE.length;
  };
  const up = files('invoke').flatMap((file) =>
    importsOf(file)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => relative(root, join(root, dirname(file), specifier)))
      .filter((target) => target.startsWith('invoke/') && heightOf(target) > heightOf(file))
      .map((target) => `${file} imports ${target}`),
  );
  expect(up).toEqual([]);
  // A room that is not on the list would stand above all of them.
  const there = readdirSync(join(root, 'invoke'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(there.map(({ name }) => name).sort()).toEqual([...INVOKE].sort());
});

test('the IAM simulator shares no code with what it checks', () => {
  const simulator = files('policies/simulate');
  expect(simulator.length).toBeGreaterThan(0);
  for (const file of simulator)
    for (const specifier of importsOf(file)) expect(specifier, file).toMatch(/^\.\/\w+\.ts$/);
  // review.ts, review-session.ts and review-roles.ts ask it; they write no policy.
  for (const file of files('policies').filter(
    (name) => !simulator.includes(name) && !/\/review[a-z-]*\.ts$/.test(name),
  ))
    expect(importsOf(file).join(' '), file).not.toContain('simulate/');
});
