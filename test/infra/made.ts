import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Template as Parts } from './schema.ts';
import { OPTIONS, stackOf } from './synth.ts';

/** What a stack with one option is: made once for every test that goes over all of them, because making it is what takes the time. */
export interface Made {
  template: Parts;
  /** Of the AWS Solutions pack: what it finds and nobody has acknowledged. */
  findings: string[];
}

const known = new Map<string, Made>();

/** @param name of one of OPTIONS */
export function made(name: string): Made {
  const before = known.get(name);
  if (before !== undefined) return before;
  const option = OPTIONS.find(([one]) => one === name);
  if (option === undefined) throw new Error(`there is no option "${name}"`);
  const given = stackOf(option[1]);
  const findings = findingsOf(given);
  const now = { template: Template.fromStack(given.stack).toJSON() as Parts, findings };
  known.set(name, now);
  return now;
}

export function findingsOf({ app }: ReturnType<typeof stackOf>): string[] {
  return new AwsSolutionsChecks(app)
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map((resource) => `${ruleName} ${resource.constructPath}`),
    );
}

/** For `test.each`. The first in a process loads the whole of the CDK. */
export const EACH_OPTION: readonly string[] = OPTIONS.map(([name]) => name);
