import { createHash } from 'node:crypto';
import { TollgateError } from '../../contract/errors.ts';
import { JOB_NAME_MAX_CHARS, JOB_TOKEN_CHARS } from '../../contract/limits/evaluation.ts';
import type { Target } from '../../contract/model.ts';
import { placesOf } from '../../contract/places.ts';
import { kindOf } from '../../policies/kinds.ts';
import { versionOf } from '../../registry/evaluation/standing.ts';
import { isOfRetrieval, metricsOf, type Template } from '../../registry/evaluation/template.ts';
import type { ModelEntry } from '../../registry/model.ts';

/** What Bedrock is asked for: the input of CreateEvaluationJob, and where. */
export interface Job {
  region: string;
  /** Of the model, as its verdict will be. */
  of: string;
  dataset: string;
  input: ReturnType<typeof inputOf>;
}

export interface Wanted {
  stage: string;
  /** `s3://bucket/prompts.jsonl`, or one of Bedrock's own: `Builtin.BoolQ`. */
  dataset: string;
  /** What tells an evaluation of the same once more from a repetition of the request: any text. */
  run?: string;
}

/** What Bedrock evaluates, by the ARNs that its `modelIdentifier` takes (API_EvaluationBedrockModel); of a knowledge base what it finds. */
const MODEL_ARN =
  /^arn:[\w-]+:(bedrock:[^:]*:\d*:(foundation-model|inference-profile|application-inference-profile|provisioned-model|imported-model|prompt-router|default-prompt-router)\/|sagemaker:[^:]+:\d{12}:endpoint\/)/;
const KNOWLEDGE_BASE_ARN = /:knowledge-base\/(\w+)$/;

/** Passages of a knowledge base for each question: Bedrock's own default. */
const PASSAGES = 5;

const DATASET = /^(Builtin\.[\w.-]{1,55}|s3:\/\/[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](\/[\w!*'().-]+)+)$/;

/**
 * The job that evaluates a model by a template. The same model, version, template, data set and run make the same job, by name and by
 * token, so that a request which is made twice starts one.
 *
 * @throws TollgateError `bad_entry` naming `model` where Bedrock cannot evaluate it, or not so; `dataset`
 */
export function jobOf(model: ModelEntry, template: Template, { stage, dataset, run = '' }: Wanted): Job {
  if (!DATASET.test(dataset))
    throw refused(
      'dataset',
      'not-a-dataset',
      'The data set must be an S3 URI, or one of Bedrock’s own: Builtin.BoolQ.',
    );
  const target = evaluated(model, template);
  const of = versionOf(model);
  const token = createHash('sha256')
    .update(JSON.stringify([stage, model.id, of, template, dataset, run]))
    .digest('hex')
    .slice(0, JOB_TOKEN_CHARS);
  return { region: target.region, of, dataset, input: inputOf({ model, template, stage, dataset, of, token, target }) };
}

interface Parts {
  model: ModelEntry;
  template: Template;
  stage: string;
  dataset: string;
  of: string;
  token: string;
  target: Target;
}

function inputOf({ model, template, stage, dataset, of, token, target }: Parts) {
  const { sort, task, role, output, key, judge, workflow, ratings } = template;
  const datasetMetricConfigs = [
    {
      taskType: task,
      dataset: dataset.startsWith('Builtin.')
        ? { name: dataset }
        : { name: datasetName(dataset), datasetLocation: { s3Uri: dataset } },
      metricNames: metricsOf(template),
    },
  ];
  const evaluator =
    judge === undefined ? {} : { evaluatorModelConfig: { bedrockEvaluatorModels: [{ modelIdentifier: judge }] } };
  const human = {
    ...(workflow === undefined
      ? {}
      : {
          humanWorkflowConfig: {
            flowDefinitionArn: workflow.flow,
            ...(workflow.instructions === undefined ? {} : { instructions: workflow.instructions }),
          },
        }),
    customMetrics: ratings?.map(({ rating, ...one }) => ({ ...one, ratingMethod: rating })),
    datasetMetricConfigs,
  };
  return {
    jobName: nameOf(model.id, token),
    clientRequestToken: token,
    roleArn: role,
    ...(key === undefined ? {} : { customerEncryptionKeyId: key }),
    jobTags: Object.entries({ stage, model: model.id, template: template.id, version: of }).map(([name, value]) => ({
      key: `tollgate:${name}`,
      value,
    })),
    applicationType: isOfRetrieval(template) ? 'RagEvaluation' : 'ModelEvaluation',
    evaluationConfig: sort === 'human' ? { human } : { automated: { datasetMetricConfigs, ...evaluator } },
    inferenceConfig: inferenceOf(target, template),
    outputDataConfig: { s3Uri: output },
  } as const;
}

function inferenceOf(target: Target, { inference = {} }: Template) {
  const [, knowledgeBaseId] = KNOWLEDGE_BASE_ARN.exec(target.arn) ?? [];
  if (knowledgeBaseId !== undefined) {
    const knowledgeBaseRetrievalConfiguration = { vectorSearchConfiguration: { numberOfResults: PASSAGES } };
    return {
      ragConfigs: [
        { knowledgeBaseConfig: { retrieveConfig: { knowledgeBaseId, knowledgeBaseRetrievalConfiguration } } },
      ],
    };
  }
  return {
    models: [{ bedrockModel: { modelIdentifier: target.arn, inferenceParams: JSON.stringify(inference) } }],
  };
}

/** The first of its places that is in use and that Bedrock can evaluate. */
function evaluated(model: ModelEntry, template: Template): Target {
  const targets = placesOf(model).flatMap(({ target, drained }) => (drained ? [] : [target]));
  const retrieval = isOfRetrieval(template);
  const fits = (target: Target): boolean =>
    retrieval
      ? KNOWLEDGE_BASE_ARN.test(target.arn)
      : kindOf(target).runtime === 'bedrock-runtime' && MODEL_ARN.test(target.arn);
  const found = targets.find(fits);
  if (found !== undefined) return found;
  const { name } = kindOf(model.target);
  if (targets.some(({ arn }) => KNOWLEDGE_BASE_ARN.test(arn)))
    throw refused(
      'template',
      'not-of-retrieval',
      `${model.id} is ${name}, of which Bedrock scores what it finds: the template’s metrics must be Builtin.ContextRelevance and Builtin.ContextCoverage.`,
    );
  throw refused(
    'model',
    'not-evaluable',
    `Bedrock cannot evaluate ${model.id}, which is ${name}${retrieval ? ', by metrics of a knowledge base' : ''}. \`tollgate eval record\` keeps a verdict that was reached elsewhere.`,
  );
}

/** `tollgate-nova-lite-` and the token's beginning. */
function nameOf(model: string, token: string): string {
  const shown = model.replace(/[^a-z0-9]+/g, '-');
  return `tollgate-${shown.slice(0, JOB_NAME_MAX_CHARS - 30).replace(/-+$/, '')}-${token.slice(0, 20)}`;
}

/** As Bedrock takes a name of one's own: the file's, without its ending. */
function datasetName(uri: string): string {
  const file = uri.slice(uri.lastIndexOf('/') + 1).replace(/\.jsonl?$/, '');
  return file.replace(/[^0-9a-zA-Z._-]/g, '-').slice(0, 63) || 'dataset';
}

function refused(field: string, reason: string, message: string): TollgateError {
  return new TollgateError('bad_entry', { field, reason, message });
}
