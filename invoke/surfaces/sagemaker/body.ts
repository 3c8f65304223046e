import { TollgateError } from '../../../contract/errors.ts';
import type { Json } from '../../../contract/json.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { targetsOf } from '../../../contract/places.ts';
import { nativeIdOf } from '../../../policies/kinds.ts';

/**
 * Read on a copy; what is sent are the caller's bytes.
 *
 * @param value the body, parsed; undefined: it is no JSON
 * @param wanted the model as the path names it
 * @throws TollgateError `invalid_request` for a second name of the model, and for an address that a container would fetch
 */
export function checkBody(value: Json | undefined, wanted: string, model: AllowedModel): void {
  if (!isObject(value)) return;
  // Of several adapters on one endpoint this member chooses one: the name that was decided upon must be the only one.
  const { model: named, messages } = value;
  if (named !== undefined && ![wanted, model.id, ...ownNames(model)].some((name) => name === named))
    throw new TollgateError('invalid_request', {
      field: 'model',
      reason: 'model-mismatch',
      message: 'The member model names another model than the path; leave it out.',
    });
  if (Array.isArray(messages)) for (const [at, message] of messages.entries()) checkParts(message, `messages[${at}]`);
}

function ownNames(model: AllowedModel): (string | undefined)[] {
  return targetsOf(model).flatMap((target) =>
    target.kind === 'sagemaker-endpoint'
      ? [nativeIdOf(target), target.inferenceComponent, target.targetModel]
      : [nativeIdOf(target)],
  );
}

/** A part of a message that says where something is: the container would fetch it, from within the account's network. */
function checkParts(message: Json, at: string): void {
  if (!isObject(message) || !Array.isArray(message.content)) return;
  for (const [index, part] of message.content.entries()) {
    if (!isObject(part)) continue;
    for (const [name, value] of Object.entries(part)) {
      if (!name.endsWith('_url')) continue;
      const url = isObject(value) ? value.url : value;
      if (typeof url === 'string' && url.startsWith('data:')) continue;
      throw new TollgateError('invalid_request', {
        field: `${at}.content[${index}].${name.length > 16 ? 'url' : name}`,
        reason: 'not-a-data-url',
        message: `Nothing is fetched here: ${at}.content[${index}] must hold its data as a data: URL.`,
      });
    }
  }
}

function isObject(value: Json | undefined): value is { [member: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
