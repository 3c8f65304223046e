import { metricsOf, type Template } from '../../registry/evaluation/template.ts';

/**
 * What a job's files of results say, as means. A line is one prompt, and where in it the scores are depends on who gave them
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/model-evaluation-report-s3.html):
 *
 * - Bedrock or a judge: `automatedEvaluationResult.scores[] {metricName, result}`
 * - people: `humanEvaluationResult.humanAnswers[].answerContent.evaluationResults.{thumbsUpDown, individualLikertScale}[] {metricName, result}`
 * - of a knowledge base: `conversationTurns[].results[] {metricName, result}`
 *
 * Only there is looked: the prompt and the answers beside them are somebody else's text. Thumbs are 1 and 0.
 */
export interface Tally {
  add(line: string): void;
  /** By the template's own names of its metrics; one that nothing was scored by is absent. */
  means(): Record<string, number>;
  /** Lines that could be read, and scores in them. */
  readonly lines: number;
  readonly scored: number;
}

export function createTally(template: Pick<Template, 'metrics' | 'ratings'>): Tally {
  // Files name a metric of Bedrock's with its prefix, and without.
  const names = new Map(metricsOf(template).map((name) => [plain(name), name]));
  const sums = new Map<string, { sum: number; count: number }>();
  const tally = { lines: 0, scored: 0 };

  return {
    add(line) {
      if (line.trim() === '') return;
      tally.lines += 1;
      for (const { metricName, result } of scoresIn(JSON.parse(line))) {
        const name = typeof metricName === 'string' ? names.get(plain(metricName)) : undefined;
        const value = typeof result === 'boolean' ? Number(result) : result;
        // A prompt that could not be judged has no number, and is in no mean.
        if (name === undefined || typeof value !== 'number' || !Number.isFinite(value)) continue;
        const { sum, count } = sums.get(name) ?? { sum: 0, count: 0 };
        sums.set(name, { sum: sum + value, count: count + 1 });
        tally.scored += 1;
      }
    },
    means: () => Object.fromEntries([...sums].map(([name, { sum, count }]) => [name, sum / count])),
    get lines() {
      return tally.lines;
    },
    get scored() {
      return tally.scored;
    },
  };
}

const plain = (metric: string): string => metric.replace(/^Builtin\./, '');

interface Score {
  metricName?: unknown;
  result?: unknown;
}

const RATED = ['thumbsUpDown', 'individualLikertScale'];

function scoresIn(line: unknown): Score[] {
  const { automatedEvaluationResult, humanEvaluationResult, conversationTurns } = membersOf(line);
  return [
    ...listOf(membersOf(automatedEvaluationResult).scores),
    ...listOf(membersOf(humanEvaluationResult).humanAnswers).flatMap((answer) => {
      const { evaluationResults } = membersOf(membersOf(answer).answerContent);
      return RATED.flatMap((kind) => listOf(membersOf(evaluationResults)[kind]));
    }),
    ...listOf(conversationTurns).flatMap((turn) => listOf(membersOf(turn).results)),
  ].map(membersOf);
}

function membersOf(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
