import {
  ConflictException,
  CreateEvaluationJobCommand,
  type CreateEvaluationJobRequest,
  GetEvaluationJobCommand,
  ListEvaluationJobsCommand,
} from '@aws-sdk/client-bedrock';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { TollgateError } from '../../contract/errors.ts';
import { RESULT_FILE_MAX_BYTES, RESULT_FILES_MAX } from '../../contract/limits/evaluation.ts';
import { bedrockIn, type ClientConfig } from '../read.ts';
import type { Job } from './job.ts';

/** A job as Bedrock has it. */
export interface Seen {
  arn: string;
  name: string;
  /** InProgress, Completed, Failed, Stopping, Stopped, Deleting. */
  status: string;
  failure?: string;
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

export function createEvaluations(clientConfig: ClientConfig): Evaluations {
  return {
    async start({ region, input }) {
      const client = bedrockIn(clientConfig, region);
      try {
        const { jobArn } = await client.send(
          new CreateEvaluationJobCommand(input as unknown as CreateEvaluationJobRequest),
        );
        return jobArn ?? '';
      } catch (error) {
        // The name has the token in it: after the time that Bedrock remembers a token for, it is still the same job.
        if (!(error instanceof ConflictException)) throw error;
        const { jobSummaries = [] } = await client.send(new ListEvaluationJobsCommand({ nameContains: input.jobName }));
        const found = jobSummaries.find(({ jobName }) => jobName === input.jobName)?.jobArn;
        if (found === undefined) throw error;
        return found;
      }
    },

    async look(arn) {
      const said = await bedrockIn(clientConfig, regionOf(arn)).send(
        new GetEvaluationJobCommand({ jobIdentifier: arn }),
      );
      const { status, jobName = '', failureMessages = [], outputDataConfig } = said;
      return {
        arn,
        name: jobName,
        status: status ?? 'unknown',
        output: outputDataConfig?.s3Uri ?? '',
        ...(failureMessages.length === 0 ? {} : { failure: failureMessages.join(' ').slice(0, 500) }),
      };
    },

    async *lines({ arn, name, output }) {
      const client = new S3Client({
        ...clientConfig,
        region: regionOf(arn),
        forcePathStyle: clientConfig.endpoint !== undefined,
      });
      const [, bucket = '', folder = ''] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(output) ?? [];
      const prefix = `${folder === '' ? '' : `${folder}/`}${name}/`;
      let files = 0;
      let token: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        );
        for (const { Key = '', Size = 0 } of page.Contents ?? []) {
          if (!Key.endsWith('.jsonl')) continue;
          if (++files > RESULT_FILES_MAX || Size > RESULT_FILE_MAX_BYTES)
            throw new TollgateError('unavailable', {
              reason: 'results-too-large',
              message: `The results of ${name} are more than ${RESULT_FILES_MAX} files, or one of them has more than ${RESULT_FILE_MAX_BYTES} bytes.`,
            });
          const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
          yield* ((await Body?.transformToString()) ?? '').split('\n');
        }
        token = page.NextContinuationToken;
      } while (token !== undefined);
    },
  };
}

function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}
