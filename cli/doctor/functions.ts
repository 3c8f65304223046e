import type { FunctionConfiguration } from '@aws-sdk/client-lambda';
import {
  CONCURRENCY_NEW,
  CONCURRENCY_USUAL,
  RUNTIME_ENDS,
  RUNTIME_ENDS_WITHIN_DAYS,
} from '../../contract/limits/doctor.ts';
import { DAY_MS } from '../../metering/window.ts';
import type { Target } from '../target.ts';
import { type Check, ifThere, type Problem, STAGE, warn, wrong } from './check.ts';
import { ANYTHING, isLike } from './deployed.ts';
import { REVERT } from './mend.ts';

type Properties = Record<string, unknown>;

async function clientOf({ clientConfig }: Target) {
  const sdk = await import('@aws-sdk/client-lambda');
  return { client: new sdk.LambdaClient(clientConfig), sdk };
}

interface SeenFunction {
  id: string;
  deployed: Properties;
  found: FunctionConfiguration | undefined;
  /** Reserved for it; undefined: nothing. */
  reserved: number | undefined;
  /** Who may invoke it: the document as Lambda gives it. */
  policy: string | undefined;
  /** The permissions that were deployed for it. */
  permissions: Properties[];
}

export interface FunctionsSeen {
  functions: SeenFunction[];
}

export const functions: Check<FunctionsSeen> = {
  id: 'functions',
  on: STAGE,
  needs: [
    'cloudformation:GetTemplate',
    'lambda:GetFunctionConfiguration',
    'lambda:GetFunctionConcurrency',
    'lambda:GetPolicy',
  ],
  async read({ target, deployed }) {
    const stack = await deployed();
    const all = stack.of('AWS::Lambda::Function');
    if (all.length === 0) return undefined;
    const { client, sdk } = await clientOf(target);
    const permissions = stack.of('AWS::Lambda::Permission').map(({ properties }) => properties);
    return {
      functions: await Promise.all(
        all.map(async ({ id, properties }): Promise<SeenFunction> => {
          const FunctionName = id;
          const found = await ifThere(client.send(new sdk.GetFunctionConfigurationCommand({ FunctionName })));
          const [concurrency, policy] = await Promise.all([
            ifThere(client.send(new sdk.GetFunctionConcurrencyCommand({ FunctionName }))),
            ifThere(client.send(new sdk.GetPolicyCommand({ FunctionName }))),
          ]);
          return {
            ...{ id, deployed: properties, found },
            reserved: concurrency?.ReservedConcurrentExecutions,
            policy: policy?.Policy,
            permissions: permissions.filter((one) => isOf(one.FunctionName, id)),
          };
        }),
      ),
    };
  },
  judge: ({ functions }) => ({
    ok: `${functions.length} functions as they were deployed`,
    problems: functions.flatMap(functionProblems),
  }),
};

/** By its name, or its ARN with or without a version. */
function isOf(named: unknown, id: string): boolean {
  return named === id || (typeof named === 'string' && named.includes(`:function:${id}`));
}

function functionProblems({ id, deployed, found, reserved, policy, permissions }: SeenFunction): Problem[] {
  if (found === undefined) return [wrong(`the function ${id} is gone`, REVERT)];
  const differs = (what: string, said: unknown, is: unknown): Problem[] =>
    said === undefined || isLike(said, is)
      ? []
      : [wrong(`${id}: ${what} is ${is}, and was deployed as ${said}`, REVERT)];
  const variables = ((deployed.Environment ?? {}) as { Variables?: Properties }).Variables ?? {};
  const there = found.Environment?.Variables ?? {};
  // What a variable holds is not said: somebody may have put a secret there.
  const changed = [...new Set([...Object.keys(variables), ...Object.keys(there)])].filter(
    (name) => !isLike(variables[name] ?? '', there[name] ?? ''),
  );
  const wanted = deployed.ReservedConcurrentExecutions;
  return [
    ...(found.State !== undefined && found.State !== 'Active'
      ? [
          warn(
            `${id}: it is ${found.State}: ${found.StateReason ?? ''}`,
            'call it once; an idle function wakes by that',
          ),
        ]
      : []),
    ...(found.LastUpdateStatus === 'Failed'
      ? [wrong(`${id}: its last update failed: ${found.LastUpdateStatusReason ?? ''}`, 'npx cdk deploy')]
      : []),
    ...differs('its runtime', deployed.Runtime, found.Runtime),
    ...differs('its memory (MB)', deployed.MemorySize, found.MemorySize),
    ...differs('its timeout (s)', deployed.Timeout, found.Timeout),
    ...differs('its role', deployed.Role, found.Role),
    ...(changed.length === 0 ? [] : [wrong(`${id}: variables were changed: ${changed.join(', ')}`, REVERT)]),
    ...(reserved === wanted || (reserved === undefined && wanted === undefined)
      ? []
      : [
          wrong(
            `${id}: ${reserved ?? 'nothing'} is reserved for it, and ${wanted ?? 'nothing'} was deployed`,
            `aws lambda ${wanted === undefined ? 'delete' : 'put'}-function-concurrency --function-name ${id}`,
          ),
        ]),
    ...strangers(policy, permissions).map((who) =>
      wrong(
        `${id}: ${who} may invoke it, which was not deployed`,
        `aws lambda get-policy --function-name ${id}, then remove-permission`,
      ),
    ),
  ];
}

/** Who may invoke a function although the stack let nobody of that kind. */
function strangers(policy: string | undefined, permissions: readonly Properties[]): string[] {
  if (policy === undefined) return [];
  const { Statement = [] } = JSON.parse(policy) as {
    Statement?: {
      Effect: string;
      Principal: string | Record<string, string>;
      Condition?: Record<string, Record<string, string>>;
    }[];
  };
  return Statement.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Principal, Condition = {} }) => {
    const who = typeof Principal === 'string' ? Principal : Object.values(Principal).join();
    const from = Object.values(Condition).flatMap((one) => one['AWS:SourceArn'] ?? one['aws:SourceArn'] ?? []);
    const known = permissions.some(
      (one) =>
        isLike(one.Principal, who) && (one.SourceArn === undefined || isLike(one.SourceArn, from[0] ?? ANYTHING)),
    );
    return known ? [] : [who];
  });
}

export interface RuntimesSeen {
  /** Each runtime with its functions. */
  runtimes: [name: string, functions: string[]][];
}

export const runtimes: Check<RuntimesSeen> = {
  id: 'runtime',
  on: STAGE,
  needs: ['cloudformation:GetTemplate'],
  async read({ deployed }) {
    const all = (await deployed()).of('AWS::Lambda::Function');
    if (all.length === 0) return undefined;
    const by = Map.groupBy(all, ({ properties }) => String(properties.Runtime));
    return { runtimes: [...by].map(([name, some]) => [name, some.map(({ id }) => id)]) };
  },
  judge({ runtimes }, now) {
    const problems = runtimes.flatMap(([name, some]): Problem[] => {
      const end = RUNTIME_ENDS[name];
      // One that is newer than this program.
      if (end === undefined) return [];
      const days = Math.floor((Date.parse(end) - now) / DAY_MS);
      const mend = 'deploy the newest version of Tollgate';
      if (days < 0) return [wrong(`${name} of ${some.join(', ')} has been unsupported since ${end}`, mend)];
      return days <= RUNTIME_ENDS_WITHIN_DAYS
        ? [warn(`${name} of ${some.join(', ')} is supported until ${end}`, mend)]
        : [];
    });
    return {
      ok: runtimes.map(([name]) => `${name}, to ${RUNTIME_ENDS[name] ?? 'a day not known here'}`).join('; '),
      problems,
    };
  },
};

export interface ConcurrencySeen {
  /** Of the account in the region. */
  limit: number;
  unreserved: number;
}

export const concurrency: Check<ConcurrencySeen> = {
  id: 'concurrency',
  on: STAGE,
  needs: ['lambda:GetAccountSettings'],
  async read({ target, deployed }) {
    if ((await deployed()).of('AWS::Lambda::Function').length < 2) return undefined;
    const { client, sdk } = await clientOf(target);
    const { AccountLimit = {} } = await client.send(new sdk.GetAccountSettingsCommand({}));
    return {
      limit: AccountLimit.ConcurrentExecutions ?? 0,
      unreserved: AccountLimit.UnreservedConcurrentExecutions ?? 0,
    };
  },
  judge({ limit, unreserved }) {
    const raise = 'Service Quotas, Lambda, “Concurrent executions”: ask for 1,000 or more';
    const what = `${limit} functions at once in the account, ${unreserved} of them for whoever comes`;
    if (limit <= CONCURRENCY_NEW)
      return { ok: '', problems: [wrong(`${what}: a call of a model holds one for as long as it answers`, raise)] };
    return { ok: what, problems: limit < CONCURRENCY_USUAL ? [warn(what, raise)] : [] };
  },
};
