import { Fn, RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnIPSet, CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { Names } from './names.ts';
import type { InfraSettings, OwnAcl } from './settings/index.ts';

/** Rules of AWS's, by the group that has them. */
export interface ManagedGroup {
  name: string;
  /** Web ACL capacity units, as AWS's list of managed rule groups states them. */
  wcu: number;
  /** Rules that are counted and do not block. WAF takes a name that there is none of for no rule, and says nothing. */
  counted: readonly string[];
}

/**
 * https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
 *
 * A prompt may be code, a log or a page about attacks: what reads bodies takes it for one, and sees no more than their first 8 or
 * 16 KB. The gateway runs nothing that it is sent, so those rules count. The groups for databases and languages are for what is not
 * here. No version is told, so that a new attack is known without a deployment; a new rule that reads bodies then blocks until it
 * stands here, and WAF's log names it.
 */
export const MANAGED: readonly ManagedGroup[] = [
  { name: 'AWSManagedRulesAmazonIpReputationList', wcu: 25, counted: [] },
  {
    name: 'AWSManagedRulesKnownBadInputsRuleSet',
    wcu: 200,
    counted: ['JavaDeserializationRCE_BODY', 'Log4JRCE_BODY', 'ReactJSRCE_BODY'],
  },
  {
    name: 'AWSManagedRulesCommonRuleSet',
    wcu: 700,
    counted: [
      // More than 8 KB; the doors themselves refuse what is too large, at 10 MB and at 6.
      'SizeRestrictions_BODY',
      'CrossSiteScripting_BODY',
      'EC2MetaDataSSRF_BODY',
      'GenericLFI_BODY',
      'GenericRFI_BODY',
      // A program need not say what it is (RFC 9110 section 10.1.5), and Node's own client does not.
      'NoUserAgent_HEADER',
    ],
  },
];

/** Callers are services, and services run with hosting providers: those are counted. */
export const ANONYMOUS: ManagedGroup = {
  name: 'AWSManagedRulesAnonymousIpList',
  wcu: 50,
  counted: ['HostingProviderIPList'],
};

/** In which a caller may have sent something secret, to the gateway or by mistake: tokens and keys of it, of others, of AWS. */
const SECRET_HEADERS = [
  ...[
    'authorization',
    'proxy-authorization',
    'cookie',
    'x-api-key',
    'api-key',
    'x-goog-api-key',
    'x-amz-security-token',
  ],
];

/** What calls come in by. */
export interface Doors {
  /** ARN of the API's stage. */
  stageArn?: string | undefined;
  loadBalancerArn?: string | undefined;
}

/** A web ACL before the stage's doors. */
export class Waf extends Construct {
  constructor(
    scope: Construct,
    id: string,
    waf: NonNullable<InfraSettings['waf']>,
    settings: InfraSettings,
    names: Names,
    doors: Doors,
  ) {
    super(scope, id);
    const arn = waf.arn ?? this.#own(waf, settings, names);
    for (const [door, resourceArn] of Object.entries(doors))
      if (resourceArn !== undefined)
        new CfnWebACLAssociation(this, door === 'stageArn' ? 'Api' : 'LoadBalancer', { webAclArn: arn, resourceArn });
  }

  #own(waf: OwnAcl, settings: InfraSettings, names: Names): string {
    const name = names.of('waf');
    const seen = (what: string): CfnWebACL.VisibilityConfigProperty => ({
      cloudWatchMetricsEnabled: true,
      metricName: `${name}-${what}`,
      // The console shows requests of the last hours whole; the log says less, and is enough.
      sampledRequestsEnabled: false,
    });
    const managed = [...MANAGED, ...(waf.anonymous ? [ANONYMOUS] : [])].map((group) => ({
      name: group.name,
      overrideAction: { none: {} },
      statement: {
        managedRuleGroupStatement: {
          vendorName: 'AWS',
          name: group.name,
          ...(group.counted.length === 0
            ? {}
            : { ruleActionOverrides: group.counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })) }),
        },
      },
    }));
    const rate = {
      name: 'rate',
      action: { block: {} },
      statement: {
        rateBasedStatement: {
          aggregateKeyType: 'IP',
          // Who takes all that the whole stage may have is a flood, or the stage's only caller, whom the stage then limits.
          limit: waf.rate ?? settings.throttleRate * waf.windowSeconds,
          evaluationWindowSec: waf.windowSeconds,
        },
      },
    };
    const allowed = this.#allowed(waf, names);
    // Last, so that who may call is looked at like everybody.
    const rules = [rate, ...managed, ...(allowed === undefined ? [] : [allowed])];
    const acl = new CfnWebACL(this, 'Acl', {
      name,
      description: `Tollgate, stage ${settings.stage}: before the gateway`,
      scope: 'REGIONAL',
      defaultAction: allowed === undefined ? { allow: {} } : { block: {} },
      // What AWS takes nothing more for; a load balancer has 8 KB, and no choice.
      associationConfig: { requestBody: { API_GATEWAY: { defaultSizeInspectionLimit: 'KB_16' } } },
      // A rule that finds something in a body would show it: part of a prompt.
      dataProtectionConfig: {
        dataProtections: [
          { field: { fieldType: 'SINGLE_HEADER', fieldKeys: SECRET_HEADERS }, action: 'SUBSTITUTION' },
          { field: { fieldType: 'QUERY_STRING' }, action: 'SUBSTITUTION' },
          { field: { fieldType: 'BODY' }, action: 'SUBSTITUTION' },
        ],
      },
      rules: rules.map((rule, priority) => ({ ...rule, priority, visibilityConfig: seen(rule.name) })),
      visibilityConfig: seen('all'),
    });
    this.#log(acl, settings, name);
    return acl.attrArn;
  }

  #allowed({ allow }: OwnAcl, names: Names): CfnWebACL.RuleProperty | undefined {
    const lists = (['ipv4', 'ipv6'] as const).flatMap((family) => {
      const addresses = [...allow[family]];
      if (addresses.length === 0) return [];
      const set = new CfnIPSet(this, family, {
        name: names.of(`allowed-${family}`),
        scope: 'REGIONAL',
        ipAddressVersion: family.toUpperCase(),
        addresses,
      });
      return [{ ipSetReferenceStatement: { arn: set.attrArn } }];
    });
    const [first, ...others] = lists;
    if (first === undefined) return undefined;
    const statement = others.length === 0 ? first : { orStatement: { statements: lists } };
    return { name: 'allowed', action: { allow: {} }, statement } as CfnWebACL.RuleProperty;
  }

  /** Who was refused, when and by which rule, and nothing that a token or a prompt may stand in. It goes when WAF is turned off. */
  #log(acl: CfnWebACL, settings: InfraSettings, name: string): void {
    const logs = new LogGroup(this, 'Logs', {
      // WAF takes no other beginning.
      logGroupName: `aws-waf-logs-${name}`,
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: acl.attrArn,
      // Without the `:*` that the group's own attribute ends with.
      logDestinationConfigs: [Fn.select(0, Fn.split(':*', logs.logGroupArn))],
      redactedFields: [
        ...SECRET_HEADERS.map((Name) => ({ singleHeader: { Name } })),
        { queryString: {} },
        { uriPath: {} },
      ],
      // A line for each call would cost more than WAF does.
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          { Behavior: 'KEEP', Requirement: 'MEETS_ALL', Conditions: [{ ActionCondition: { Action: 'BLOCK' } }] },
        ],
      },
    });
  }
}
