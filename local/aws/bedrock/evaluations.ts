import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../atomic.ts';
import { AwsError, invalid } from '../error.ts';
import { isObject, type JsonObject, listAt, objectOf, parseBody, textOf } from '../read.ts';
import type { Store } from '../s3/store.ts';
import type { AwsRequest, Plan } from '../service.ts';
import { foundationModel, inferenceProfile } from './catalog.ts';

/**
 * Evaluation jobs: CreateEvaluationJob, GetEvaluationJob and ListEvaluationJobs. A job is over when it is first asked about, and its
 * results lie in the bucket where AWS's do. The model's answer to a prompt is `echo: ` and the prompt, as everywhere here, and a
 * judge is as simple: 1 (five of five, a thumb up) where the answer holds the prompt's `referenceResponse`, or where there is none,
 * else 0 (one of five); of what is to be avoided the other way round.
 */
export interface Evaluations {
  /** @returns undefined for what is no request of it. @throws AwsError */
  plan(request: AwsRequest, account: string): Plan | undefined;
}

interface Job {
  jobArn: string;
  jobName: string;
  token: string;
  status: string;
  creationTime: string;
  failureMessages?: string[];
  asked: JsonObject;
}

const JOB_NAME = /^[a-z0-9](-*[a-z0-9]){0,62}$/;
const BAD = /Toxicity|Robustness|Harmfulness|Stereotyping|Refusal/;

export function createEvaluations({
  folder,
  store,
  now,
}: {
  folder: string;
  store: Store;
  now: () => number;
}): Evaluations {
  const file = join(folder, 'evaluation-jobs.json');
  let jobs: Job[];
  try {
    jobs = JSON.parse(readFileSync(file, 'utf8')) as Job[];
  } catch {
    jobs = [];
  }

  async function create(asked: JsonObject, region: string, account: string): Promise<object> {
    const jobName = textOf(asked.jobName, 'jobName');
    const token = typeof asked.clientRequestToken === 'string' ? asked.clientRequestToken : randomUUID();
    const same = jobs.find((job) => job.token === token);
    if (same !== undefined) return { jobArn: same.jobArn };
    if (!JOB_NAME.test(jobName)) throw invalid('jobName does not match the pattern of a name.');
    if (jobs.some((job) => job.jobName === jobName))
      throw new AwsError(409, 'ConflictException', 'There is a job of this name.');
    for (const { modelIdentifier } of modelsOf(asked)) checkModel(String(modelIdentifier));
    textOf(asked.roleArn, 'roleArn');
    const id = createHash('sha256').update(jobName).digest('hex').slice(0, 12);
    const job: Job = {
      ...{ jobArn: `arn:aws:bedrock:${region}:${account}:evaluation-job/${id}`, jobName, token, asked },
      ...{ status: 'Completed', creationTime: new Date(now()).toISOString() },
    };
    try {
      await run(job);
    } catch (error) {
      if (error instanceof AwsError && error.status === 400) throw error;
      Object.assign(job, { status: 'Failed', failureMessages: [(error as Error).message] });
    }
    jobs.push(job);
    await writeAtomically(file, JSON.stringify(jobs));
    return { jobArn: job.jobArn };
  }

  async function run({ jobName, asked }: Job): Promise<void> {
    const output = addressOf(objectOf(asked.outputDataConfig, 'outputDataConfig').s3Uri);
    if (!(await store.hasBucket(output.bucket))) throw new Error(`The bucket ${output.bucket} does not exist.`);
    const config = objectOf(asked.evaluationConfig, 'evaluationConfig');
    const human = isObject(config.human);
    const { datasetMetricConfigs, customMetrics } = objectOf(
      human ? config.human : config.automated,
      'evaluationConfig',
    );
    for (const one of listAt(datasetMetricConfigs, 'datasetMetricConfigs')) {
      const { dataset, taskType, metricNames } = objectOf(one, 'datasetMetricConfigs[0]');
      const { name, datasetLocation } = objectOf(dataset, 'dataset');
      const prompts = await promptsOf(isObject(datasetLocation) ? datasetLocation.s3Uri : undefined);
      const metrics = listAt(metricNames, 'metricNames').map(String);
      const score = human
        ? (prompt: JsonObject) => rated(prompt, listAt(customMetrics, 'customMetrics').filter(isObject))
        : asked.applicationType === 'RagEvaluation'
          ? (prompt: JsonObject) => retrieved(prompt, metrics)
          : (prompt: JsonObject) => scored(prompt, metrics);
      const lines = prompts.map((prompt) => JSON.stringify(score(prompt))).join('\n');
      const below = human ? 'datasets' : `models/model/taskTypes/${taskType}/datasets`;
      const key = `${output.key}${jobName}/${randomUUID()}/${below}/${name}/${randomUUID()}_output.jsonl`;
      await store.put(output.bucket, key, Buffer.from(lines), { crc32: null, headers: {}, modified: now() });
    }
  }

  async function promptsOf(uri: unknown): Promise<JsonObject[]> {
    // One of Bedrock's own.
    if (uri === undefined) return [{ prompt: 'Is it?', referenceResponse: 'it' }];
    const { bucket, key } = addressOf(uri);
    const found = await store.get(bucket, key.replace(/\/$/, ''));
    if (found === null) throw new Error(`The dataset ${String(uri)} cannot be read.`);
    return found.data
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => objectOf(JSON.parse(line), 'line'));
  }

  return {
    plan({ method, path, query, region, body }, account) {
      const [, segment] = /^\/evaluation-jobs(?:\/([^/]+))?$/.exec(path) ?? [null, null];
      if (segment === null) return undefined;
      if (segment !== undefined && method === 'GET') {
        const id = decodeURIComponent(segment);
        const arn = id.startsWith('arn:') ? id : `arn:aws:bedrock:${region}:${account}:evaluation-job/${id}`;
        return plan('GetEvaluationJob', arn, () => {
          const job = jobs.find(({ jobArn }) => jobArn === arn);
          if (job === undefined) throw new AwsError(404, 'ResourceNotFoundException', 'Could not find the job.');
          const { asked, token: _, ...rest } = job;
          return { ...asked, ...rest, jobType: 'Automated' };
        });
      }
      if (method === 'POST') {
        const asked = parseBody(body);
        return {
          ...plan('CreateEvaluationJob', '*', () => ({})),
          needs: modelsOf(asked).map(({ modelIdentifier }) => ({
            ...{ action: 'bedrock:CreateEvaluationJob', resource: String(modelIdentifier), context: {} },
          })),
          serve: async () => json(202, await create(asked, region, account)),
        };
      }
      const wanted = new URLSearchParams(query).get('nameContains') ?? '';
      return plan('ListEvaluationJobs', '*', () => ({
        jobSummaries: jobs
          .filter(({ jobName }) => jobName.includes(wanted))
          .map(({ jobArn, jobName, status, creationTime }) => ({
            ...{ jobArn, jobName, status, creationTime, jobType: 'Automated', evaluationTaskTypes: [] },
          })),
      }));
    },
  };
}

function plan(operation: string, resource: string, answer: () => object): Plan {
  return {
    operation,
    needs: [{ action: `bedrock:${operation}`, resource, context: {} }],
    serve: () => json(200, answer()),
  };
}

function json(status: number, body: object) {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** What is evaluated, as it is named: models, or none of a knowledge base. */
function modelsOf({ inferenceConfig }: JsonObject): JsonObject[] {
  const { models } = isObject(inferenceConfig) ? inferenceConfig : {};
  return listAt(models, 'models').map((one) => objectOf(objectOf(one, 'models[0]').bedrockModel, 'bedrockModel'));
}

/** @throws AwsError ValidationException for a model that this account does not have; of others than AWS's it has all. */
function checkModel(identifier: string): void {
  const [, kind = '', id = ''] = /:(foundation-model|inference-profile)\/(.+)$/.exec(identifier) ?? [];
  if (kind !== '' && (kind === 'foundation-model' ? foundationModel(id) : inferenceProfile(id)) === undefined)
    throw invalid('The provided model identifier is invalid.');
}

function addressOf(uri: unknown): { bucket: string; key: string } {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(textOf(uri, 's3Uri')) ?? [];
  return { bucket, key: key === '' ? '' : `${key}/` };
}

function isGood({ prompt, referenceResponse }: JsonObject): boolean {
  return referenceResponse === undefined || `echo: ${prompt}`.includes(String(referenceResponse));
}

function scored(prompt: JsonObject, metrics: readonly string[]): object {
  const scores = metrics.map((metricName) => ({
    metricName,
    result: isGood(prompt) === BAD.test(metricName) ? 0 : 1,
  }));
  const modelResponses = [{ response: `echo: ${prompt.prompt}`, modelIdentifier: 'model' }];
  return { automatedEvaluationResult: { scores }, inputRecord: prompt, modelResponses };
}

function rated(prompt: JsonObject, metrics: readonly JsonObject[]): object {
  const good = isGood(prompt);
  const of = (method: string, result: unknown) =>
    metrics
      .filter(({ ratingMethod }) => ratingMethod === method)
      .map(({ name }) => ({ metricName: name, modelResponseId: '0', result }));
  const evaluationResults = {
    thumbsUpDown: of('ThumbsUpDown', good),
    individualLikertScale: of('IndividualLikertScale', good ? 5 : 1),
  };
  return { humanEvaluationResult: { humanAnswers: [{ answerContent: { evaluationResults } }] }, inputRecord: prompt };
}

function retrieved(line: JsonObject, metrics: readonly string[]): object {
  const results = metrics.map((metricName) => ({ metricName, result: isGood(line) ? 1 : 0 }));
  return { conversationTurns: [{ inputRecord: line, results }] };
}
