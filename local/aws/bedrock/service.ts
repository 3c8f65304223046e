import type { Access } from '../../../policies/simulate/types.ts';
import { createAgents } from '../agents/agents.ts';
import { createPromptCache } from '../answer/cache.ts';
import { digest } from '../digest.ts';
import { invalid } from '../error.ts';
import { restJsonError } from '../frames.ts';
import { parseBody } from '../read.ts';
import type { AwsRequest, Plan, RequestDigest, Service } from '../service.ts';
import { type FoundationModel, sees } from './catalog.ts';
import { controlPlane } from './control-plane.ts';
import type { Evaluations } from './evaluations.ts';
import { applyGuardrail, findGuardrail } from './guardrails.ts';
import { createOperations } from './operations.ts';
import { HARD, rendered } from './prompts.ts';
import { createResolver, type Resolver } from './resolve.ts';
import { TIER_HEADER } from './tiers.ts';

const OPERATIONS = {
  converse: { operation: 'Converse', action: 'bedrock:InvokeModel' },
  'converse-stream': { operation: 'ConverseStream', action: 'bedrock:InvokeModelWithResponseStream' },
  invoke: { operation: 'InvokeModel', action: 'bedrock:InvokeModel' },
  'invoke-with-response-stream': {
    operation: 'InvokeModelWithResponseStream',
    action: 'bedrock:InvokeModelWithResponseStream',
  },
  'count-tokens': { operation: 'CountTokens', action: 'bedrock:CountTokens' },
} as const;

type Verb = keyof typeof OPERATIONS;

const PATH = /^\/model\/([^/]+)\/(converse|converse-stream|invoke|invoke-with-response-stream|count-tokens)$/;

/** Bedrock: the runtime, and what of its control plane only reads. Converse is authorised as InvokeModel: there is no `bedrock:Converse` action. */
export function createBedrock({ account: own, evaluations }: { account: string; evaluations: Evaluations }): Service {
  const resolvers = new Map<string, Resolver>();
  const resolverOf = (account: string): Resolver => {
    const resolver = resolvers.get(account) ?? createResolver(account);
    resolvers.set(account, resolver);
    return resolver;
  };
  const operations = createOperations(createPromptCache());
  const agents = createAgents();
  return {
    name: 'bedrock',
    // Reading the catalogue is not calling a model, and an evaluation is the operator's, too.
    strict: ({ method, path }) => method !== 'GET' && path !== '/evaluation-jobs',
    fail: restJsonError,
    plan(request, account = own) {
      const reading = controlPlane(request, account);
      if (reading !== undefined) return reading;
      const evaluation = evaluations.plan(request, account);
      if (evaluation !== undefined) return evaluation;
      const resource = agents.plan(request, account);
      if (resource !== undefined) return resource;
      const applied = guardrailPlan(request, account);
      if (applied !== undefined) return applied;
      const [, encodedId = '', verb = ''] = PATH.exec(request.path) ?? [];
      if (request.method !== 'POST' || !isVerb(verb)) throw invalid('Unknown operation.', 'UnknownOperationException');
      const { operation, action } = OPERATIONS[verb];
      const modelId = decoded(encodedId);
      const guardrail = guardrailArn(request, verb, account);
      const shown = { guardrail, tier: tierOf(request, verb), isHard: request.body.includes(HARD) };
      const resolved = resolverOf(account).resolve(modelId, action, request.region, shown);
      const seen = digest(operation, request.body);
      return {
        operation,
        model: modelId,
        request: seen,
        needs: [...resolved.accesses, ...guardrailAccess(guardrail)],
        serve: () => {
          const { prompt, chosen } = resolved;
          const asked = prompt && request.body.byteLength === 0 ? {} : parseBody(request.body);
          if (guardrail !== undefined) findGuardrail(guardrail);
          // Any foundation model's tokens can be counted, also one that is called only through a profile.
          if (verb === 'count-tokens') return operations.count(resolved.named(), asked);
          const model = resolved.model();
          checkSeen(model, seen);
          const body = prompt ? rendered(model, verb.startsWith('converse'), asked) : asked;
          const trace = chosen && { trace: { promptRouter: { invokedModelId: chosen } } };
          return operations[verb](model, body, request.headers[TIER_HEADER], trace || {});
        },
      };
    },
  };
}

/** @throws AwsError ValidationException for pictures that are shown to a model which takes text alone */
function checkSeen(model: FoundationModel, seen: RequestDigest | null): void {
  if (seen === null || sees(model)) return;
  if (seen.images > 0)
    throw invalid(
      "This model doesn't support the image content block that you provided. Update the content block and try again.",
    );
}

const isVerb = (verb: string): verb is Verb => Object.hasOwn(OPERATIONS, verb);

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalid('The provided model identifier is invalid.');
  }
}

const GUARDRAIL_PATH = /^\/guardrail\/([^/]+)\/version\/([^/]+)\/apply$/;

/** ApplyGuardrail; undefined for any other request. */
function guardrailPlan({ method, path, region, body }: AwsRequest, account: string): Plan | undefined {
  const [, segment = '', version = ''] = GUARDRAIL_PATH.exec(path) ?? [];
  if (method !== 'POST' || segment === '') return undefined;
  const arn = versioned(decoded(segment), version, region, account);
  return {
    operation: 'ApplyGuardrail',
    needs: guardrailAccess(arn),
    serve: () => applyGuardrail(arn, parseBody(body)),
  };
}

/** A guardrail's ARN as `bedrock:GuardrailIdentifier` has it: a numbered version is part of it, the draft is not. */
function guardrailArn(request: AwsRequest, verb: Verb, account: string): string | undefined {
  const { identifier, version } = guardrailOf(request, verb);
  return identifier === undefined ? undefined : versioned(identifier, version, request.region, account);
}

function versioned(identifier: string, version: string | undefined, region: string, account: string): string {
  const arn = identifier.startsWith('arn:')
    ? identifier
    : `arn:aws:bedrock:${region}:${account}:guardrail/${identifier}`;
  return version === undefined || version === 'DRAFT' ? arn : `${arn}:${version}`;
}

function guardrailOf(
  { headers, body }: AwsRequest,
  verb: Verb,
): { identifier: string | undefined; version: string | undefined } {
  if (verb === 'count-tokens') return { identifier: undefined, version: undefined };
  if (verb === 'invoke' || verb === 'invoke-with-response-stream')
    return {
      identifier: headers['x-amzn-bedrock-guardrailidentifier'],
      version: headers['x-amzn-bedrock-guardrailversion'],
    };
  const { guardrailConfig: config } = parseBody(body);
  const member = (name: string): string | undefined => {
    const value = config !== null && typeof config === 'object' ? Reflect.get(config, name) : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  return { identifier: member('guardrailIdentifier'), version: member('guardrailVersion') };
}

/** What `bedrock:ServiceTier` holds: the tier that a call names; one that names none has no such key. */
function tierOf({ headers, body }: AwsRequest, verb: Verb): string | undefined {
  if (verb === 'count-tokens') return undefined;
  if (verb === 'invoke' || verb === 'invoke-with-response-stream') return headers[TIER_HEADER];
  const { serviceTier } = parseBody(body);
  const type = serviceTier !== null && typeof serviceTier === 'object' ? Reflect.get(serviceTier, 'type') : undefined;
  return typeof type === 'string' ? type : undefined;
}

/** Applying a guardrail is a permission of its own, on the guardrail without its version. */
function guardrailAccess(arn: string | undefined): Access[] {
  if (arn === undefined) return [];
  return [{ action: 'bedrock:ApplyGuardrail', resource: arn.split(':').slice(0, 6).join(':'), context: {} }];
}
