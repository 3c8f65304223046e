import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { CONTEXT_KEY_CHARS } from '../contract/limits/seal.ts';
import { KEY_DAYS_TAG } from '../contract/names.ts';
import { acknowledge } from './nag.ts';
import type { Names } from './names.ts';
import { removalOfData } from './removal.ts';
import type { InfraSettings } from './settings/index.ts';
import { StageTable } from './table.ts';

/**
 * Keys of the gateway: the table of their secrets' hashes, and the secret that these are made with, which is in no table. Without it
 * no key can be told from another, so it stays where tables stay. There only where the stage has keys.
 */
export class GatewayKeys extends Construct {
  /** Variables of who decides who calls. */
  readonly environment: Record<string, string>;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names, keyMaxDays: number) {
    super(scope, id);
    const { table } = new StageTable(this, 'Table', settings, names.of('keys'));
    const secret = new CfnSecret(this, 'Secret', {
      name: names.keysSecret,
      description: 'Tollgate: what keys of the gateway are hashed with',
      generateSecretString: { passwordLength: CONTEXT_KEY_CHARS, excludePunctuation: true },
      // Who makes a key reads it here.
      tags: [{ key: KEY_DAYS_TAG, value: String(keyMaxDays) }],
    });
    secret.applyRemovalPolicy(removalOfData(settings));
    acknowledge(
      secret,
      'AwsSolutions-SMG4',
      'A new one would end every key; docs/keys.md says how to make one, and when.',
    );
    this.environment = {
      TOLLGATE_KEYS_TABLE: table.tableName,
      TOLLGATE_KEYS_SECRET: names.keysSecret,
      TOLLGATE_KEY_MAX_DAYS: String(keyMaxDays),
    };
  }
}
