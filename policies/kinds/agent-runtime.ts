import { allow, inRegion, type Kind } from './kind.ts';

/** What is called on its own ARN, by Bedrock's agent runtime: what runs behind it runs under its own role. */
export interface Resource {
  /** In a sentence after "This model is". */
  name: string;
  resourceType: string;
  id: RegExp;
  /** Of all of its operations. */
  actions: readonly string[];
  /** Whether it has sessions, memories or executions, of several tenants. */
  neverDirect?: true;
  /** As of a kind. */
  silent?: true;
}

// No restriction but those of every kind: what it runs, and what it asks a model for, is its owner's, and no condition key tells of it.
export function agentRuntimeKind(resource: Resource): Kind {
  const { name, resourceType, id, actions } = resource;
  return {
    name,
    runtime: 'bedrock-agent-runtime',
    paidBy: 'call',
    optional: true,
    ...(resource.neverDirect ? { neverDirect: true } : {}),
    ...(resource.silent ? { silent: true } : {}),
    shapes: { [resourceType]: { service: 'bedrock', id } },
    role: [{ actions, on: [resourceType] }],
    restrictedBy: [],

    arns: ({ arn }) => [arn],
    calledOn: ({ arn }) => arn,
    nativeId: ({ arn }) => arn.slice(arn.indexOf('/') + 1),
    pathId: ({ arn }, asked) => (asked === 'invoke' ? arn.slice(arn.indexOf('/') + 1) : undefined),

    statements(target, wanted, parse) {
      const called = parse(target.arn, 'target.arn', [resourceType]);
      inRegion(called, target);
      return allow({ invoke: actions }, wanted, [called]);
    },

    fault: () => undefined,
  };
}
