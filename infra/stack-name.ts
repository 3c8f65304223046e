import type { StackProps } from 'aws-cdk-lib';
import type { InfraSettings } from './settings/index.ts';

/**
 * How a stack is called and tagged. The stacks of a unit are all that `<prefix>-*` matches, and a bill can be split by unit and by
 * stage.
 *
 * @param what it is, for whoever lists the account's stacks
 */
export function stackNamed(
  { stage, unit, region, account }: Pick<InfraSettings, 'stage' | 'unit' | 'region' | 'account'>,
  what: string,
): [id: string, props: StackProps] {
  const env = { region, ...(account === undefined ? {} : { account }) };
  return unit === undefined
    ? [
        `tollgate-${stage}`,
        { description: `Tollgate, stage ${stage}: ${what}`, env, tags: { application: 'tollgate', stage } },
      ]
    : [
        `${unit.prefix}-tollgate-${unit.stage}`,
        {
          description: `Tollgate, unit ${unit.prefix}, stage ${unit.stage}: ${what}`,
          env,
          tags: { application: 'tollgate', unit: unit.prefix, stage: unit.stage },
        },
      ];
}

/** By which the id of a unit's API is known to the stacks of other units. */
export function apiExport(stage: string): string {
  return `tollgate-${stage}-api`;
}
