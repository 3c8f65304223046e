import type { CallerContext } from '../../contract/context.ts';
import type { TollgateError } from '../../contract/errors.ts';
import { SPAN_ANSWER_MAX_BYTES, SPAN_LAST_PIECES } from '../../contract/limits/traces.ts';
import type { AllowedModel } from '../../contract/model.ts';
import { type FinishedUsage, NO_TOKENS } from '../../contract/usage.ts';
import type { Span } from '../call.ts';
import { isError, type Told } from './attributes.ts';
import { operationOn, providerOf } from './operation.ts';

/** What was seen of a request, kept as it was: what is to be told of it is found when nobody waits for its answer any more. */
export interface Seen extends Pick<Told, 'operation' | 'provider' | 'record' | 'attempts'> {
  /** Milliseconds since 1970. */
  endedAt: number;
  /** Of all attempts of all its calls. */
  records: readonly FinishedUsage[];
  /** In which it is looked for why the model stopped. */
  pieces: readonly Uint8Array[];
}

/**
 * One request's span. Most make one call of a model; one that has several texts embedded makes a call for each, and is one span all
 * the same.
 */
export class RequestSpan {
  readonly #path: string;
  readonly #asked: string;
  readonly #ended: (seen: Seen) => void;
  readonly #records: FinishedUsage[] = [];
  #open = 0;
  #over = false;
  #attempts = 0;
  #model: AllowedModel | undefined;
  /** The last few, one taking the place of another. */
  #pieces: Uint8Array[] = [];
  #count = 0;

  /**
   * @param asked the operation, as far as its path says
   * @param ended is told once
   */
  constructor(path: string, asked: string, ended: (seen: Seen) => void) {
    this.#path = path;
    this.#asked = asked;
    this.#ended = ended;
  }

  get over(): boolean {
    return this.#over;
  }

  /** One more call. */
  begin(): Span {
    this.#open++;
    return {
      sent: (model) => {
        this.#model = model;
        this.#attempts++;
        this.#count = 0;
        this.#pieces = [];
      },
      came: (payload) => {
        if (payload.byteLength <= SPAN_ANSWER_MAX_BYTES) this.#pieces[this.#count++ % SPAN_LAST_PIECES] = payload;
      },
      finished: (record) => {
        this.#records.push(record);
        // The next call of the request begins in the same turn.
        if (record.outcome !== 'retried' && --this.#open === 0) setImmediate(() => this.#end());
      },
    };
  }

  #end(): void {
    const calls = this.#records.filter(({ outcome }) => outcome !== 'retried');
    const record = calls.find(isError) ?? calls.at(-1);
    if (this.#open > 0 || this.#over || record === undefined) return;
    this.#over = true;
    const model = this.#model;
    const first = this.#count % SPAN_LAST_PIECES;
    this.#ended({
      operation: model === undefined ? this.#asked : operationOn(model, this.#asked),
      provider: providerOf(model, this.#path),
      record,
      records: this.#records,
      endedAt: Math.max(...calls.map(({ at, durationMs }) => at + durationMs)),
      attempts: this.#attempts,
      pieces: [...this.#pieces.slice(first), ...this.#pieces.slice(0, first)],
    });
  }
}

/** A request that was refused before it came to a model, and has no record. @param at milliseconds since 1970, when it began */
export function refusedSpan(
  { path, operation, at, now }: { path: string; operation: string; at: number; now: number },
  { code }: TollgateError,
  { tenant, costCenter }: CallerContext,
  requestId: string,
): Seen {
  const record: Told['record'] = {
    ...{ at, requestId, tenant, costCenter, code, durationMs: now - at },
    ...{ model: '', nativeModel: '', region: '', action: 'invoke', tokens: NO_TOKENS, firstByteMs: -1 },
    outcome: 'refused',
  };
  return {
    ...{ operation, provider: providerOf(undefined, path), record, endedAt: now },
    ...{ records: [], attempts: 0, pieces: [] },
  };
}
