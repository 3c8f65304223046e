import { type App, Aws, CfnOutput, Fn, Stack } from 'aws-cdk-lib';
import { CfnApiKey, CfnUsagePlan, CfnUsagePlanKey } from 'aws-cdk-lib/aws-apigateway';
import { unitStage } from '../contract/names.ts';
import { quotaSettings } from '../contract/plan.ts';
import { unitPlanName, usageKey } from '../policies/usage-key.ts';
import type { PlanSettings } from './settings/unit-plan.ts';
import { apiExport, stackNamed } from './stack-name.ts';

/**
 * A unit that has a parent: one usage plan and one key, on the parent's API. The parent's authorizer names the key for each tenant
 * whose registry entry names the unit (`tollgate tenant plan <tenant> --unit <unit>`), so the plan counts all of them together.
 */
export class UnitPlanStack extends Stack {
  constructor(app: App, settings: PlanSettings) {
    const { unit, region, account, parentStage, throttleRate, throttleBurst, quota } = settings;
    const name = unitStage(unit.prefix, unit.stage);
    super(
      app,
      ...stackNamed({ stage: name, unit, region, account }, `a usage plan on the API of stage ${parentStage}`),
    );
    const called = unitPlanName(parentStage, name);
    const plan = new CfnUsagePlan(this, 'Plan', {
      usagePlanName: called,
      description: `Calls of the tenants of unit ${name}, together`,
      throttle: { rateLimit: throttleRate, burstLimit: throttleBurst },
      ...(quota === undefined ? {} : { quota: quotaSettings(quota) }),
      apiStages: [{ apiId: settings.apiId ?? Fn.importValue(apiExport(parentStage)), stage: parentStage }],
    });
    const key = new CfnApiKey(this, 'Key', {
      name: called,
      description: `Tenants of unit ${name}. It opens nothing: only the authorizer can name it.`,
      enabled: true,
      value: usageKey({ account: account ?? Aws.ACCOUNT_ID, region, stage: parentStage }, { unit: name }),
    });
    new CfnUsagePlanKey(this, 'PlanKey', { usagePlanId: plan.ref, keyId: key.ref, keyType: 'API_KEY' });
    for (const [id, value] of Object.entries({ Unit: name, PlanId: plan.ref, KeyId: key.ref }))
      new CfnOutput(this, id, { value });
  }
}
