import type { Group, Routing } from './routing.ts';

/** A model as it crosses from the registry through the authorizer's context to the invoke function. */

/** What a caller may do with a model. Each stands for the IAM actions that `policies/kinds/` lists. */
export const ACTIONS = ['invoke', 'stream', 'count'] as const;
export type Action = (typeof ACTIONS)[number];

/**
 * What a call is for: one of the actions that its grant lists; `guard`, which applies the guardrail that is granted, or that the
 * grant of a model names, to a text, and calls no model: whoever may run a model under a guardrail may; or one of Bedrock's agent
 * runtime that whoever may invoke may: `generate`, an answer by a model from a knowledge base, and `rerank`.
 */
export const PURPOSES = [...ACTIONS, 'guard', 'generate', 'rerank'] as const;
export type Purpose = (typeof PURPOSES)[number];
/** Those that are asked of a target, each by IAM's own actions. */
export type TargetPurpose = Exclude<Purpose, 'guard'>;

/** What a call uses beside what it calls: a registry id, or what the caller names it by, and what for. */
export interface Beside {
  model: string;
  /** At least one. */
  actions: TargetPurpose[];
}

/** How a member of a target is written; with `?` it may be absent. */
export type TargetMember = 'text' | 'text?' | 'texts' | 'texts?';

/** What a target of each kind is made of, beside its `kind`. What is to be known of a kind is in policies/kinds/. */
export const TARGETS = {
  /** A foundation model, provisioned model, custom-model deployment or imported model, called in one region. */
  'bedrock-model': {
    /** What goes into Bedrock's path: `amazon.nova-lite-v1:0`, or a whole ARN for what has no short id. */
    modelId: 'text',
    region: 'text',
    /** The one ARN that IAM checks. */
    arn: 'text',
  },
  /** An inference profile: called in `region`, which may run it in every region that `modelArns` names. */
  'bedrock-profile': {
    /** What goes into Bedrock's path: `us.anthropic.claude-...`, or the ARN of an application inference profile. */
    modelId: 'text',
    region: 'text',
    /** The profile's own ARN. */
    arn: 'text',
    /** The foundation model in every destination region, as `GetInferenceProfile.models[].modelArn` lists them. */
    modelArns: 'texts',
  },
  /** An endpoint that is registered with Bedrock Marketplace, called through Bedrock. */
  'bedrock-endpoint': {
    region: 'text',
    /** The endpoint's own, of SageMaker; it goes into Bedrock's path, too. */
    arn: 'text',
  },
  'sagemaker-endpoint': {
    endpointName: 'text',
    region: 'text',
    arn: 'text',
    /** Name and ARN of the inference component, where the endpoint hosts several. */
    inferenceComponent: 'text?',
    componentArn: 'text?',
    /** Of an endpoint of many models the one that is called, as `TargetModel` names it: `tenant-a/model.tar.gz`. */
    targetModel: 'text?',
    /**
     * Of an endpoint that was made to answer later (`AsyncInferenceConfig`), where what it is to read lies: `s3://bucket/folder/`,
     * below which each tenant's own folder is its id. Such an endpoint takes no other call.
     */
    asyncInput: 'text?',
  },
  /** A version of a prompt of Bedrock's Prompt Management: a draft changes after it was granted. */
  'bedrock-prompt': {
    region: 'text',
    /** `arn:aws:bedrock:REGION:ACCOUNT:prompt/ID:VERSION` */
    arn: 'text',
    /** The model that it runs; or the inference profile, and the models behind that. */
    modelArns: 'texts',
  },
  /** A prompt router of Bedrock, called as a model: it chooses the model that answers. */
  'bedrock-prompt-router': {
    region: 'text',
    /** `arn:aws:bedrock:REGION:ACCOUNT:default-prompt-router/NAME:VERSION`, or `...:prompt-router/ID` */
    arn: 'text',
    /** Those that it chooses among, as `GetPromptRouter.models[].modelArn` lists them, and after them the models behind profiles. */
    modelArns: 'texts',
    /** Registry ids whose prices a call has, each for what is at its place in `modelArns` and answered. Absent: the entry's own prices. */
    priceModels: 'texts?',
  },
  /** A version of a guardrail of Bedrock, applied to a text without a model. */
  'bedrock-guardrail': {
    region: 'text',
    /** `arn:aws:bedrock:REGION:ACCOUNT:guardrail/ID`, without the version. */
    arn: 'text',
    /** A number from 1, or `DRAFT`. */
    version: 'text',
  },
  /** A knowledge base of Bedrock, asked for passages. */
  'bedrock-knowledge-base': {
    region: 'text',
    /** `arn:aws:bedrock:REGION:ACCOUNT:knowledge-base/ID` */
    arn: 'text',
  },
  /** An agent of Bedrock, by one of its aliases. */
  'bedrock-agent': {
    region: 'text',
    /** `arn:aws:bedrock:REGION:ACCOUNT:agent-alias/AGENT/ALIAS` */
    arn: 'text',
  },
  /** An agent of Bedrock that each call brings with it: its instruction and its tools are the caller's. */
  'bedrock-inline-agent': {
    /** What IAM is shown: of letters, digits, `-` and `_`. */
    agentName: 'text',
    region: 'text',
    /** Of the model that it runs, or of an inference profile: such an agent has no ARN of its own. */
    arn: 'text',
    /** The model again, or those behind the profile. */
    modelArns: 'texts',
  },
  /** A flow of Bedrock, by one of its aliases: prompts, models and tools in a chain. */
  'bedrock-flow': {
    region: 'text',
    /** `arn:aws:bedrock:REGION:ACCOUNT:flow/FLOW/alias/ALIAS` */
    arn: 'text',
  },
} as const satisfies Record<string, { region: 'text'; arn: 'text' } & Record<string, TargetMember>>;

type Members<Shape> = {
  -readonly [Name in keyof Shape as Shape[Name] extends `${string}?` ? never : Name]: Shape[Name] extends 'texts'
    ? string[]
    : string;
} & {
  -readonly [Name in keyof Shape as Shape[Name] extends `${string}?` ? Name : never]?: Shape[Name] extends 'texts?'
    ? string[]
    : string;
};

export type TargetKind = keyof typeof TARGETS;
/** Of one kind. */
export type TargetOf<Kind extends TargetKind> = { kind: Kind } & Members<(typeof TARGETS)[Kind]>;
/** Of any. */
export type Target = { [Kind in TargetKind]: TargetOf<Kind> }[TargetKind];

/** Of what answers later; undefined: it answers the call itself. */
export function asyncInputOf(target: Target): string | undefined {
  return target.kind === 'sagemaker-endpoint' ? target.asyncInput : undefined;
}

/** Registry ids of the models whose prices its calls may have; undefined: its own. */
export function priceModelsOf({ target }: { target: Target }): readonly string[] | undefined {
  return target.kind === 'bedrock-prompt-router' ? target.priceModels : undefined;
}

/** One of the places where a model of several is called. */
export interface Place {
  target: Target;
  /** Absent: primary. */
  group?: Group;
  /** A whole number from 1 to WEIGHT_MAX; absent: 1. */
  weight?: number;
  /** Region whose prices its calls have; absent: the target's own. */
  priceRegion?: string;
  /** ARN of a role of another account (spokes.ts), under which it is called. */
  role?: string;
  /** No calls go there until it is restored. Absent: they do. */
  drained?: true;
}

/** Of what a caller may know of. */
export const PUBLISHED = ['active', 'deprecated', 'retired'] as const;
export type Published = (typeof PUBLISHED)[number];
/** A draft is to no caller a model, whoever it was granted to; a grant of it works from the moment that it is active. */
export const STATUSES = ['draft', ...PUBLISHED] as const;
export type Status = (typeof STATUSES)[number];

/** Dates are whole seconds since 1970, UTC. */
export interface Lifecycle<Of extends Status = Status> {
  status: Of;
  /** When the deprecation was, or will be, in force (RFC 9745). */
  deprecatedAt?: number;
  /** When the model stops answering by itself (RFC 8594). */
  sunsetAt?: number;
  /** Registry id of the model to use instead. */
  successor?: string;
}

/** A guardrail in the region of the model's calls. */
export interface Guardrail {
  /** `arn:aws:bedrock:REGION:ACCOUNT:guardrail/ID`, without the version. */
  arn: string;
  /** A number from 1, or `DRAFT`. */
  version: string;
  /** Of a stream: it is shown while it is judged. Absent: what is not judged yet is not shown. */
  mode?: 'async';
}

/** One, or one for each of several regions, all of one mode. */
export type Guardrails = Guardrail | readonly Guardrail[];

/** Whose a guardrail is that no grant names. */
export const GUARDED_BY = ['tenant', 'stage'] as const;
export type GuardedBy = (typeof GUARDED_BY)[number];

/** How Bedrock sells a call (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ServiceTier.html). */
export const SERVICE_TIERS = ['default', 'flex', 'priority', 'reserved'] as const;
export type ServiceTier = (typeof SERVICE_TIERS)[number];

/**
 * Forms of a request that a model may take: `converse` is Bedrock's own for all models; the others are bodies that go to the
 * model as they are, by InvokeModel or to a container. `generate` is `{inputs, parameters}`.
 */
export const DIALECTS = ['converse', 'anthropic', 'openai', 'generate'] as const;
export type Dialect = (typeof DIALECTS)[number];

/** What runs behind a SageMaker endpoint: LMI with vLLM, TGI, a JumpStart container, or TEI, which embeds and ranks. */
export const CONTAINERS = ['lmi', 'tgi', 'jumpstart', 'tei'] as const;
export type Container = (typeof CONTAINERS)[number];

/** What a model's entry says of how it is spoken to; absent: what is usual for its vendor, or for its container. */
export interface Speech {
  /** Those that it takes, the one that is preferred first. */
  dialects?: Dialect[];
  container?: Container;
}

/** What goes into a model and comes out of it, by Bedrock's own words in lower case. */
export const MODALITIES = ['text', 'image', 'audio', 'speech', 'video', 'document', 'embedding'] as const;
export type Modality = (typeof MODALITIES)[number];

/** What its operator says that a model can do, which the lists of models repeat. Absent: nothing is said of it. */
export interface Capabilities {
  input?: Modality[];
  output?: Modality[];
  streaming?: boolean;
  tools?: boolean;
  reasoning?: boolean;
  promptCaching?: boolean;
}

/** Tokens. */
export interface ModelLimits {
  /** Of a request and its answer together. */
  context?: number;
  /** Of one answer. */
  output?: number;
}

/** What an entry says of a model to who chooses one; nothing of a call rests on it. */
export interface Description {
  displayName?: string;
  capabilities?: Capabilities;
  limits?: ModelLimits;
}

/** How the calls to an alias are shared out: a principal's all go to one model, or each call goes to one by itself. */
export const SHARED_BY = ['principal', 'request'] as const;
export type SharedBy = (typeof SHARED_BY)[number];

/**
 * What an alias does at the end of a model behind it: when nothing else is left behind it, the model's successor answers; or nothing
 * answers in the model's place, not even what is behind it, too.
 */
export const AT_END = ['switch', 'stop'] as const;
export type AtEnd = (typeof AT_END)[number];

/** That a model answers to an alias, and for which part of the calls to it. */
export interface AliasShare {
  alias: string;
  /** Beside the other models' of the alias: a whole number from 1 to WEIGHT_MAX. */
  weight: number;
  /** Absent: by principal. */
  by?: 'request';
  /** Absent: the others behind it answer, and then nothing does. */
  atEnd?: AtEnd;
}

/** What a grant demands beyond its actions. Whatever is absent is not restricted. */
export interface Restrictions {
  /** Every call runs under it, or under that of the region where it is called. */
  guardrail?: Guardrails;
  /** What a caller may say that a call is for, and under which guardrail it then runs instead. */
  useCases?: Readonly<Record<string, Guardrails>>;
  /** The most tokens that one answer may have; 1 or more. */
  maxTokens?: number;
  /** Nothing of a call runs outside of these; sorted, each once. */
  regions?: string[];
  /** Every call is of one of these; `default` is what a call is that names none. In the order of SERVICE_TIERS. */
  tiers?: ServiceTier[];
  /** The caller's token has one of these; sorted, each once. */
  roles?: string[];
  /** The caller is one of these; sorted, each once. */
  principals?: string[];
  /** Whole seconds since 1970, UTC: from this moment on the grant is none. */
  expiresAt?: number;
}

/** A registry model joined with the tenant's grant for it: all that invoke needs, and nothing of any other tenant. */
export interface AllowedModel extends Restrictions, Speech {
  /** The registry id. */
  id: string;
  /** Of several places that of the first. */
  target: Target;
  /** Of a model that has several, those that the grant leaves it: one at least. */
  places?: Place[];
  /** ARN of the tenant's role of another account (spokes.ts), under which it is called where no place names another. */
  spokeRole?: string;
  /** In one of its places: the role that this one is called under, the tenant's or its own. */
  role?: string;
  /** How its calls are spread over them, where it is not as everywhere. */
  routing?: Partial<Routing>;
  /** At least one; in the order of ACTIONS. */
  actions: Action[];
  lifecycle: Lifecycle<Published>;
  /** Sorted by alias; absent: it has a name of its own only. */
  aliases?: AliasShare[];
  /** Registry ids of what answers in its place when none of its places can, in this order, as far as it is granted; absent: nothing. */
  fallbacks?: string[];
  /** Whether credentials for it may be handed to the tenant, who then calls AWS without the gateway. Absent: no. */
  direct?: true;
  /** Whose the guardrail is; absent: the grant's own. */
  guardedBy?: GuardedBy;
  /** Of one call: what it was said to be for (guardrails.ts). In no context. */
  useCase?: string;
  /** Whether the caller may be shown guardrails' traces, which name guardrails of the account by ARN. Absent: no. */
  trace?: true;
}
