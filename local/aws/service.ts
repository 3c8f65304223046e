import type { Access } from '../../policies/simulate/types.ts';
import type { Caller } from './sessions.ts';

export const SERVICE_NAMES = [
  'sts',
  'iam',
  'dynamodb',
  's3',
  'bedrock',
  'sagemaker',
  'lambda',
  'apigateway',
  'events',
  'secretsmanager',
  'sns',
  'cloudwatch',
] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** What a model used, as Converse reports it; cache tokens are not part of `inputTokens`. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  cacheReadInputTokens: number;
  /** For every lifetime together. */
  cacheWriteInputTokens: number;
  /** The same by lifetime, the longer one first; absent when nothing was written. */
  cacheDetails?: CacheDetail[];
}

export interface CacheDetail {
  ttl: CacheTtl;
  inputTokens: number;
}

export const CACHE_TTLS = ['1h', '5m'] as const;
export type CacheTtl = (typeof CACHE_TTLS)[number];

/** The same with what only some wire formats report; members that are 0 are absent. */
export interface CallUsage extends Usage {
  /** A part of `outputTokens`. */
  reasoningTokens?: number;
  images?: number;
  /** Vectors. */
  embeddings?: number;
  /** Of documents. */
  searches?: number;
}

export const usageOf = (inputTokens: number, outputTokens = 0): Usage => ({
  inputTokens,
  outputTokens,
  totalTokens: inputTokens + outputTokens,
  cacheReadInputTokens: 0,
  cacheWriteInputTokens: 0,
});

/** One request, read whole. */
export interface AwsRequest {
  readonly method: string;
  /** As on the wire: percent-encoded, without the query. */
  readonly path: string;
  /** As on the wire, without the question mark. */
  readonly query: string;
  /** Lower-case names; `host` is set for HTTP/2 too. */
  readonly headers: Readonly<Record<string, string>>;
  /** The payload, with an `aws-chunked` coding still on it. */
  readonly body: Buffer;
  /** From the signature's scope. */
  readonly region: string;
}

export interface WholeReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  readonly usage?: CallUsage;
  /** Bedrock's. */
  readonly serviceTier?: string;
}

/** An `application/vnd.amazon.eventstream` answer: one frame an event. */
export interface StreamReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly frames: readonly Uint8Array[];
  /** Milliseconds before each of them; absent: none. */
  readonly delays?: readonly number[];
  readonly usage?: CallUsage;
  /** Bedrock's. */
  readonly serviceTier?: string;
}

export type Reply = WholeReply | StreamReply;

/** What reached a model, without a word of it: names of members and tools, and what beside text there was. */
export interface RequestDigest {
  operation: string;
  /** In their order; those of settings, which have names of their own, with a dot. */
  members: string[];
  /** Names, in their order. */
  tools: string[];
  /** As the wire format has it, e.g. `{"any":{}}`, `{"type":"tool","name":"clock"}`, `required`; null: none. */
  toolChoice: unknown;
  images: number;
  documents: number;
}

/** What a request asks for, known before it is decided whether it may. */
export interface Plan {
  /** The API's own name, e.g. `ConverseStream`. */
  readonly operation: string;
  /** All must be allowed. Empty: the operation needs no permission (GetCallerIdentity). */
  readonly needs: readonly Access[];
  /** The model or endpoint as the caller named it. */
  readonly model?: string;
  /** Of a call of a model: what reaches it. */
  readonly request?: RequestDigest | null;
  /** A check beyond the caller's own policies, e.g. a trust policy. @throws AwsError */
  readonly check?: (caller: Caller) => void;
  /** Does it. Called once, after every check. @throws AwsError */
  readonly serve: (caller: Caller) => Promise<Reply> | Reply;
}

export interface Service {
  readonly name: ServiceName;
  /**
   * Whether only sessions that this account issued may ask. False for the stores: whoever reaches the loopback interface
   * owns this laptop's data anyway, and the wall under test is the one before the models.
   */
  readonly strict: (request: AwsRequest) => boolean;
  /**
   * @param account of who asks, whose things are meant; absent: the stage's own
   * @throws AwsError for what is no request of this service
   */
  readonly plan: (request: AwsRequest, account?: string) => Plan;
  /** An error in the service's own wire format. */
  readonly fail: (error: { status: number; code: string; message: string; members: object }) => WholeReply;
}
