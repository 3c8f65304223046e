/**
 * Mutation tests of the files that decide: each is changed in every small way, and a change that no test notices fails the
 * run. One that cannot be noticed is named in the code, with its reason (`Stryker disable next-line`).
 */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  mutate: [
    'policies/arn.ts',
    'policies/kinds.ts',
    'policies/kinds/*.ts',
    'policies/session.ts',
    'policies/name.ts',
    'policies/read-name.ts',
    'registry/decide.ts',
    'authorizer/verify.ts',
    'authorizer/claims.ts',
    'authorizer/decide.ts',
    'pool/decide.ts',
    'pool/groups.ts',
    'metering/calendar.ts',
    'metering/money.ts',
    'metering/price.ts',
    'registry/prices/entry.ts',
  ],
  // tsconfig.json: the runner would rewrite it through an interface that TypeScript 7 no longer has; nothing reads it here.
  ignorePatterns: ['/bench', '/cdk.out', '/coverage', '/.tollgate', '/test/oracle', '/test/flow', '/tsconfig.json'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 20_000,
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, reportTests: false, skipFull: true },
  thresholds: { high: 100, low: 100, break: 100 },
};
