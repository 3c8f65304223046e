import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { TollgateFunction } from './functions.ts';
import type { Names } from './names.ts';
import type { InfraSettings } from './settings/index.ts';
import type { SignIn } from './sign-in/sign-in.ts';

/**
 * What the console is told, where a stage has one: by the setting, or of the pool.
 *
 * @returns variables; none where there is no console
 */
export function consoleEnvironment({ console }: InfraSettings, signIn: SignIn | undefined): Record<string, string> {
  const told = console === 'pool' ? signIn?.console : console;
  return told === undefined ? {} : { TOLLGATE_CONSOLE: JSON.stringify(told) };
}

/**
 * The function behind `/console`, whose files are deployed with it: they are of one version, and there is no bucket that has to be
 * filled, kept private and invalidated. It may do nothing but write its log.
 */
export class ConsolePages extends Construct {
  readonly function: TollgateFunction['function'];

  constructor(
    scope: Construct,
    id: string,
    settings: InfraSettings,
    names: Names,
    environment: Readonly<Record<string, string>>,
  ) {
    super(scope, id);
    const { function: pages } = new TollgateFunction(this, 'Pages', settings, names, {
      name: 'pages',
      description: 'The console’s files',
      timeout: Duration.seconds(10),
      memoryMb: 256,
      environment: { ...environment, ...(settings.admin ? { TOLLGATE_ADMIN: 'true' } : {}) },
    });
    this.function = pages;
  }
}
