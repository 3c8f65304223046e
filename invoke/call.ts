import type { CallerContext } from '../contract/context.ts';
import type { AllowedModel, Beside, Guardrail, Purpose, Target } from '../contract/model.ts';
import type { Secret } from '../contract/secret.ts';
import type { FinishedUsage, Tokens, UsageBase } from '../contract/usage.ts';

/** What stands between a surface (a wire format) and the pipeline. Bytes on both sides: nothing is re-serialised here. */

/** Of Bedrock Runtime on a model, as its paths end. */
export type ModelOperation = 'invoke' | 'invoke-with-response-stream' | 'converse' | 'converse-stream' | 'count-tokens';
/** Of SageMaker Runtime, likewise. */
export type EndpointOperation = 'invocations' | 'invocations-response-stream';
/** What answers later, and elsewhere. */
export const LATER = 'async-invocations';
/** Of Bedrock's agent runtime, mostly on what is no model, and how each answers; `asked`: in one piece, about what was called before. */
export const RESOURCE_OPERATIONS = {
  retrieve: 'whole',
  'retrieve-and-generate': 'whole',
  'retrieve-and-generate-stream': 'stream',
  rerank: 'whole',
  'invoke-agent': 'stream',
  'get-agent-memory': 'asked',
  'delete-agent-memory': 'asked',
  'invoke-inline-agent': 'stream',
  'invoke-flow': 'stream',
  'start-flow-execution': 'whole',
  'get-flow-execution': 'asked',
  'stop-flow-execution': 'asked',
  'list-flow-execution-events': 'asked',
  'get-execution-flow-snapshot': 'asked',
} as const;
export type ResourceOperation = keyof typeof RESOURCE_OPERATIONS;
export type Operation = ModelOperation | EndpointOperation | ResourceOperation | typeof LATER | 'apply-guardrail';

/** What a call uses that no answer tells. */
export interface Used {
  tokens: Tokens;
  /** Whether that is our estimate. */
  estimated: boolean;
  /** What it may be at most; absent: that. */
  most?: Tokens;
}

/** What was told up to now of models that run out of sight. */
export interface Spent {
  input?: number;
  output?: number;
  /** Above 0: something of it cannot be read. */
  unclear?: number;
}

/** Whether it is of a resource that runs models out of sight, or none: of tokens only an agent tells, in its trace. */
export function isResource(operation: Operation): operation is ResourceOperation {
  return Object.hasOwn(RESOURCE_OPERATIONS, operation);
}

/** Whether it is sold as a call, or by the search: what only asks about another costs nothing. */
export function isSoldAsCall(operation: Operation): boolean {
  return isResource(operation) && RESOURCE_OPERATIONS[operation] !== 'asked';
}

/** Whether a container is called, whose bodies are of no schema that AWS has. */
export function isEndpoint(operation: Operation): operation is EndpointOperation {
  return operation === 'invocations' || operation === 'invocations-response-stream';
}

/**
 * What runs no model, or will run one out of sight: there is nothing to guard, to cap or to sell by a tier, and nothing is told
 * of what is used by the token.
 */
export function runsModel(operation: Operation): boolean {
  return (
    operation !== 'count-tokens' && operation !== 'apply-guardrail' && operation !== LATER && !isResource(operation)
  );
}

/** Whether a guardrail is applied that was granted by itself, and is sold by what it judges: a model's goes with its calls. */
export function isOwnGuardrail(operation: Operation, { kind }: Target): boolean {
  return operation === 'apply-guardrail' && kind === 'bedrock-guardrail';
}

/** What the surface wants sent, in the provider's own wire format. */
export interface ProviderRequest {
  operation: Operation;
  body: Uint8Array;
  contentType: string;
  /** '' where none is named. */
  accept: string;
  /** Lower-case names; only those that the surface lets a caller set. */
  headers: Record<string, string>;
  /** Of `apply-guardrail` alone: which one. */
  guardrail?: Guardrail;
  /** Of a resource's operation: its path, percent-encoded; and its method, if that is not POST. */
  native?: (target: Target) => string;
  method?: 'GET' | 'DELETE';
  /** And its query: percent-encoded, in the order that a signature has it. */
  query?: string;
  /** Likewise, where its body names what is called: the body for one of its places, and for what it uses beside it there. */
  naming?: (target: Target, beside: readonly Target[]) => Uint8Array;
  /** Likewise, where it is not just one call: what it uses, which no answer tells. */
  uses?: Used;
  /** Likewise, where events of its stream tell what it uses beside: reads those of one answer, each of which says all that was told so far. */
  tells?: () => (event: StreamEvent) => Spent;
  /** Type of the events that we alone have asked for: they are read, and given to nobody. */
  ours?: string;
  /** How the caller named the tier, if not as the provider does: in refusals. */
  tierField?: string;
}

/** By which a caller says what a call is for. */
export const USE_CASE_HEADER = 'x-tollgate-use-case';

/** One call of one caller. */
export interface Call {
  surface: UsageBase['surface'];
  caller: CallerContext;
  /** The caller's Authorization header, for the broker alone; absent where there is no broker. */
  token?: Secret;
  requestId: string;
  /** The model, or the guardrail and its version, as the caller wrote it, percent-decoded once. */
  wanted: string;
  action: Purpose;
  /** Of a flow its execution, as the caller named it: the call and its session are of that one alone. Absent: of the flow. */
  execution?: string;
  /** What it uses beside that, by the grants of those. Absent: nothing. */
  beside?: readonly Beside[] | undefined;
  /** Whether it is asked for an answer that comes later, and elsewhere. No other call reaches what answers so. Absent: no. */
  later?: true;
  /** Under which the caller says that its prompts are alike: what one place has cached of them is in no other. */
  cacheKey?: string;
  /** Whether the model gets the caller's own bytes: what was written for one model another one may read otherwise. Absent: they are made. */
  passes?: true;
  /** What the caller says that it is for (`x-tollgate-use-case`), one of those that the model's grant lists. Absent: it says nothing. */
  useCase?: string;
  /** Whether the caller wants the answer of no other model (`x-tollgate-fallback: off`). Absent: it takes what may answer. */
  pinned?: true;
  /**
   * The request for a model that was resolved and allowed; called before anything is assumed or sent, once for each model that the
   * call may go to until one can be asked: the last call counts.
   * @param beside the entries that it uses beside it, in the call's order
   * @throws TollgateError `invalid_request` when this surface cannot serve this model or body
   */
  prepare(model: AllowedModel, beside?: readonly AllowedModel[]): ProviderRequest;
  /** Whether the path that was called is for such models: asked where a call may go to several. Absent: it is for all. */
  serves?(model: AllowedModel): boolean;
  /** Keeps the function alive until the promise settles, also after the answer has been given. */
  waitUntil(promise: Promise<unknown>): void;
  /** Resolves when nobody waits for the answer any more; absent where that cannot be known. */
  left?: Promise<void>;
  /** Where it stands in its caller's trace; absent: nobody traces. */
  trace?: Trace;
  /** Told of each attempt that is over, before its answer has ended; absent: nobody asks. */
  ended?(record: FinishedUsage): void;
  /** Headers for the caller, whatever the answer is, a refusal too; of one name what is told last before it is given; undefined takes back what was. */
  tell?(headers: Readonly<Record<string, string | undefined>>): void;
}

/** A call in a trace. */
export interface Trace {
  /** The trace's id: in the call's lines, so that they are found by it. */
  id: string;
  /** What goes with whatever is asked in the call's name, by lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** Absent: nobody wants to hear of it. */
  span?: Span;
}

/** What is told of one call to whoever collects spans. Nothing here throws, or takes time that the caller would notice. */
export interface Span {
  /** An attempt is sent. */
  sent(model: AllowedModel): void;
  /** An answer in one piece, or a further piece of a stream: the last ones say why the model stopped. */
  came(payload: Uint8Array): void;
  /** An attempt is over; the last one's record is that of the call. */
  finished(record: FinishedUsage): void;
}

/** An answer in one piece. */
export interface WholeAnswer {
  kind: 'whole';
  model: AllowedModel;
  status: number;
  /** Lower-case; only those a caller may see. */
  headers: Record<string, string>;
  body: Uint8Array;
  /** What its record says that it used. */
  tokens: Tokens;
}

/** One message of an `application/vnd.amazon.eventstream` answer, its checksums verified. */
export interface StreamEvent {
  /** The frame as it came, to be passed on untouched. */
  bytes: Uint8Array;
  /** `:event-type`, e.g. `contentBlockDelta`, `chunk` or `PayloadPart`. */
  type: string;
  /** The frame's payload: JSON, but for a `PayloadPart`, which is whatever the container wrote. */
  payload: Uint8Array;
}

/** An answer in pieces. */
export interface StreamAnswer {
  kind: 'stream';
  model: AllowedModel;
  status: number;
  headers: Record<string, string>;
  /**
   * To be read once; the first has come. Throws TollgateError when the stream breaks, and then the surface writes its error event and no end
   * marker. Leaving it early (`return()`) means that the reader has gone: the rest is drained for its usage.
   */
  events: Events;
}

/** All that have come together at once: none waits for a later one, and each crosses the rooms and leaves in their company. */
export type Events = AsyncIterable<readonly StreamEvent[]>;

export type Answer = WholeAnswer | StreamAnswer;

/** The ONE path of every call to a model. @throws TollgateError with the code that the surface shapes into its error */
export type Run = (call: Call) => Promise<Answer>;
