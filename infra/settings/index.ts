import { isTollgateError, TollgateError } from '../../contract/errors.ts';
import { CALLER_GROUP, type CallerSettings } from './callers.ts';
import { CALL_GROUP, type CallSettings } from './calls.ts';
import { CONSOLE_GROUP, type StageConsole } from './console.ts';
import { CUSTODY_GROUP, type CustodySettings } from './custody.ts';
import { DOMAIN_GROUP, type DomainSettings } from './domain.ts';
import { DOOR_GROUP, type DoorSettings } from './doors.ts';
import { NETWORK_GROUP, type NetworkSettings } from './network.ts';
import { OPERATION_GROUP, type OperationSettings } from './operations.ts';
import { type At, type Group, given, PREFIX, type Told, unknownSetting } from './setting.ts';
import { SIGN_IN_GROUP, type SignInSettings } from './sign-in.ts';
import { SPOKES_GROUP, type SpokesSettings } from './spokes.ts';
import { STAGE_GROUP, type StageSettings } from './stage.ts';
import { TRACE_GROUP, type TraceSettings } from './traces.ts';
import { UNIT_GROUP, type UnitSettings } from './units.ts';
import { WAF_GROUP, type WafSettings } from './waf.ts';

export type { Domain } from './domain.ts';
export type { GivenVpc, MadeVpc, NetworkSettings } from './network.ts';
export { PROTECT, type Protect } from './stage.ts';
export type { OwnAcl } from './waf.ts';

/** What a deployment chooses: the members of `context` in cdk.json that begin with `tollgate:`, or `-c` on the command line. */
export interface InfraSettings
  extends StageSettings,
    CallerSettings,
    SignInSettings,
    StageConsole,
    CallSettings,
    DoorSettings,
    DomainSettings,
    WafSettings,
    OperationSettings,
    CustodySettings,
    SpokesSettings,
    UnitSettings,
    TraceSettings {
  network: NetworkSettings | undefined;
}

/** All but the stage's own, which the others are checked against. */
const GROUPS = [
  CALLER_GROUP,
  SIGN_IN_GROUP,
  CONSOLE_GROUP,
  CALL_GROUP,
  DOOR_GROUP,
  DOMAIN_GROUP,
  WAF_GROUP,
  NETWORK_GROUP,
  OPERATION_GROUP,
  CUSTODY_GROUP,
  SPOKES_GROUP,
  UNIT_GROUP,
  TRACE_GROUP,
] as const satisfies readonly Group<Partial<InfraSettings>, StageSettings>[];

/** Every setting there is, in the order of docs/deploy.md. */
export const TOLD: Readonly<Record<string, Told>> = Object.assign(
  {},
  ...[STAGE_GROUP, ...GROUPS].map(({ told }) => told),
);

/**
 * @param context `app.node.getAllContext()`; what does not begin with `tollgate:` is CDK's own and ignored
 * @throws TollgateError `bad_setting` naming the key, e.g. `tollgate:modelRegions`; of several, the first, and telling of all
 */
export function readSettings(context: Readonly<Record<string, unknown>>): InfraSettings {
  const names = Object.keys(context).filter((key) => key.startsWith(PREFIX));
  const at: At = (name) => given(context, name);
  const base = STAGE_GROUP.read(at, undefined);
  const errors: TollgateError[] = [];
  const tried = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!isTollgateError(error, 'bad_setting')) throw error;
      errors.push(error);
      return undefined;
    }
  };
  for (const key of names)
    tried(() => {
      const name = key.slice(PREFIX.length);
      if (!Object.hasOwn(TOLD, name)) throw unknownSetting(name, Object.keys(TOLD));
    });
  const read = GROUPS.map((group) => tried(() => group.read(at, base)));
  if (errors.length > 0) throw together(errors);
  return Object.freeze(Object.assign({}, base, ...read));
}

/** One error of several: the first's, with the sentences of all. */
function together(errors: readonly TollgateError[]): TollgateError {
  const [first, ...others] = errors;
  if (first !== undefined && others.length === 0) return first;
  return new TollgateError('bad_setting', {
    ...(first?.field === undefined ? {} : { field: first.field }),
    reason: first?.reason,
    // A file that several read has one thing wrong.
    message: [...new Set(errors.map(({ publicMessage }) => publicMessage))].join('\n'),
  });
}
