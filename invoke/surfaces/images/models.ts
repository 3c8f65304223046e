import { TollgateError } from '../../../contract/errors.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { baseModelOf, kindOf } from '../../../policies/kinds.ts';
import { invalid } from '../fields.ts';
import { PAINTERS } from '../made-models.ts';
import type { Quality } from './fields.ts';

/** A request, checked but for what its model has a say in. */
export interface Wanted {
  prompt: string;
  negative: string | undefined;
  size: Size | undefined;
  quality: Quality;
  format: string;
  seed: number | undefined;
}

export interface Size {
  width: number;
  height: number;
}

/** What one call of a model that paints takes. */
export interface Painter {
  /** Pictures that one call makes. */
  images: number;
  /** Characters of a prompt, and the highest seed. */
  promptMax: number;
  seedMax: number;
  /** The first is made where nothing is said. */
  formats: readonly string[];
  /** @throws TollgateError `invalid_request` naming what this model does not do */
  body(wanted: Wanted, images: number, seed: number): object;
}

/** https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html, and of Titan alike. */
const amazon = (promptMax: number, seedMax: number, checkSize: (size: Size) => void): Painter => ({
  ...{ images: 5, promptMax, seedMax, formats: ['png'] },
  body({ prompt, negative, size, quality }, numberOfImages, seed) {
    if (size !== undefined) checkSize(size);
    return {
      taskType: 'TEXT_IMAGE',
      textToImageParams: { text: prompt, negativeText: negative },
      imageGenerationConfig: {
        numberOfImages,
        ...size,
        quality: quality === 'hd' || quality === 'high' ? 'premium' : 'standard',
        seed,
      },
    };
  },
});

const CANVAS = { side: [320, 4096], step: 16, pixels: 4_194_304, ratio: 4 } as const;

function checkCanvasSize({ width, height }: Size): void {
  const { side, step, pixels, ratio } = CANVAS;
  const sides = [width, height];
  const fits =
    sides.every((one) => one >= side[0] && one <= side[1] && one % step === 0) &&
    Math.max(...sides) <= ratio * Math.min(...sides) &&
    width * height <= pixels;
  if (!fits)
    throw invalid(
      'size',
      `must have sides of ${side[0]} to ${side[1]} in steps of ${step}, at most 1:${ratio} and ${pixels} pixels, for this model`,
    );
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-image.html */
const TITAN_SIZES = (
  '512x512 768x768 1024x1024 384x576 768x1152 576x384 1152x768 384x640 768x1280 640x384 1280x768 448x576 896x1152 576x448 ' +
  '1152x896 384x704 768x1408 704x384 1408x768 320x704 640x1408 704x320 1408x640 1152x640 1173x640'
).split(' ');

function checkTitanSize({ width, height }: Size): void {
  if (!TITAN_SIZES.includes(`${width}x${height}`))
    throw invalid('size', `must be one of ${TITAN_SIZES.join(', ')} for this model`);
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html */
const stability: Painter = {
  ...{ images: 1, promptMax: 10_000, seedMax: 4_294_967_294, formats: ['png', 'jpeg'] },
  body({ prompt, negative, size, quality, format }, _, seed) {
    if (quality !== 'auto' && quality !== 'standard')
      throw invalid('quality', 'must be auto or standard for this model');
    return {
      prompt,
      negative_prompt: negative,
      aspect_ratio: size === undefined ? undefined : ratioOf(size),
      output_format: format,
      seed,
    };
  },
};

const RATIOS = ['1:1', '16:9', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21'];

function ratioOf({ width, height }: Size): string {
  const ratio = RATIOS.find((one) => {
    const [wide = 1, high = 1] = one.split(':').map(Number);
    return wide * height === high * width;
  });
  if (ratio === undefined) throw invalid('size', `must have a ratio of ${RATIOS.join(', ')} for this model`);
  return ratio;
}

const BODIES: Readonly<Record<(typeof PAINTERS)[number], Painter>> = {
  'amazon.nova-canvas-': amazon(1_024, 858_993_459, checkCanvasSize),
  'amazon.titan-image-generator-': amazon(512, 2_147_483_646, checkTitanSize),
  'stability.sd3-': stability,
  'stability.stable-image-core-': stability,
  'stability.stable-image-ultra-': stability,
};

/** @throws TollgateError `invalid_request` for a model that makes no pictures of texts in a form that is known */
export function painterOf({ target }: Pick<AllowedModel, 'target'>): Painter {
  const base = baseModelOf(target);
  const known = PAINTERS.find((beginning) => base.startsWith(beginning));
  if (known !== undefined) return BODIES[known];
  throw new TollgateError('invalid_request', {
    field: 'model',
    reason: 'wrong-surface',
    message: `This model is ${kindOf(target).name} that makes no pictures here; GET /v1/models says where each can be called.`,
  });
}
