import { App } from 'aws-cdk-lib';
import { isTollgateError } from '../contract/errors.ts';
import { addStacks } from './deployment.ts';
import { addChecks } from './nag.ts';
import { readDeployment } from './settings/deployment.ts';

try {
  const app = new App();
  addChecks(app);
  addStacks(app, readDeployment(app.node.getAllContext()));
  app.synth();
} catch (error) {
  if (!isTollgateError(error, 'bad_setting')) throw error;
  process.stderr.write(`${error.publicMessage}\n`);
  process.exitCode = 1;
}
