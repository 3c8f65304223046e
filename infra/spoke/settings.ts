import * as v from 'valibot';
import { isTenantId } from '../../contract/identity.ts';
import { SPOKE_NAME } from '../../contract/spoke-list.ts';
import { partitionOf } from '../../policies/partition.ts';
import { bad, given, PREFIX, parsed } from '../settings/setting.ts';

/** What the app for another account is told: `tollgate:spoke`. */
export interface SpokeSettings {
  /** The stage's invoker role, which alone is let in. */
  hub: string;
  stage: string;
  partition: string;
  /** The stack's: IAM has none. */
  region: string;
  /** Undefined: that of the deployment's credentials. */
  account: string | undefined;
  /** Whose calls may run here; undefined: those of every tenant that is granted a model with a place here. */
  tenant: string | undefined;
  /** Behind the stage in the role's name. */
  name: string;
  regions: readonly string[];
  globalProfiles: boolean;
  budget: { usd: number; email?: string | undefined; topicArn?: string | undefined } | undefined;
}

const HUB =
  /^arn:(aws|aws-us-gov|aws-cn|aws-eusc):iam::(\d{12}):role\/tollgate-([a-z][a-z0-9-]{0,19})-invoker-([a-z0-9-]{5,25})$/;

const text = v.string();
const region = v.pipe(
  text,
  v.check((one) => partitionOf(one) !== undefined, 'must be a region of AWS, such as us-east-1'),
);

const schema = v.strictObject({
  hub: v.pipe(
    text,
    v.regex(
      HUB,
      'must be the ARN of a stage’s invoker role, arn:aws:iam::<account>:role/tollgate-<stage>-invoker-<region>',
    ),
  ),
  account: v.optional(v.pipe(text, v.regex(/^\d{12}$/, 'must be twelve digits, in quotes'))),
  tenant: v.optional(
    v.pipe(
      text,
      v.check((one) => isTenantId(one), 'must be a tenant’s id'),
    ),
  ),
  name: v.optional(v.pipe(text, v.regex(SPOKE_NAME, 'must be 1 to 28 of A-Z, a-z, 0-9, ".", "_" and "-"'))),
  regions: v.optional(v.pipe(v.array(region), v.minLength(1, 'must list a region at least'))),
  globalProfiles: v.optional(v.boolean(), false),
  budget: v.optional(
    v.pipe(
      v.strictObject({
        usd: v.pipe(v.number(), v.minValue(1, 'must be 1 or more')),
        email: v.optional(v.pipe(text, v.email('must be an address of e-mail'))),
        topicArn: v.optional(
          v.pipe(text, v.regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/, 'must be the ARN of a topic')),
        ),
      }),
      v.check(({ email, topicArn }) => email !== undefined || topicArn !== undefined, 'needs an email or a topicArn'),
    ),
  ),
});

/**
 * @param context `app.node.getAllContext()`
 * @throws TollgateError `bad_setting` naming the member, e.g. `tollgate:spoke.hub`
 */
export function readSpoke(context: Readonly<Record<string, unknown>>): SpokeSettings {
  const found = parsed(schema, (name) => given(context, name), 'spoke');
  if (found === undefined) throw bad(`${PREFIX}spoke`, 'is not set: it names the stage whose calls are to run here');
  const { hub, account, tenant, globalProfiles, budget } = found;
  const [, partition = '', hubAccount, stage = '', home = ''] = HUB.exec(hub) ?? [];
  if (account === hubAccount)
    throw bad(`${PREFIX}spoke.account`, 'is the stage’s own account, where calls run without a spoke');
  const { name = tenant ?? 'shared', regions = [home] } = found;
  if (!SPOKE_NAME.test(name))
    throw bad(
      `${PREFIX}spoke.name`,
      `is needed: the tenant’s id is longer than the role’s name has room for, or has other letters`,
    );
  const foreign = regions.findIndex((one) => partitionOf(one) !== partition);
  if (foreign >= 0)
    throw bad(`${PREFIX}spoke.regions[${foreign}]`, `must be a region of the stage’s partition, ${partition}`);
  return { hub, stage, partition, region: home, account, tenant, name, regions, globalProfiles, budget };
}
