import type { Guardrail, Target, TargetKind, TargetOf, TargetPurpose } from '../contract/model.ts';

/**
 * What AWS asks IAM for a call of each kind of target: from AWS's documentation of the service, and not from what policies/kinds/
 * says, whose mistakes the review would repeat. Apart from it also because who makes calls has no use for it.
 */
export interface Asked<T = Target> {
  /** Every way that a call may go, each with all that is asked on it. None: the kind does not have the action. */
  paths(target: T, action: TargetPurpose, bears: Borne): Path[];
  /** Targets behind this one that a grant of it must not open. */
  behind?(target: T): Target[];
}

/** What a call bears beside its target that IAM is shown. */
export interface Borne {
  readonly guardrail?: Guardrail | undefined;
  /** The service tier that it names. */
  readonly tier?: string | undefined;
}

/** One thing that AWS asks IAM while it serves a call. All that a call asks must be allowed, or it is refused. */
export interface Question {
  /** IAM's name of the action. */
  readonly action: string;
  readonly resource: string;
  /** What of the request IAM's conditions may look at, beside what is so of every request of the session. */
  readonly context: Readonly<Record<string, string>>;
}

/** One way that a call can go: it succeeds if IAM allows all of these. */
export type Path = readonly Question[];

export const ASKED: { readonly [Name in TargetKind]: Asked<TargetOf<Name>> } = {
  'bedrock-profile': {
    // AWS chooses the region: what was granted must be open in all of them, and what was not is reached if one is.
    paths({ arn, modelArns, region }, action, bears) {
      if (action === 'count') return counted(modelArns.filter((model) => model.split(':')[3] === region));
      if (action === 'rerank') return [];
      // Who answers from a knowledge base reads what the profile is of, too.
      const read = action === 'generate' ? [{ action: 'bedrock:GetInferenceProfile', resource: arn, context: {} }] : [];
      return modelArns.map((model) =>
        borne([...read, running(arn, action), running(model, action, { 'bedrock:InferenceProfileArn': arn })], bears),
      );
    },
    behind: ({ modelArns }) => directly(modelArns),
  },
  'bedrock-model': {
    paths({ arn, region }, action, bears) {
      // No other model counts tokens, or orders documents by itself.
      if ((action === 'count' || action === 'rerank') && !arn.includes('::foundation-model/')) return [];
      if (action === 'count') return counted([arn]);
      return [
        [...(action === 'rerank' ? [unbound('Rerank', { region })] : []), ...borne([running(arn, action)], bears)],
      ];
    },
  },
  'bedrock-endpoint': {
    paths({ arn }, action) {
      // Only foundation models count; and that a knowledge base has an endpoint answer is documented nowhere.
      if (action !== 'invoke' && action !== 'stream') return [];
      const [, partition, , region, account] = arn.split(':');
      const all = `arn:${partition}:bedrock:${region}:${account}:marketplace/model-endpoint/all-access`;
      const context = { 'aws:CalledViaLast': 'bedrock.amazonaws.com' };
      const hosted = `sagemaker:InvokeEndpoint${action === 'stream' ? 'WithResponseStream' : ''}`;
      return [[running(all, action), { action: hosted, resource: arn, context }]];
    },
    behind: ({ region, arn }) => [
      { kind: 'sagemaker-endpoint', endpointName: arn.slice(arn.indexOf('/') + 1), region, arn },
    ],
  },
  'sagemaker-endpoint': {
    paths({ arn, componentArn, targetModel, asyncInput }, action) {
      // SageMaker has nothing that counts, and streams neither of a model that a call has to name nor of what answers later.
      if (action !== 'invoke' && (action !== 'stream' || (targetModel ?? asyncInput) !== undefined)) return [];
      const how = asyncInput !== undefined ? 'Async' : action === 'stream' ? 'WithResponseStream' : '';
      const arns = componentArn === undefined ? [arn] : [arn, componentArn];
      const context = targetModel === undefined ? {} : { 'sagemaker:TargetModel': targetModel };
      return [arns.map((resource) => ({ action: `sagemaker:InvokeEndpoint${how}`, resource, context }))];
    },
    // The endpoint without naming the model, which some other one of its models would answer; and answering at once.
    behind: ({ targetModel, asyncInput, ...endpoint }) => ((targetModel ?? asyncInput) === undefined ? [] : [endpoint]),
  },
  'bedrock-prompt': {
    paths: ({ arn, modelArns }, action, bears) =>
      through(modelArns, action, bears).map((path) => [
        { action: 'bedrock:RenderPrompt', resource: arn, context: {} },
        ...path,
      ]),
    // What it runs itself its session may call: IAM has no word for a prompt.
    behind: ({ modelArns }) => directly(modelArns.slice(1)),
  },
  'bedrock-prompt-router': {
    paths: ({ arn, modelArns }, action, bears) => through([arn, ...modelArns], action, bears),
    behind: ({ modelArns }) => directly(modelArns),
  },
  'bedrock-guardrail': {
    paths: (target, action) => (action === 'invoke' ? [[applying(target)]] : []),
  },
  'bedrock-knowledge-base': {
    paths(target, action, bears) {
      const asked = invoked('bedrock:Retrieve')(target, action === 'generate' ? 'invoke' : action, bears);
      return action === 'generate' ? asked.map((path) => [unbound('RetrieveAndGenerate', target), ...path]) : asked;
    },
  },
  'bedrock-agent': {
    paths: invoked('bedrock:InvokeAgent', 'bedrock:GetAgentMemory', 'bedrock:DeleteAgentMemory'),
  },
  'bedrock-inline-agent': {
    paths({ agentName, region, arn, modelArns }, action, bears) {
      if (action !== 'invoke' && action !== 'stream') return [];
      const shown = { 'aws:RequestedRegion': region, 'bedrock:InlineAgentName': agentName };
      const first = { action: 'bedrock:InvokeInlineAgent', resource: '*', context: shown };
      const ofProfile = { kind: 'bedrock-profile', modelId: arn, region, arn, modelArns } as const;
      const ofModel = { kind: 'bedrock-model', modelId: arn, region, arn } as const;
      const model = arn.includes('inference-profile/') ? ofProfile : ofModel;
      // What streams is made of calls that stream and of ones that do not.
      const calls = action === 'stream' ? (['stream', 'invoke'] as const) : [action];
      return calls.flatMap((one) =>
        askedOf(model)
          .paths(model, one, bears)
          .map((path) => [first, ...path]),
      );
    },
  },
  'bedrock-flow': {
    paths({ arn }, action) {
      if (action !== 'invoke') return [];
      const [alias = '', execution] = arn.split('/execution/');
      const flow = alias.split('/alias/')[0] ?? '';
      const on = (name: string, ...arns: string[]): Path =>
        arns.map((resource) => ({ action: `bedrock:${name}`, resource, context: {} }));
      if (execution === undefined) return [on('InvokeFlow', alias), on('StartFlowExecution', flow, alias)];
      const names = ['GetFlowExecution', 'StopFlowExecution', 'ListFlowExecutionEvents', 'GetExecutionFlowSnapshot'];
      return names.map((name) => on(name, flow, alias, arn));
    },
  },
};

/** As of any kind. */
export function askedOf({ kind }: Target): Asked {
  return ASKED[kind] as Asked;
}

/** Asked for the guardrail without its version, whether a model is called under it or none is. */
export function applying({ arn }: Guardrail): Question {
  return { action: 'bedrock:ApplyGuardrail', resource: arn, context: {} };
}

/** What is called on its own ARN. */
function invoked(...names: string[]): Asked['paths'] {
  return ({ arn }, action) =>
    action === 'invoke' ? names.map((name) => [{ action: name, resource: arn, context: {} }]) : [];
}

/** Of what takes no resource. */
function unbound(name: string, { region }: Pick<Target, 'region'>): Question {
  return { action: `bedrock:${name}`, resource: '*', context: { 'aws:RequestedRegion': region } };
}

/** Converse's operations ask for these, too. */
function running(resource: string, action: TargetPurpose, context: Question['context'] = {}): Question {
  return { action: `bedrock:InvokeModel${action === 'stream' ? 'WithResponseStream' : ''}`, resource, context };
}

/** Of each model that may answer, in a list of a router, what it chooses among, and what is behind the profiles of those. */
function through(arns: readonly string[], action: TargetPurpose, bears: Borne): Path[] {
  if (action !== 'invoke' && action !== 'stream') return [];
  const router = arns.find((arn) => arn.includes('prompt-router/'));
  const by: Question['context'] = router === undefined ? {} : { 'bedrock:PromptRouterArn': router };
  const profiles = arns.filter((arn) => arn.includes('inference-profile/'));
  const behind = (profile: string): string[] =>
    arns.filter((arn) => {
      const [, id] = arn.split(':foundation-model/');
      return id !== undefined && (profile.includes(':application-') || profile.endsWith(`.${id}`));
    });
  const reached = new Set([router, ...profiles, ...profiles.flatMap(behind)]);
  const ways = [
    ...arns.filter((arn) => !reached.has(arn)).map((arn) => [running(arn, action, by)]),
    ...profiles.flatMap((profile) =>
      behind(profile).map((arn) => [
        running(profile, action, by),
        running(arn, action, { 'bedrock:InferenceProfileArn': profile }),
      ]),
    ),
  ];
  return ways.map((way) => borne([...(router === undefined ? [] : [running(router, action)]), ...way], bears));
}

function counted(models: readonly string[]): Path[] {
  return models.map((resource) => [{ action: 'bedrock:CountTokens', resource, context: {} }]);
}

/** Models, called past what calls them. */
function directly(arns: readonly string[]): TargetOf<'bedrock-model'>[] {
  return arns.map((arn) => ({ kind: 'bedrock-model', modelId: arn, region: arn.split(':')[3] ?? '', arn }));
}

/** A call shows what it bears with everything that it asks, and asks for its guardrail as well. */
function borne(calls: readonly Question[], { guardrail, tier }: Borne): Path {
  const shown = {
    ...(guardrail === undefined ? {} : { 'bedrock:GuardrailIdentifier': identifierOf(guardrail) }),
    ...(tier === undefined ? {} : { 'bedrock:ServiceTier': tier }),
  };
  const asked = calls.map((call) => ({ ...call, context: { ...shown, ...call.context } }));
  return guardrail === undefined ? asked : [...asked, applying(guardrail)];
}

/** A numbered version is part of what IAM is shown; the draft is not. */
function identifierOf({ arn, version }: Guardrail): string {
  return version === 'DRAFT' ? arn : `${arn}:${version}`;
}
