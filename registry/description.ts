import * as v from 'valibot';
import { MODEL_TOKENS_MAX, PROVENANCE_MAX_CHARS } from '../contract/limits/registry.ts';
import { type Description, MODALITIES } from '../contract/model.ts';
import { displayName } from './fields.ts';
import type { Document } from './items.ts';
import type { Demanding } from './requirements.ts';
import { regionList } from './restrictions.ts';

/** What a model's entry says of it to people: what it can do, where it comes from, what its owner asks of a grant. */

export interface Described extends Description, Demanding {
  /** Whoever may sign in is told of it, and may ask for it. Absent: nobody learns of a model that was not granted. */
  askable?: true;
}

const note = v.pipe(
  v.string('not-text'),
  v.minLength(1, 'empty'),
  v.maxLength(PROVENANCE_MAX_CHARS, 'too-long'),
  v.regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'not-printable'),
);

const modalities = v.pipe(
  v.array(v.picklist(MODALITIES, 'unknown-modality'), 'not-a-list'),
  v.minLength(1, 'empty'),
  v.transform((listed) => MODALITIES.filter((modality) => listed.includes(modality))),
);

const flag = v.boolean('not-true-or-false');
const demanded = v.literal(true, 'not-true');

const tokens = v.pipe(
  v.number('not-a-number'),
  v.safeInteger('not-whole'),
  v.minValue(1, 'too-small'),
  v.maxValue(MODEL_TOKENS_MAX, 'too-large'),
);

/** Of the model's schema. */
export const describedMembers = {
  displayName: v.exactOptional(displayName),
  capabilities: v.exactOptional(
    v.strictObject({
      input: v.exactOptional(modalities),
      output: v.exactOptional(modalities),
      streaming: v.exactOptional(flag),
      tools: v.exactOptional(flag),
      reasoning: v.exactOptional(flag),
      promptCaching: v.exactOptional(flag),
    }),
  ),
  limits: v.exactOptional(v.strictObject({ context: v.exactOptional(tokens), output: v.exactOptional(tokens) })),
  provenance: v.exactOptional(
    v.strictObject({
      source: v.exactOptional(note),
      artifact: v.exactOptional(note),
      version: v.exactOptional(note),
      basedOn: v.exactOptional(note),
      trainingData: v.exactOptional(note),
      licence: v.exactOptional(note),
      approver: v.exactOptional(note),
      review: v.exactOptional(v.pipe(note, v.regex(/^https:\/\/[^\s/]+/, 'not-an-https-url'))),
      evaluation: v.exactOptional(note),
    }),
  ),
  askable: v.exactOptional(demanded),
  requires: v.exactOptional(
    v.strictObject({
      approval: v.exactOptional(demanded),
      evaluation: v.exactOptional(demanded),
      region: v.exactOptional(regionList),
    }),
  ),
};

const NAMES = ['displayName', 'capabilities', 'limits', 'provenance', 'askable', 'requires'] as const;

/** The written form; `describedMembers` reads it back. */
export function describedDocument(entry: Described): Document {
  const said = NAMES.flatMap((name) => (entry[name] === undefined ? [] : [[name, entry[name]] as const]));
  // As deep as it goes: the entry's own lists are not another's to change.
  return structuredClone(Object.fromEntries(said)) as unknown as Document;
}

export function descriptionOf({ displayName, capabilities, limits }: Description): Description {
  return {
    ...(displayName === undefined ? {} : { displayName }),
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(limits === undefined ? {} : { limits }),
  };
}
