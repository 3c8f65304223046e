import { App } from 'aws-cdk-lib';
import { isTollgateError } from '../contract/errors.ts';
import { addChecks } from './nag.ts';
import { readSpoke } from './spoke/settings.ts';
import { SpokeStack } from './spoke/stack.ts';

/** `npx cdk deploy --app 'node infra/spoke.ts'`, with credentials of the other account. */
try {
  const app = new App();
  addChecks(app);
  new SpokeStack(app, readSpoke(app.node.getAllContext()));
  app.synth();
} catch (error) {
  if (!isTollgateError(error, 'bad_setting')) throw error;
  process.stderr.write(`${error.publicMessage}\n`);
  process.exitCode = 1;
}
