import { existsSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Template as Parts } from './schema.ts';
import { OPTIONS, stackOf } from './synth.ts';

/** What a stack with one option is: made once a run for every test that goes over all of them, because making it is what takes the time. */
export interface Made {
  template: Parts;
  /** Of the AWS Solutions pack: what it finds and nobody has acknowledged. */
  findings: string[];
}

const known = new Map<string, Made>();

/** @param name of one of OPTIONS */
export function made(name: string): Made {
  const before = known.get(name) ?? madeByOthers(name);
  const now = before ?? make(name);
  known.set(name, now);
  return now;
}

const scratch = process.env.SCRATCH_FOLDER ?? mkdtempSync(join(tmpdir(), 'made-'));

/** Where each process of a run finds what another one made. */
const fileOf = (name: string): string => join(scratch, `made-${OPTIONS.findIndex(([one]) => one === name)}.json`);

function madeByOthers(name: string): Made | undefined {
  const file = fileOf(name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Made) : undefined;
}

function make(name: string): Made {
  const option = OPTIONS.find(([one]) => one === name);
  if (option === undefined) throw new Error(`there is no option "${name}"`);
  const given = stackOf(option[1]);
  const findings = findingsOf(given);
  const now = { template: Template.fromStack(given.stack).toJSON() as Parts, findings };
  // Whole or not at all: the other process may look at this moment.
  const unfinished = `${fileOf(name)}.${process.pid}`;
  writeFileSync(unfinished, JSON.stringify(now));
  renameSync(unfinished, fileOf(name));
  return now;
}

export function findingsOf({ app }: ReturnType<typeof stackOf>): string[] {
  return new AwsSolutionsChecks(app)
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map((resource) => `${ruleName} ${resource.constructPath}`),
    );
}

/** For `test.each`; one of two that run side by side goes over them from the end, and each makes half. The first in a process loads the whole of the CDK. */
export const EACH_OPTION: readonly string[] = OPTIONS.map(([name]) => name);
