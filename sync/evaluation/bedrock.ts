import { TollgateError } from '../../contract/errors.ts';
import { RESULT_FILE_MAX_BYTES, RESULT_FILES_MAX } from '../../contract/limits/evaluation.ts';
import { SYNC_ANSWER_MAX_BYTES as maxBytes } from '../../contract/limits/sync.ts';
import type { ClientConfig } from '../read.ts';
import type { Job } from './job.ts';
import { AwsRestError, createSend } from './rest.ts';

/** A job as Bedrock has it. */
export interface Seen {
  arn: string;
  name: string;
  /** InProgress, Completed, Failed, Stopping, Stopped, Deleting. */
  status: string;
  failure?: string;
  /** When it was made, milliseconds since 1970; not a number where Bedrock does not say. */
  made: number;
  /** `s3://bucket/folder`, below which its results lie under its name. */
  output: string;
}

/** What is asked of Bedrock and S3 for evaluations, with the credentials of who asks. */
export interface Evaluations {
  /** Starts it; of one that was started already by the same token the same one. @returns its ARN */
  start(job: Job): Promise<string>;
  look(arn: string): Promise<Seen>;
  /** The lines of a job's results. */
  lines(seen: Seen): AsyncIterable<string>;
}

interface JobSaid {
  jobArn?: string;
  jobName?: string;
  status?: string;
  failureMessages?: string[];
  creationTime?: string;
  outputDataConfig?: { s3Uri?: string };
}

/** Characters of why a job failed. */
const FAILURE_MAX_CHARS = 500;

/** CreateEvaluationJob, GetEvaluationJob, ListEvaluationJobs, and the objects of results. */
export function createEvaluations(clientConfig: ClientConfig): Evaluations {
  const send = createSend(clientConfig);
  const bedrock = { service: 'bedrock', maxBytes } as const;

  return {
    async start({ region, input }) {
      const path = ['evaluation-jobs'];
      try {
        const said: JobSaid = JSON.parse(await send({ ...bedrock, region, method: 'POST', path, body: input }));
        return said.jobArn ?? '';
      } catch (error) {
        // The name has the token in it: after the time that Bedrock remembers a token for, it is still the same job.
        if ((error as Error).name !== 'ConflictException') throw error;
        const query = { nameContains: input.jobName };
        const said = JSON.parse(await send({ ...bedrock, region, method: 'GET', path, query }));
        const found = ((said.jobSummaries ?? []) as JobSaid[]).find(({ jobName }) => jobName === input.jobName);
        if (found?.jobArn === undefined) throw error;
        return found.jobArn;
      }
    },

    async look(arn) {
      const path = ['evaluation-jobs', arn];
      const said: JobSaid = JSON.parse(await send({ ...bedrock, region: regionOf(arn), method: 'GET', path }));
      const { status = 'unknown', jobName = '', failureMessages = [], creationTime = '', outputDataConfig } = said;
      return {
        ...{ arn, name: jobName, status, made: Date.parse(creationTime), output: outputDataConfig?.s3Uri ?? '' },
        ...(failureMessages.length === 0 ? {} : { failure: failureMessages.join(' ').slice(0, FAILURE_MAX_CHARS) }),
      };
    },

    async *lines({ arn, name, output }) {
      const [, bucket = '', folder = ''] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(output) ?? [];
      const s3 = { service: 's3', region: regionOf(arn), method: 'GET' } as const;
      const prefix = `${folder === '' ? '' : `${folder}/`}${name}/`;
      let files = 0;
      let next: string | undefined;
      do {
        const query = {
          ...{ 'list-type': '2', 'encoding-type': 'url', prefix },
          ...(next === undefined ? {} : { 'continuation-token': next }),
        };
        const page = await send({ ...s3, path: [bucket], query, maxBytes });
        for (const [, listed = ''] of page.matchAll(/<Key>([^<]*)<\/Key>/g)) {
          const key = decodeURIComponent(listed.replaceAll('+', ' '));
          if (!key.endsWith('.jsonl')) continue;
          if (++files > RESULT_FILES_MAX) throw tooMuch(name, `more than ${RESULT_FILES_MAX} files`);
          const file = { ...s3, path: [bucket, ...key.split('/')], maxBytes: RESULT_FILE_MAX_BYTES };
          yield* (await send(file).catch(tooLong(name))).split('\n');
        }
        next = /<NextContinuationToken>([^<]*)</.exec(page)?.[1];
      } while (next !== undefined);
    },
  };
}

function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}

const tooLong =
  (name: string) =>
  (error: unknown): never => {
    if (error instanceof AwsRestError && error.status === 413) throw tooMuch(name, error.message);
    throw error;
  };

function tooMuch(name: string, what: string): TollgateError {
  return new TollgateError('unavailable', {
    reason: 'results-too-large',
    message: `The results of ${name} are too much to be read: ${what}.`,
  });
}
