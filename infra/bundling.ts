import { join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { type AssetCode, Code } from 'aws-cdk-lib/aws-lambda';
import { type BuildOptions, buildSync } from 'esbuild';
import { buildConsoleSync } from '../pages/build.ts';
import { FOLDER } from '../pages/files.ts';
import { writeFiles } from '../pages/folder.ts';

const ROOT = join(import.meta.dirname, '..');

/** What finds credentials where Lambda has none, and the client that would renew the token of a person at SSO. */
const ELSEWHERE = ['@aws-sdk/credential-provider-node', '@aws-sdk/nested-clients/sso-oidc'];

/**
 * How esbuild makes the files of a handler and all that it imports: `index.mjs`, what a start loads, and beside it what is
 * loaded when it is first used (the broker's client, events of a budget).
 *
 * @param name the room that has the `handler.ts`
 */
export function bundleOf(name: string): BuildOptions {
  return {
    ...filesOf(join(ROOT, name, 'handler.ts')),
    // The SDK looks for credentials in files, in a process, at SSO; in Lambda they are in the environment.
    alias: {
      ...Object.fromEntries(ELSEWHERE.map((name) => [name, join(import.meta.dirname, 'lambda-credentials.ts')])),
      // It tells browsers apart, which no function is.
      bowser: join(import.meta.dirname, 'no-browser.ts'),
      '@aws-sdk/middleware-endpoint-discovery': join(import.meta.dirname, 'no-discovery.ts'),
      '@aws-sdk/signature-v4-multi-region': join(import.meta.dirname, 'one-region.ts'),
    },
  };
}

/** The same of the container, which finds its credentials wherever it runs: at ECS, at EKS, by a web identity. */
export function containerBundle(): BuildOptions {
  return filesOf(join(ROOT, 'server', 'main.ts'));
}

/** The same of the sidecar, which calls the gateway and the identity provider, and nothing of AWS. */
export function sidecarBundle(): BuildOptions {
  return filesOf(join(ROOT, 'sidecar', 'main.ts'));
}

function filesOf(entry: string): BuildOptions {
  return {
    absWorkingDir: ROOT,
    entryPoints: { index: entry },
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    // The SDK is among them: the version tested is the version run.
    packages: 'bundle',
    // Some packages are CommonJS inside and call require, which an ES module does not have.
    banner: {
      js: "import{createRequire as tollgateRequire}from'node:module';const require=tollgateRequire(import.meta.url);",
    },
  };
}

/** A function's code. It is built where the template is made, with the esbuild of the lockfile. */
export function codeOf(name: string): AssetCode {
  return Code.fromAsset(join(ROOT, name), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // CDK asks for an image; it is not used where the local bundling succeeds, and this one throws when it does not.
      image: DockerImage.fromRegistry('scratch'),
      local: {
        tryBundle(outdir) {
          buildSync({ ...bundleOf(name), outdir, logLevel: 'error' });
          if (name === 'pages') writeFiles(buildConsoleSync(), join(outdir, FOLDER));
          return true;
        },
      },
    },
  });
}
