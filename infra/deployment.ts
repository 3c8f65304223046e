import { Annotations, type App, Stack } from 'aws-cdk-lib';
import { addInvocationLogging } from './invocation-logging/stack.ts';
import type { Deployment } from './settings/deployment.ts';
import type { UnitName } from './settings/units.ts';
import { TollgateStack } from './stack.ts';
import { apiExport } from './stack-name.ts';
import { UnitPlanStack } from './unit-plan.ts';

/** The stacks of a cdk.json: one, or one for each unit. A unit's is deployed after its parent's, whose API it needs. */
export function addStacks(app: App, { stages, plans }: Deployment): Stack[] {
  const whole = new Map(stages.map((settings) => [settings.stage, new TollgateStack(app, settings)]));
  for (const settings of stages) addInvocationLogging(app, settings);
  const units = stages.flatMap(({ stage, unit }) => {
    const stack = whole.get(stage);
    return unit === undefined || stack === undefined ? [] : [{ unit, stack: stack as Stack }];
  });
  for (const settings of plans) {
    const stack = new UnitPlanStack(app, settings);
    units.push({ unit: settings.unit, stack });
    if (settings.apiId !== undefined) continue;
    const parent = whole.get(settings.parentStage);
    if (parent !== undefined) stack.addStackDependency(parent);
    else
      Annotations.of(stack).addInfo(
        `Its parent is not in tollgate:units: ${apiExport(settings.parentStage)} must be exported in this account and region already.`,
      );
  }
  for (const { unit, stack } of units) tellPatterns(unit, stack, units);
  return app.node.children.filter((child) => Stack.isStack(child));
}

/** Of `acme` and `acme-eu`, whoever deploys `acme-*` deploys both. */
function tellPatterns({ prefix }: UnitName, stack: Stack, units: readonly { unit: UnitName }[]): void {
  const wider = new Set(units.map(({ unit }) => unit.prefix).filter((other) => prefix.startsWith(`${other}-`)));
  for (const other of wider)
    Annotations.of(stack).addWarningV2(
      `tollgate:pattern:${other}`,
      `'${other}-*' is a pattern for this stack too; '${other}-tollgate-*' is one for unit ${other} alone.`,
    );
}
