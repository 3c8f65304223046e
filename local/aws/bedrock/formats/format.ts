import type { Answer } from '../../answer/answer.ts';
import type { Prompt } from '../../answer/prompt.ts';
import type { JsonObject } from '../../read.ts';

/** A model vendor's own body, as InvokeModel takes and gives it. */
export interface Format {
  /** @throws AwsError ValidationException */
  read(body: JsonObject): Prompt;
  whole(answer: Answer, model: string): object;
  /** The chunks of InvokeModelWithResponseStream, in order; at least one. */
  chunks(answer: Answer, model: string): object[];
}
