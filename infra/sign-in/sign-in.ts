import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  CfnUserPool,
  type CfnUserPoolClient,
  CfnUserPoolDomain,
  CfnUserPoolGroup,
  CfnUserPoolResourceServer,
} from 'aws-cdk-lib/aws-cognito';
import { CfnPermission, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { ConsoleSettings } from '../../contract/console.ts';
import { GROUPS_ATTRIBUTE, SCOPES } from '../../contract/sign-in.ts';
import { TollgateFunction } from '../functions.ts';
import { acknowledge } from '../nag.ts';
import type { Names } from '../names.ts';
import { removalOfData } from '../removal.ts';
import type { InfraSettings } from '../settings/index.ts';
import type { Cognito } from '../settings/sign-in.ts';
import { machineClient, peopleClient } from './clients.ts';
import { poolIssuer, scopesOf, tablesOf } from './derived.ts';
import { identityProviders } from './providers.ts';

/** Cognito waits so long for its function (cognito-user-pools-working-with-lambda-triggers), and then nobody signs in. */
const TRIGGER_SECONDS = 5;

/**
 * A user pool: where people sign in, by its own passwords or by another provider, and machines get tokens. Its function puts tenant
 * and roles into access tokens. What is made here names what was made before it, and never the other way round: function, pool, its
 * clients, then the list of issuers that the gateway's own functions are told.
 */
export class SignIn extends Construct {
  readonly function: IFunction;
  /** The value of TOLLGATE_ISSUERS: those of the setting, and the pool. */
  readonly issuersJson: string;
  /** What the console is told: who signs its people in, and as which client. */
  readonly console: ConsoleSettings;
  readonly outputs: Record<string, string>;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names, cognito: Cognito) {
    super(scope, id);
    const { function: trigger, logGroup } = new TollgateFunction(this, 'Pool', settings, names, {
      name: 'pool',
      description: 'Puts tenant and roles into the access tokens of the user pool',
      timeout: Duration.seconds(TRIGGER_SECONDS),
      memoryMb: 256,
      environment: { TOLLGATE_PROVIDERS: JSON.stringify(tablesOf(cognito.providers)) },
    });
    // Nobody is billed by it, and a log that stayed would be in the way of turning this on again.
    logGroup.applyRemovalPolicy(RemovalPolicy.DESTROY);
    this.function = trigger;
    const pool = this.#pool(settings, names, cognito, trigger);
    new CfnPermission(this, 'Asked', {
      action: 'lambda:InvokeFunction',
      functionName: trigger.functionArn,
      principal: 'cognito-idp.amazonaws.com',
      sourceAccount: names.account,
      sourceArn: pool.attrArn,
    });
    const domain = this.#domain(pool, cognito);
    for (const name of new Set(cognito.groups))
      new CfnUserPoolGroup(this, `Group ${name}`, { userPoolId: pool.ref, groupName: name });
    const consoles = settings.console === 'pool' ? consoleUrls(settings) : [];
    const people = peopleClient(
      this,
      pool,
      names,
      withConsole(cognito, consoles),
      identityProviders(this, pool, cognito.providers),
    );
    const machines = this.#machines(pool, names, cognito);
    const clientIds = [people, ...Object.values(machines)].map(({ ref }) => ref);
    const issuer = poolIssuer(settings.region, pool.ref, clientIds);
    this.issuersJson = JSON.stringify([...(JSON.parse(settings.issuersJson) as object[]), issuer]);
    // Its pages are of another origin than its name as an issuer, and there are its tokens.
    const { prefix, name } = cognito.domain;
    const host = prefix === undefined ? name : `${prefix}.auth.${settings.region}.amazoncognito.com`;
    this.console = { issuer: issuer.issuer, clientId: people.ref, origins: [`https://${host}`] };
    this.outputs = {
      SignInPool: pool.ref,
      // Of a domain of one's own, what its alias is to point at.
      SignInDomain: cognito.domain.prefix ?? domain.attrCloudFrontDistribution,
      SignInClient: people.ref,
      ...(Object.keys(machines).length === 0 ? {} : { SignInMachines: listed(machines) }),
    };
  }

  #pool(settings: InfraSettings, names: Names, { plan, providers }: Cognito, trigger: IFunction): CfnUserPool {
    const isPlus = plan === 'plus';
    const pool = new CfnUserPool(this, 'People', {
      userPoolName: names.of('people'),
      // Access tokens are the function's to complete from this plan on.
      userPoolTier: isPlus ? 'PLUS' : 'ESSENTIALS',
      ...(isPlus ? { userPoolAddOns: { advancedSecurityMode: 'ENFORCED' } } : {}),
      deletionProtection: settings.protect === 'all' ? 'ACTIVE' : 'INACTIVE',
      // Nobody makes an account of their own.
      adminCreateUserConfig: { allowAdminCreateUserOnly: true },
      // And nobody signs in by an address, which a provider could say is another's.
      usernameConfiguration: { caseSensitive: false },
      autoVerifiedAttributes: ['email'],
      accountRecoverySetting: { recoveryMechanisms: [{ name: 'verified_email', priority: 1 }] },
      mfaConfiguration: 'ON',
      enabledMfas: ['SOFTWARE_TOKEN_MFA'],
      policies: {
        passwordPolicy: {
          ...{
            minimumLength: 14,
            requireLowercase: true,
            requireUppercase: true,
            requireNumbers: true,
            requireSymbols: true,
          },
          temporaryPasswordValidityDays: 3,
        },
      },
      // There with and without providers, for Cognito lets nobody take an attribute away. What is mapped must be mutable.
      schema: [
        {
          ...{ name: GROUPS_ATTRIBUTE.replace('custom:', ''), attributeDataType: 'String', mutable: true },
          stringAttributeConstraints: { minLength: '0', maxLength: '2048' },
        },
      ],
      lambdaConfig: {
        // Version 3: of machines' tokens too.
        preTokenGenerationConfig: { lambdaArn: trigger.functionArn, lambdaVersion: 'V3_0' },
        ...(Object.keys(providers).length === 0
          ? {}
          : { inboundFederation: { lambdaArn: trigger.functionArn, lambdaVersion: 'V1_0' } }),
      },
    });
    pool.applyRemovalPolicy(removalOfData(settings));
    if (!isPlus)
      acknowledge(
        pool,
        'AwsSolutions-COG8',
        'Threat protection is $0.02 a user and month: "plan": "plus" turns it on. Every password has a second factor beside it.',
      );
    return pool;
  }

  #domain(pool: CfnUserPool, { domain: { prefix, name = '', certificateArn = '' } }: Cognito): CfnUserPoolDomain {
    return new CfnUserPoolDomain(this, 'Domain', {
      userPoolId: pool.ref,
      domain: prefix ?? name,
      managedLoginVersion: 2,
      ...(prefix === undefined ? { customDomainConfig: { certificateArn } } : {}),
    });
  }

  /** By name. */
  #machines(pool: CfnUserPool, names: Names, { machines }: Cognito) {
    const scopes = [...new Set(Object.values(machines).flatMap(scopesOf))].sort();
    if (scopes.length === 0) return {};
    const server = new CfnUserPoolResourceServer(this, 'Scopes', {
      ...{ userPoolId: pool.ref, identifier: SCOPES, name: names.of('scopes') },
      scopes: scopes.map((scopeName) => ({ scopeName, scopeDescription: 'Tollgate: what a machine is' })),
    });
    return Object.fromEntries(
      Object.entries(machines).map(([name, machine]) => [
        name,
        machineClient(this, pool, server, names, name, machine),
      ]),
    );
  }
}

/** Where the console is, of the names that the stage has: people come back to it, and leave from it. */
function consoleUrls({ domain }: InfraSettings): string[] {
  const base = domain?.basePath ? `/${domain.basePath}` : '';
  return [domain?.name, domain?.containerName].flatMap((name) => (name ? [`https://${name}${base}/console/`] : []));
}

function withConsole(cognito: Cognito, urls: readonly string[]): Cognito {
  const among = (given: readonly string[]): string[] => [...new Set([...given, ...urls])];
  return { ...cognito, callbackUrls: among(cognito.callbackUrls), logoutUrls: among(cognito.logoutUrls) };
}

function listed(machines: Readonly<Record<string, CfnUserPoolClient>>): string {
  return Object.entries(machines)
    .map(([name, { ref }]) => `${name}=${ref}`)
    .join(' ');
}
