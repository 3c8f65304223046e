import * as v from 'valibot';

/**
 * What stands beside a model's version of how it was evaluated, by template. Here is only the form, which a call reads with the
 * model; what follows from it is in standing.ts, which no call loads.
 */
export interface Evaluated {
  /** Of the registry's templates; of a person's own verdict any name. */
  template: string;
  /** What its latest job was asked about: an S3 URI, or a data set of Bedrock's own. */
  dataset?: string;
  /** The latest job, whatever became of it. */
  job?: EvaluationJob;
  /** The latest verdict. A job that fails gives none. */
  last?: Verdict;
  /** The first that passed of the version that passed latest: what drift is measured from. */
  first?: Verdict;
}

export interface EvaluationJob {
  arn: string;
  /** `versionOf` the model, when it was started. */
  of: string;
  /** ISO 8601, as the following. */
  at: string;
  /** As Bedrock names it: InProgress, Completed, Failed. */
  status: string;
  /** Why it failed. */
  failure?: string;
}

export interface Verdict {
  of: string;
  at: string;
  passed: boolean;
  /** Means by metric, over all that was scored. */
  scores?: Record<string, number>;
  /** ARN of the job that it is of; absent: a person gave it. */
  job?: string;
  by?: string;
  note?: string;
}

/** Of the model's schema. Whoever calls the model needs no more of it than this; only writers of ours fill it. */
export const evaluatedMember = v.exactOptional(v.custom<Evaluated[]>(isListed, 'not-a-list-of-evaluations'));

function isListed(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one?.template === 'string');
}
