import { defineConfig } from 'vitest/config';

/**
 * What runs against each mutant: the tests of the files that decide, without those that open ports or ask the oracle. The
 * properties run with the number of cases that they always run with.
 */
export default defineConfig({
  test: {
    include: [
      'test/unit/policies/**/*.test.ts',
      'test/unit/registry/{decide,lifecycle}.test.ts',
      'test/unit/authorizer/{cases,authorize,presets,claims,decide,verify}.test.ts',
      'test/unit/pool/**/*.test.ts',
      'test/unit/registry/prices/**/*.test.ts',
      'test/unit/metering/{calendar,price}.test.ts',
      'test/unit/metering/ledger/provisioned.test.ts',
      'test/property/{session-policy,session-name,sign-in,verify,price,price-file}.test.ts',
    ],
    testTimeout: 30_000,
  },
});
