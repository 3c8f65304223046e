import { image } from '../../answer/image.ts';
import { invalid } from '../../error.ts';
import { countAt, type JsonObject, objectOf, onlyMembers, textOf, wordOf } from '../../read.ts';
import type { FoundationModel } from '../catalog.ts';

const IMAGES_MAX = 5;
const SIDE = 1024;
const SIDE_MIN = 320;
const SIDE_MAX = 4096;
const PROMPT_MAX: Readonly<Record<string, number>> = { 'amazon.nova-canvas-v1:0': 1_024 };
const TITAN_PROMPT_MAX = 512;

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
export function amazonImages(
  { id }: Pick<FoundationModel, 'id'>,
  body: JsonObject,
): { answer: object; images: number } {
  const task = textOf(body.taskType, 'taskType');
  const member = Object.hasOwn(TASKS, task) ? TASKS[task] : undefined;
  if (member === undefined) throw invalid(`taskType must be one of ${Object.keys(TASKS).join(', ')}`);
  const { text } = objectOf(body[member], member);
  const most = PROMPT_MAX[id] ?? TITAN_PROMPT_MAX;
  if (task === 'TEXT_IMAGE' && (textOf(text, 'text') === '' || String(text).length > most))
    throw invalid(`${member}.text must have 1 to ${most} characters`);
  const config = objectOf(body.imageGenerationConfig ?? {}, 'imageGenerationConfig');
  onlyMembers(config, ['numberOfImages', 'width', 'height', 'quality', 'cfgScale', 'seed']);
  wordOf(config.quality ?? 'standard', 'quality', ['standard', 'premium']);
  const count = countAt(config.numberOfImages, 'numberOfImages') ?? 1;
  if (count > IMAGES_MAX) throw invalid(`numberOfImages must be 1 to ${IMAGES_MAX}`);
  const size = { width: sideAt(config.width, 'width'), height: sideAt(config.height, 'height') };
  const said = JSON.stringify([task, text, config.seed]);
  return { answer: { images: made(said, count, size), error: null }, images: count };
}

const STABILITY = ['prompt', 'negative_prompt', 'mode', 'aspect_ratio', 'seed', 'output_format', 'image', 'strength'];

/**
 * Stability AI (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html): one image
 * a call, of one million pixels. It is a PNG whatever is asked for.
 *
 * @throws AwsError ValidationException
 */
export function stabilityImage(body: JsonObject): { answer: object; images: number } {
  onlyMembers(body, STABILITY);
  wordOf(body.output_format ?? 'png', 'output_format', ['png', 'jpeg']);
  const ratio = wordOf(body.aspect_ratio ?? '1:1', 'aspect_ratio', [
    ...['1:1', '16:9', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21'],
  ]);
  const [wide = 1, high = 1] = ratio.split(':').map(Number);
  const side = Math.sqrt(wide * high);
  const size = { width: Math.round((SIDE * wide) / side), height: Math.round((SIDE * high) / side) };
  const said = JSON.stringify([textOf(body.prompt, 'prompt'), body.seed]);
  return { answer: { seeds: [body.seed ?? 0], finish_reasons: [null], images: made(said, 1, size) }, images: 1 };
}

function sideAt(value: unknown, name: string): number {
  const side = countAt(value, name) ?? SIDE;
  if (side < SIDE_MIN || side > SIDE_MAX) throw invalid(`${name} must be ${SIDE_MIN} to ${SIDE_MAX}`);
  return side;
}

function made(said: string, count: number, size: Parameters<typeof image>[1]): string[] {
  return Array.from({ length: count }, (_, index) => image(`${index} ${said}`, size).toString('base64'));
}
