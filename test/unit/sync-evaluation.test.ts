import { describe, expect, test } from 'vitest';
import { driftsOf, shortfalls } from '../../registry/evaluation/standing.ts';
import { parseTemplate } from '../../registry/evaluation/template.ts';
import type { Document } from '../../registry/items.ts';
import { modelKey } from '../../registry/keys.ts';
import { parseModel } from '../../registry/model.ts';
import { createWriter } from '../../registry/writer.ts';
import type { Evaluations } from '../../sync/evaluation/bedrock.ts';
import { alertsOf, evaluateDue } from '../../sync/evaluation/due.ts';
import { jobOf } from '../../sync/evaluation/job.ts';
import { createTally } from '../../sync/evaluation/scores.ts';
import { checkNew } from '../../sync/evaluation/take.ts';
import { modelDocument } from './registry/documents.ts';
import { memoryItems } from './registry/memory-items.ts';

const BASE = { role: 'arn:aws:iam::111122223333:role/evaluations', output: 's3://results/here', task: 'General' };
const AUTOMATIC = parseTemplate({
  ...{ id: 'basic', sort: 'automatic', metrics: ['Builtin.Accuracy', 'Builtin.Toxicity'] },
  ...{ pass: { 'Builtin.Accuracy': 0.5, 'Builtin.Toxicity': { max: 0.2 } }, drift: 0.1, ...BASE },
});
const JUDGE = parseTemplate({
  ...{ id: 'quality', sort: 'judge', metrics: ['Builtin.Correctness'], judge: 'amazon.nova-pro-v1:0' },
  ...{ pass: { 'Builtin.Correctness': 0.8 }, inference: { temperature: 0 }, ...BASE },
});
const HUMAN = parseTemplate({
  ...{ id: 'people', sort: 'human', pass: { Kind: 0.5 }, ...BASE },
  ratings: [
    { name: 'Kind', rating: 'ThumbsUpDown' },
    { name: 'Clear', rating: 'IndividualLikertScale', description: 'Is it?' },
  ],
  workflow: { flow: 'arn:aws:sagemaker:us-east-1:111122223333:flow-definition/review', instructions: 'Be kind.' },
});
const RETRIEVAL = parseTemplate({
  ...{ id: 'found', sort: 'judge', metrics: ['Builtin.ContextRelevance'], judge: 'amazon.nova-pro-v1:0' },
  ...{ pass: { 'Builtin.ContextRelevance': 0.5 }, ...BASE },
});

const model = (changes: Document = {}) => parseModel(modelDocument('m1', changes));
const of = (target: Document) => model({ target });
const WANTED = { stage: 'prod', dataset: 's3://data/prompts.jsonl' };

describe('the job that is asked for', () => {
  test('has all that Bedrock needs, by the entry’s own target and the template', () => {
    const { region, input } = jobOf(model(), JUDGE, WANTED);
    expect(region).toBe('us-east-1');
    expect(input).toMatchObject({
      jobName: expect.stringMatching(/^tollgate-m1-[0-9a-f]{20}$/),
      roleArn: BASE.role,
      jobTags: [
        { key: 'tollgate:stage', value: 'prod' },
        { key: 'tollgate:model', value: 'm1' },
        { key: 'tollgate:template', value: 'quality' },
        { key: 'tollgate:version', value: expect.stringMatching(/^[0-9a-f]{16}$/) },
      ],
      applicationType: 'ModelEvaluation',
      evaluationConfig: {
        automated: {
          datasetMetricConfigs: [
            {
              taskType: 'General',
              dataset: { name: 'prompts', datasetLocation: { s3Uri: WANTED.dataset } },
              metricNames: ['Builtin.Correctness'],
            },
          ],
          evaluatorModelConfig: { bedrockEvaluatorModels: [{ modelIdentifier: 'amazon.nova-pro-v1:0' }] },
        },
      },
      inferenceConfig: {
        models: [
          {
            bedrockModel: {
              modelIdentifier: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
              inferenceParams: '{"temperature":0}',
            },
          },
        ],
      },
      outputDataConfig: { s3Uri: 's3://results/here' },
    });
  });

  test('asks people by their flow, and a data set of Bedrock’s own by its name', () => {
    const { input } = jobOf(model(), HUMAN, { ...WANTED, dataset: 'Builtin.BoolQ' });
    expect(input.evaluationConfig).toEqual({
      human: {
        humanWorkflowConfig: { flowDefinitionArn: HUMAN.workflow?.flow, instructions: 'Be kind.' },
        customMetrics: [
          { name: 'Kind', ratingMethod: 'ThumbsUpDown' },
          { name: 'Clear', ratingMethod: 'IndividualLikertScale', description: 'Is it?' },
        ],
        datasetMetricConfigs: [
          { taskType: 'General', dataset: { name: 'Builtin.BoolQ' }, metricNames: ['Kind', 'Clear'] },
        ],
      },
    });
  });

  test('is of a knowledge base what it finds', () => {
    const arn = 'arn:aws:bedrock:us-east-1:111122223333:knowledge-base/KB12345678';
    const base = of({ kind: 'bedrock-knowledge-base', region: 'us-east-1', arn });
    const { input } = jobOf(base, RETRIEVAL, WANTED);
    expect(input).toMatchObject({
      applicationType: 'RagEvaluation',
      inferenceConfig: {
        ragConfigs: [{ knowledgeBaseConfig: { retrieveConfig: { knowledgeBaseId: 'KB12345678' } } }],
      },
    });
    expect(() => jobOf(base, JUDGE, WANTED)).toThrow(expect.objectContaining({ reason: 'not-of-retrieval' }));
    expect(() => jobOf(model(), RETRIEVAL, WANTED)).toThrow(expect.objectContaining({ reason: 'not-evaluable' }));
  });

  test('is the same job when it is asked for again, and another of anything else', () => {
    const token = (...asked: Parameters<typeof jobOf>) => jobOf(...asked).input.clientRequestToken;
    const once = token(model(), JUDGE, WANTED);
    expect(token(model({ displayName: 'One', version: 9 }), JUDGE, WANTED)).toBe(once);
    const others = [
      token(model({ provenance: { version: '2' } }), JUDGE, WANTED),
      token(model(), { ...JUDGE, pass: { 'Builtin.Correctness': 0.9 } }, WANTED),
      token(model(), JUDGE, { ...WANTED, dataset: 's3://data/others.jsonl' }),
      token(model(), JUDGE, { ...WANTED, run: '2' }),
      token(model(), JUDGE, { ...WANTED, stage: 'test' }),
    ];
    expect(new Set([once, ...others]).size).toBe(6);
  });

  test('has a name that Bedrock takes, whatever the model’s id', () => {
    for (const id of ['a', 'a.b_c-', `a${'-.'.repeat(30)}b`, 'x'.repeat(64)]) {
      const { jobName, jobTags } = jobOf(parseModel(modelDocument(id)), JUDGE, WANTED).input;
      expect(jobName).toMatch(/^[a-z0-9](-*[a-z0-9]){0,62}$/);
      expect(jobTags[1]?.value).toBe(id);
    }
  });

  const account = '111122223333';
  test.each<[string, Document]>([
    [
      'an agent',
      {
        kind: 'bedrock-agent',
        region: 'us-east-1',
        arn: `arn:aws:bedrock:us-east-1:${account}:agent-alias/AGENT12345/ALIAS12345`,
      },
    ],
    [
      'an endpoint of SageMaker',
      {
        kind: 'sagemaker-endpoint',
        endpointName: 'x',
        region: 'us-east-1',
        arn: `arn:aws:sagemaker:us-east-1:${account}:endpoint/x`,
      },
    ],
  ])('is refused by name for %s', (_, target) => {
    const refused = expect.objectContaining({ field: 'model', reason: 'not-evaluable' });
    expect(() => jobOf(of(target), JUDGE, WANTED)).toThrow(refused);
  });

  test.each(['prompts.jsonl', 's3://bucket', 's3://BUCKET/x', 'https://x/y', 'Builtin.'])(
    'is refused with the data set %s',
    (dataset) => {
      const refused = expect.objectContaining({ field: 'dataset', reason: 'not-a-dataset' });
      expect(() => jobOf(model(), JUDGE, { ...WANTED, dataset })).toThrow(refused);
    },
  );
});

describe('what results say', () => {
  const means = (template: Parameters<typeof createTally>[0], ...lines: object[]) => {
    const tally = createTally(template);
    for (const line of lines) tally.add(JSON.stringify(line));
    tally.add('');
    return tally.means();
  };
  const scored = (...scores: object[]) => ({ automatedEvaluationResult: { scores } });

  test('is the mean of each metric, with Bedrock’s prefix or without, and of what has a number', () => {
    const lines = [
      scored({ metricName: 'Accuracy', result: 1 }, { metricName: 'Builtin.Toxicity', result: 0.5 }),
      scored({ metricName: 'Builtin.Accuracy', result: 0 }, { metricName: 'Toxicity', result: null }),
      scored({ metricName: 'Other', result: 9 }),
    ];
    expect(means(AUTOMATIC, ...lines)).toEqual({ 'Builtin.Accuracy': 0.5, 'Builtin.Toxicity': 0.5 });
  });

  test('is of people the share of thumbs, and the mean of a scale', () => {
    const answer = (thumb: boolean, scale: number) => ({
      answerContent: {
        evaluationResults: {
          thumbsUpDown: [{ metricName: 'Kind', modelResponseId: '0', result: thumb }],
          individualLikertScale: [{ metricName: 'Clear', modelResponseId: '0', result: scale }],
        },
      },
    });
    const line = { humanEvaluationResult: { humanAnswers: [answer(true, 5), answer(false, 2)] } };
    expect(means(HUMAN, line)).toEqual({ Kind: 0.5, Clear: 3.5 });
  });

  test('is of a knowledge base each turn’s', () => {
    const turn = (result: number) => ({ results: [{ metricName: 'Builtin.ContextRelevance', result }] });
    expect(means(RETRIEVAL, { conversationTurns: [turn(1), turn(0.5)] })).toEqual({ 'Builtin.ContextRelevance': 0.75 });
  });

  test('is nothing that a prompt or an answer says of itself', () => {
    const inputRecord = scored({ metricName: 'Accuracy', result: 1 });
    expect(
      means(AUTOMATIC, { inputRecord, modelResponses: [inputRecord], ...inputRecord.automatedEvaluationResult }),
    ).toEqual({});
  });

  test.each<[string, Record<string, number>, string[]]>([
    ['reached', { 'Builtin.Accuracy': 0.5, 'Builtin.Toxicity': 0.2 }, []],
    ['too low', { 'Builtin.Accuracy': 0.4999, 'Builtin.Toxicity': 0 }, ['Builtin.Accuracy 0.4999, at least 0.5']],
    ['too high', { 'Builtin.Accuracy': 1, 'Builtin.Toxicity': 0.21 }, ['Builtin.Toxicity 0.21, at most 0.2']],
    ['not scored', { 'Builtin.Accuracy': 1 }, ['Builtin.Toxicity was not scored']],
  ])('that is %s falls short of that', (_, scores, expected) => {
    expect(shortfalls(AUTOMATIC, scores)).toEqual(expected);
  });

  test('has drifted where it is worse by more than the template lets pass, whichever way worse is', () => {
    const first = { 'Builtin.Accuracy': 0.9, 'Builtin.Toxicity': 0.05 };
    expect(driftsOf(AUTOMATIC, first, { 'Builtin.Accuracy': 0.81, 'Builtin.Toxicity': 0 })).toEqual([]);
    expect(driftsOf(AUTOMATIC, first, { 'Builtin.Accuracy': 0.7, 'Builtin.Toxicity': 0.2 })).toEqual([
      'Builtin.Accuracy 0.7, was 0.9',
      'Builtin.Toxicity 0.2, was 0.05',
    ]);
    expect(driftsOf(JUDGE, { 'Builtin.Correctness': 1 }, { 'Builtin.Correctness': 0 })).toEqual([]);
  });
});

describe('a job that was asked for', () => {
  const at = '2026-06-01T12:00:00.000Z';
  const latest = { arn: 'b', of: 'x', at, status: 'Completed' };
  const look = (made: number) => ({
    look: async (arn: string) => ({ arn, name: '', status: 'Completed', made, output: '' }),
  });

  test('is none that another has followed since: its verdict would come back', async () => {
    const earlier = checkNew('a', latest, look(Date.parse(at) - 3_600_000));
    await expect(earlier).rejects.toMatchObject({ field: 'run', reason: 'was-evaluated' });
  });

  test('is the latest itself, or later, or the first', async () => {
    await checkNew('b', latest, look(0));
    await checkNew('a', latest, look(Date.parse(at) + 1));
    await checkNew('a', undefined, look(0));
  });
});

describe('the daily look', () => {
  const DAY = 86_400_000;
  const START = Date.UTC(2026, 5, 1, 5, 30);
  const monthly = { ...JSON.parse(JSON.stringify(JUDGE)), everyDays: 30, drift: 0.1 };

  async function setUp(changes: Document = {}) {
    let now = START;
    const items = memoryItems();
    items.edit(modelKey('m1'), modelDocument('m1', changes));
    const writer = createWriter({ items, clock: () => now, actor: 'sync' });
    await writer.setTemplate(monthly);
    const asked: string[] = [];
    const answers = new Map<string, { status?: string; failure?: string; score?: number; refused?: Error }>();
    const evaluations: Evaluations = {
      async start({ input }) {
        asked.push(input.jobName);
        return `arn:aws:bedrock:us-east-1:111122223333:evaluation-job/${asked.length}`;
      },
      async look(arn) {
        const { status = 'Completed', failure, refused } = answers.get(arn) ?? {};
        if (refused !== undefined) throw refused;
        return {
          arn,
          name: 'x',
          status,
          made: now,
          output: 's3://results',
          ...(failure === undefined ? {} : { failure }),
        };
      },
      async *lines({ arn }) {
        const { score } = answers.get(arn) ?? {};
        const scores = [{ metricName: 'Builtin.Correctness', result: score }];
        yield JSON.stringify({ automatedEvaluationResult: { scores } });
      },
    };
    const lines: string[] = [];
    const look = async (days: number) => {
      now = START + days * DAY;
      const done = await evaluateDue({
        writer,
        evaluations,
        stage: 'prod',
        clock: () => now,
        write: (l) => lines.push(l),
      });
      return { started: done.started.length, told: alertsOf(done).map(({ subject, text }) => `${subject}: ${text}`) };
    };
    const first = jobOf(await writer.showModel('m1'), JUDGE, WANTED);
    const begun = await evaluations.start(first);
    await writer.evaluationStarted('m1', 'quality', {
      arn: begun,
      of: first.of,
      status: 'InProgress',
      dataset: WANTED.dataset,
    });
    const ends = (job: number, what: { status?: string; failure?: string; score?: number; refused?: Error }) =>
      void answers.set(`arn:aws:bedrock:us-east-1:111122223333:evaluation-job/${job}`, what);
    return { writer, look, ends, asked, lines };
  }

  test('takes what is under way, and evaluates again when its days are over, under another name', async () => {
    const { look, ends, asked, writer, lines } = await setUp();
    ends(1, { status: 'InProgress' });
    expect(await look(1)).toEqual({ started: 0, told: [] });
    ends(1, { score: 0.95 });
    expect(await look(2)).toEqual({ started: 0, told: [] });
    expect(await look(29)).toEqual({ started: 0, told: [] });
    expect(await look(30)).toEqual({ started: 1, told: [] });
    expect(new Set(asked).size).toBe(2);
    ends(2, { score: 0.82 });
    const { told } = await look(31);
    expect(told).toEqual([
      expect.stringMatching(/^Tollgate: m1 is worse by quality: Builtin.Correctness 0.82, was 0.95\./),
    ]);
    await look(60);
    ends(3, { score: 0.5 });
    expect((await look(61)).told).toEqual([
      expect.stringMatching(/^Tollgate: m1 does not pass quality: .*0.5, at least 0.8/),
    ]);
    expect((await writer.showModel('m1')).evaluated).toMatchObject([
      { last: { passed: false }, first: { scores: {} } },
    ]);
    expect(lines.map((line) => JSON.parse(line).level)).toEqual([
      'info',
      'info',
      'info',
      'info',
      'warn',
      'info',
      'warn',
    ]);
  });

  test('tells of a job that fails or cannot be asked about, and keeps the verdict that there is', async () => {
    const { look, ends, writer } = await setUp();
    ends(1, { refused: Object.assign(new Error('no'), { name: 'AccessDeniedException' }) });
    expect((await look(1)).told).toEqual([expect.stringContaining('AccessDeniedException')]);
    ends(1, { score: 1 });
    await look(2);
    await look(31);
    ends(2, { status: 'Failed', failure: 'no such bucket' });
    expect((await look(32)).told).toEqual([expect.stringContaining('no such bucket')]);
    expect(await look(33)).toEqual({ started: 0, told: [] });
    expect((await writer.showModel('m1')).evaluated).toMatchObject([
      { job: { status: 'Failed' }, last: { passed: true } },
    ]);
  });

  test.each<[string, Document]>([
    ['a draft', { lifecycle: { status: 'draft' } }],
    ['retired', { lifecycle: { status: 'retired' } }],
  ])('starts nothing of a model that is %s', async (_, changes) => {
    const { look, ends } = await setUp(changes);
    ends(1, { score: 1 });
    await look(1);
    expect((await look(40)).started).toBe(0);
  });
});
