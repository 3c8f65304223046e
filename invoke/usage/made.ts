import type { Target } from '../../contract/model.ts';
import { taskOfName } from '../../contract/task.ts';
import { baseModelOf } from '../../policies/kinds.ts';
import type { ProviderRequest } from '../call.ts';
import { isCount, jsonOf, member } from './json.ts';

/** What an answer holds that is no text. */
export interface Made {
  images: number;
  /** Vectors, each counted once however many number formats it comes in. */
  embeddings: number;
}

/**
 * Counts what was made, in the bodies of Amazon Titan, Nova Canvas and Stability AI (`images`, base64) and of Titan, Cohere
 * and Nova embeddings (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html).
 *
 * @param body parsed; any value
 */
export function madeIn(body: unknown): Made {
  const images = member(body, 'images');
  return {
    // One that was filtered is null. Cohere's `images` describe what was sent, in objects.
    images: Array.isArray(images) ? images.filter((image) => typeof image === 'string' && image !== '').length : 0,
    embeddings: vectorsOf(member(body, 'embeddings')) || (Array.isArray(member(body, 'embedding')) ? 1 : 0),
  };
}

/** A list of vectors, or one list for each number format. */
function vectorsOf(embeddings: unknown): number {
  if (Array.isArray(embeddings)) return embeddings.length;
  if (embeddings === null || typeof embeddings !== 'object') return 0;
  return Math.max(0, ...Object.values(embeddings).map((list) => (Array.isArray(list) ? list.length : 0)));
}

/** How many vectors a container answers with, as TEI writes them: a list of lists of numbers. @param body parsed; any value */
export function vectorsIn(body: unknown): number {
  if (!Array.isArray(body)) return 0;
  return body.every((vector) => Array.isArray(vector) && typeof vector[0] === 'number') ? body.length : 0;
}

/**
 * Images that a request asks for; what its answer is counted as when that was not seen to its end. Only of a model that
 * makes them: in the body of any other one nobody reads the member.
 */
export function imagesAsked({ operation, body }: ProviderRequest, target: Target): number {
  if (operation !== 'invoke' && operation !== 'invoke-with-response-stream') return 0;
  if (taskOfName(baseModelOf(target)) !== 'image') return 0;
  const asked = member(member(jsonOf(body), 'imageGenerationConfig'), 'numberOfImages');
  return isCount(asked) && asked > 0 ? asked : 1;
}
