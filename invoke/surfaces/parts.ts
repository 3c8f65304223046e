import { TollgateError } from '../../contract/errors.ts';
import { PARTS_AT_ONCE } from '../../contract/limits/invoke.ts';
import type { AllowedModel } from '../../contract/model.ts';
import type { UsageBase } from '../../contract/usage.ts';
import { runtimeOf } from '../../policies/kinds.ts';
import { lifecycleHeaders } from '../../registry/lifecycle.ts';
import type { WholeAnswer } from '../call.ts';
import type { Exchange } from '../exchange.ts';

/** A request of which its model may take only a part in one call of InvokeModel, or of its endpoint. */
export interface Parted<T> {
  surface: UsageBase['surface'];
  /** The model as the caller wrote it. */
  wanted: string;
  /**
   * The bodies of its calls, in their order, one at least; called when the model is known, and again if another one answers instead.
   * @throws TollgateError `invalid_request` for what this model cannot do
   */
  bodies(model: AllowedModel): readonly object[];
  /** @param index of the body @throws TollgateError `upstream_failed` when it is no answer */
  read(answer: WholeAnswer, index: number): T;
  /** Where in the request the body of this index stands, when it is known. */
  placeOf?(index: number): string | undefined;
}

/**
 * Runs the calls, PARTS_AT_ONCE at a time. Each is a call like any other: decided, budgeted and metered by itself. The first that
 * fails fails the whole; none is begun after it, and those under way are seen to their end, so that their usage is known.
 *
 * @returns what was read, in the order of the bodies
 * @throws TollgateError of the first that failed
 */
export async function inParts<T>(
  exchange: Exchange,
  { surface, wanted, bodies, read, placeOf }: Parted<T>,
): Promise<{ model: AllowedModel; headers: Record<string, string>; parts: T[] }> {
  const parts: T[] = [];
  const lanes: Promise<void>[] = [];
  const state: { known?: { model: AllowedModel; bodies: readonly object[] }; failure?: { error: unknown } } = {};
  let next = 0;

  const bodyFor = (model: AllowedModel, index: number): object | undefined => {
    if (state.known === undefined) {
      state.known = { model, bodies: bodies(model) };
      const others = Math.min(PARTS_AT_ONCE, state.known.bodies.length) - 1;
      // Behind this one, which is not on its way yet.
      for (let i = 0; i < others; i++) lanes.push(Promise.resolve().then(lane));
    }
    if (state.known.model.target.arn !== model.target.arn) {
      // The registry was edited meanwhile, or another model answers instead: one list would be the work of two.
      const others = state.known.bodies.length === 1 ? bodies(model) : [];
      if (others.length !== 1) throw new TollgateError('unavailable', { reason: 'model-changed' });
      state.known = { model, bodies: others };
    }
    return state.known.bodies[index];
  };
  const one = async (index: number): Promise<void> => {
    const answer = await exchange.run({
      surface,
      caller: exchange.caller,
      requestId: exchange.requestId,
      wanted,
      action: 'invoke',
      prepare: (model) => ({
        operation: runtimeOf(model.target) === 'sagemaker-runtime' ? 'invocations' : 'invoke',
        body: Buffer.from(JSON.stringify(bodyFor(model, index))),
        contentType: 'application/json',
        accept: 'application/json',
        headers: {},
      }),
      waitUntil: exchange.waitUntil,
    });
    if (answer.kind !== 'whole') throw new TollgateError('internal', { reason: 'not-whole' });
    parts[index] = read(answer, index);
  };
  async function lane(): Promise<void> {
    while (state.failure === undefined && next < (state.known?.bodies.length ?? 1)) {
      const index = next++;
      await one(index).catch((error: unknown) => {
        state.failure ??= { error: placed(error, placeOf?.(index)) };
      });
    }
  }

  await lane();
  await Promise.all(lanes);
  if (state.failure !== undefined) throw state.failure.error;
  if (state.known === undefined) throw new TollgateError('internal', { reason: 'not-prepared' });
  const { model } = state.known;
  return { model, headers: lifecycleHeaders(model, exchange.nowSeconds), parts };
}

/** What the model itself did not take is at a place of the request that it cannot know. */
function placed(error: unknown, field: string | undefined): unknown {
  if (field === undefined || !(error instanceof TollgateError) || error.code !== 'upstream_rejected') return error;
  const { publicMessage: message, reason, detail, cause } = error;
  return new TollgateError('upstream_rejected', { field, message, reason, ...(detail && { detail }), cause });
}
