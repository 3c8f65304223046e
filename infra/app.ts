import { App } from 'aws-cdk-lib';
import { isTollgateError } from '../contract/errors.ts';
import { addInvocationLogging } from './invocation-logging/stack.ts';
import { addChecks } from './nag.ts';
import { readSettings } from './settings/index.ts';
import { TollgateStack } from './stack.ts';

try {
  const app = new App();
  addChecks(app);
  const settings = readSettings(app.node.getAllContext());
  new TollgateStack(app, settings);
  addInvocationLogging(app, settings);
  app.synth();
} catch (error) {
  if (!isTollgateError(error, 'bad_setting')) throw error;
  process.stderr.write(`${error.publicMessage}\n`);
  process.exitCode = 1;
}
