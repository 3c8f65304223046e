import { image } from '../../answer/image.ts';
import { invalid } from '../../error.ts';
import { countAt, type JsonObject, objectOf, textOf } from '../../read.ts';

const IMAGES_MAX = 5;

/** Each task's own parameters, which hold its text. */
const TASKS: Readonly<Record<string, string>> = {
  TEXT_IMAGE: 'textToImageParams',
  INPAINTING: 'inPaintingParams',
  OUTPAINTING: 'outPaintingParams',
  IMAGE_VARIATION: 'imageVariationParams',
};

/**
 * Titan Image and Nova Canvas (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-image.html).
 *
 * @throws AwsError ValidationException
 */
export function amazonImages(body: JsonObject): { answer: object; images: number } {
  const task = textOf(body.taskType, 'taskType');
  const member = Object.hasOwn(TASKS, task) ? TASKS[task] : undefined;
  if (member === undefined) throw invalid(`taskType must be one of ${Object.keys(TASKS).join(', ')}`);
  const { text } = objectOf(body[member], member);
  const config = objectOf(body.imageGenerationConfig ?? {}, 'imageGenerationConfig');
  const count = countAt(config.numberOfImages, 'numberOfImages') ?? 1;
  if (count > IMAGES_MAX) throw invalid(`numberOfImages must be 1 to ${IMAGES_MAX}`);
  const said = JSON.stringify([task, text, config.seed]);
  return { answer: { images: made(said, count), error: null }, images: count };
}

/**
 * Stability AI (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html): one image
 * a call.
 *
 * @throws AwsError ValidationException
 */
export function stabilityImage(body: JsonObject): { answer: object; images: number } {
  const said = JSON.stringify([textOf(body.prompt, 'prompt'), body.seed]);
  return { answer: { seeds: [0], finish_reasons: [null], images: made(said, 1) }, images: 1 };
}

function made(said: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => image(`${index} ${said}`).toString('base64'));
}
