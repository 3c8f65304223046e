import { OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';

/** How esbuild makes one file of a handler and all that it imports. */
export const BUNDLING = {
  format: OutputFormat.ESM,
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  // The SDK goes into the bundle: the version tested is the version run.
  externalModules: [],
  // Some packages are CommonJS inside and call require, which an ES module does not have.
  banner: "import{createRequire as tollgateRequire}from'node:module';const require=tollgateRequire(import.meta.url);",
};

/** What esbuild is told when a test or the benchmark makes the same file without CDK. */
export const ESBUILD = {
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
  minify: BUNDLING.minify,
  target: BUNDLING.target,
  mainFields: BUNDLING.mainFields,
  banner: { js: BUNDLING.banner },
} as const;
