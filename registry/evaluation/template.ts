import * as v from 'valibot';
import {
  EVALUATION_METRICS_MAX,
  EVERY_DAYS_MAX,
  INFERENCE_MAX_CHARS,
  INSTRUCTIONS_MAX_CHARS,
  TEMPLATES_MAX,
} from '../../contract/limits/evaluation.ts';
import {
  actor,
  badEntry,
  eachOnce,
  isoMilliseconds,
  milliseconds,
  modelId,
  parseWith,
  SCHEMA_VERSION,
  schemaVersion,
  version,
} from '../fields.ts';
import type { Document } from '../items.ts';

/**
 * How models are evaluated: what of Bedrock's CreateEvaluationJob is not the model's own, and what a model must reach
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateEvaluationJob.html, whose limits these are).
 */

/** Computed by Bedrock; by a model that is the judge; by people. */
export const SORTS = ['automatic', 'judge', 'human'] as const;
export type Sort = (typeof SORTS)[number];

export const TASKS = [
  'General',
  'Summarization',
  'Classification',
  'QuestionAndAnswer',
  'Generation',
  'Custom',
] as const;

/** Those that rate one answer by itself: a job of ours has one model. */
export const RATINGS = ['ThumbsUpDown', 'IndividualLikertScale'] as const;

const builtin = (...names: string[]): string[] => names.map((name) => `Builtin.${name}`);

/** Of passages that a knowledge base finds. */
export const RETRIEVAL_METRICS: readonly string[] = builtin('ContextRelevance', 'ContextCoverage');

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_EvaluationDatasetMetricConfig.html */
const METRICS: Readonly<Record<'automatic' | 'judge', readonly string[]>> = {
  automatic: builtin('Accuracy', 'Robustness', 'Toxicity'),
  judge: [
    ...builtin('Correctness', 'Completeness', 'Faithfulness', 'Helpfulness', 'Coherence', 'Relevance'),
    ...builtin('FollowingInstructions', 'ProfessionalStyleAndTone', 'Harmfulness', 'Stereotyping', 'Refusal'),
    ...RETRIEVAL_METRICS,
  ],
};

/** What a mean must be at least (a number alone), or at most. */
export type Threshold = number | { max: number };

export interface Template {
  id: string;
  sort: Sort;
  /** The role that Bedrock takes for the job. */
  role: string;
  /** `s3://bucket/folder`, below which the results lie. */
  output: string;
  task: (typeof TASKS)[number];
  /** Names of Bedrock's metrics; not of people. */
  metrics?: string[];
  /** What people rate, and how. */
  ratings?: { name: string; rating: (typeof RATINGS)[number]; description?: string }[];
  /** The model that judges: an id or ARN of Bedrock's. */
  judge?: string;
  /** Who is asked: a flow definition of SageMaker. */
  workflow?: { flow: string; instructions?: string };
  /** Parameters of the evaluated model, as it takes them. */
  inference?: Record<string, unknown>;
  /** ARN of a KMS key for the job. */
  key?: string;
  /** By metric, one at least: without a bound nothing could pass. */
  pass: Record<string, Threshold>;
  /** How far a mean may move to the worse, from when the version first passed, before it is told. */
  drift?: number;
  /** Days after which the schedule evaluates again what was evaluated by this template. Absent: never. */
  everyDays?: number;
}

/** All of the stage's. One item, in a partition of its own, which no call reads. */
export interface TemplatesEntry {
  /** Sorted by id, each once. */
  evaluations: Template[];
  version: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  updatedBy: string;
}

const text = v.string('not-text');
const arn = (pattern: RegExp, reason: string) => v.pipe(text, v.maxLength(2_048, 'too-long'), v.regex(pattern, reason));
const metric = v.pipe(text, v.maxLength(63, 'too-long'), v.regex(/^[0-9a-zA-Z._-]+$/, 'not-a-metric'));

export const templateSchema = v.strictObject({
  id: modelId,
  sort: v.picklist(SORTS, 'unknown-sort'),
  role: arn(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'not-a-role'),
  output: v.pipe(
    text,
    v.maxLength(1_024, 'too-long'),
    v.regex(/^s3:\/\/[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](\/[\w!*'().-]+)*\/?$/, 'not-a-bucket-uri'),
  ),
  task: v.picklist(TASKS, 'unknown-task'),
  metrics: v.exactOptional(
    v.pipe(
      v.array(metric, 'not-a-list'),
      v.minLength(1, 'empty'),
      v.maxLength(EVALUATION_METRICS_MAX, 'too-many'),
      v.checkItems((item, index, list) => list.indexOf(item) === index, 'twice'),
    ),
  ),
  ratings: v.exactOptional(
    v.pipe(
      v.array(
        v.strictObject({
          name: metric,
          rating: v.picklist(RATINGS, 'unknown-rating'),
          description: v.exactOptional(v.pipe(text, v.minLength(1, 'empty'), v.maxLength(63, 'too-long'))),
        }),
        'not-a-list',
      ),
      v.minLength(1, 'empty'),
      v.maxLength(10, 'too-many'),
    ),
  ),
  judge: v.exactOptional(v.pipe(text, v.minLength(1, 'empty'), v.maxLength(2_048, 'too-long'))),
  workflow: v.exactOptional(
    v.strictObject({
      flow: arn(/^arn:aws[a-z-]*:sagemaker:[a-z0-9-]{1,20}:\d{12}:flow-definition\/.+$/, 'not-a-flow-definition'),
      instructions: v.exactOptional(
        v.pipe(text, v.minLength(1, 'empty'), v.maxLength(INSTRUCTIONS_MAX_CHARS, 'too-long')),
      ),
    }),
  ),
  inference: v.exactOptional(
    v.pipe(
      v.record(v.string(), v.unknown(), 'not-an-object'),
      v.check((value) => JSON.stringify(value).length <= INFERENCE_MAX_CHARS, 'too-long'),
    ),
  ),
  key: v.exactOptional(arn(/^arn:aws[a-z-]*:kms:[a-z0-9-]*:\d{12}:(key|alias)\/[\w/-]+$/, 'not-a-key')),
  pass: v.pipe(
    v.record(
      v.string(),
      v.union([v.number('not-a-number'), v.strictObject({ max: v.number('not-a-number') })], 'not-a-threshold'),
      'not-an-object',
    ),
    v.check((pass) => Object.keys(pass).length > 0, 'empty'),
  ),
  drift: v.exactOptional(v.pipe(v.number('not-a-number'), v.gtValue(0, 'too-small'))),
  everyDays: v.exactOptional(
    v.pipe(
      v.number('not-a-number'),
      v.safeInteger('not-whole'),
      v.minValue(1, 'too-small'),
      v.maxValue(EVERY_DAYS_MAX, 'too-large'),
    ),
  ),
});

const schema = v.strictObject({
  v: schemaVersion,
  evaluations: v.pipe(v.array(templateSchema, 'not-a-list'), v.maxLength(TEMPLATES_MAX, 'too-many')),
  version,
  updatedAt: milliseconds,
  updatedBy: actor,
});

/**
 * One template by itself, as an operator gives it.
 *
 * @throws TollgateError `bad_entry` naming the member, e.g. `metrics[1]` or `pass.Builtin.Accuracy`
 */
export function parseTemplate(document: unknown): Template {
  return checked(parseWith(templateSchema, document), '');
}

/**
 * @param document an item without its keys
 * @throws TollgateError `bad_entry` naming the field, e.g. `evaluations[1].judge`
 */
export function parseTemplates(document: unknown): TemplatesEntry {
  const { v: _, ...entry } = parseWith(schema, document);
  return { ...entry, evaluations: sortedTemplates(eachOnce(entry.evaluations, 'evaluations', checked)) };
}

/** The written form of an entry; parseTemplates reads it back to the same entry. */
export function templatesDocument(entry: TemplatesEntry): Document {
  return {
    v: SCHEMA_VERSION,
    evaluations: entry.evaluations.map(templateDocument),
    version: entry.version,
    updatedAt: isoMilliseconds(entry.updatedAt),
    updatedBy: entry.updatedBy,
  };
}

export function templateDocument(template: Template): Document {
  return structuredClone(template) as unknown as Document;
}

export function sortedTemplates(templates: readonly Template[]): Template[] {
  return [...templates].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The metrics of a template, whoever scores them. */
export function metricsOf({ metrics = [], ratings = [] }: Pick<Template, 'metrics' | 'ratings'>): string[] {
  return [...metrics, ...ratings.map(({ name }) => name)];
}

/** Whether it is of what a knowledge base finds, and not of what a model says. */
export function isOfRetrieval({ metrics = [] }: Pick<Template, 'metrics'>): boolean {
  return metrics.some((name) => RETRIEVAL_METRICS.includes(name));
}

/** What a template has beside what all have. */
const OF_SORT: Readonly<Record<Sort, readonly (keyof Template)[]>> = {
  automatic: ['metrics'],
  judge: ['metrics', 'judge'],
  human: ['ratings', 'workflow'],
};

/** @param at what stands before a member's name */
function checked(template: v.InferOutput<typeof templateSchema>, at: string): Template {
  const { sort, metrics = [], ratings = [], pass } = template;
  for (const member of ['metrics', 'judge', 'ratings', 'workflow'] as const) {
    const wanted = OF_SORT[sort].includes(member);
    if (wanted && template[member] === undefined) throw badEntry(`${at}${member}`, 'missing');
    if (!wanted && template[member] !== undefined) throw badEntry(`${at}${member}`, 'not-of-this-sort');
  }
  const unknown = sort === 'human' ? -1 : metrics.findIndex((name) => !METRICS[sort].includes(name));
  if (unknown >= 0) throw badEntry(`${at}metrics[${unknown}]`, 'unknown-metric');
  const other = metrics.findIndex((name) => RETRIEVAL_METRICS.includes(name) !== isOfRetrieval(template));
  if (other >= 0) throw badEntry(`${at}metrics[${other}]`, 'not-with-retrieval');
  const again = ratings.findIndex(({ name }, index) => ratings.findIndex((one) => one.name === name) !== index);
  if (again >= 0) throw badEntry(`${at}ratings[${again}].name`, 'twice');
  const stranger = Object.keys(pass).find((name) => !metricsOf(template).includes(name));
  if (stranger !== undefined) throw badEntry(`${at}pass.${stranger.slice(0, 64)}`, 'not-a-metric-of-it');
  return template;
}
