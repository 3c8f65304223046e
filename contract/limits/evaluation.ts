/** What is evaluated, and how: templates of the registry, and results beside a model's version. */

/** Templates of a stage, which are one item of the registry, and of those the ones that a model was evaluated by. */
export const TEMPLATES_MAX = 50;
export const EVALUATED_MAX = 20;

/** Metrics of a job (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_EvaluationDatasetMetricConfig.html). */
export const EVALUATION_METRICS_MAX = 25;

/** Characters of instructions to human workers, and of inference parameters as JSON, as CreateEvaluationJob takes them. */
export const INSTRUCTIONS_MAX_CHARS = 5_000;
export const INFERENCE_MAX_CHARS = 1_023;

/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

/** Days between two evaluations of one template by the schedule; a year is none too often. */
export const EVERY_DAYS_MAX = 365;

/** Files of a job's results and bytes of one: Bedrock takes 1,000 prompts a job, and a file holds answers and reasons of each. */
export const RESULT_FILES_MAX = 100;
export const RESULT_FILE_MAX_BYTES = 67_108_864;

/** Characters of what somebody says of a verdict. */
export const VERDICT_NOTE_MAX_CHARS = 500;

/** Characters of a job's name, and of the part of it that is its token's (sha256, hexadecimal). */
export const JOB_NAME_MAX_CHARS = 63;
export const JOB_TOKEN_CHARS = 32;
