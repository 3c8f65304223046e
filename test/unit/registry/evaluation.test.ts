import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../../../contract/identity.ts';
import { notPassed, versionOf } from '../../../registry/evaluation/standing.ts';
import { parseTemplate } from '../../../registry/evaluation/template.ts';
import type { Document } from '../../../registry/items.ts';
import { modelKey, tenantKey } from '../../../registry/keys.ts';
import { createLookup } from '../../../registry/lookup.ts';
import { parseModel } from '../../../registry/model.ts';
import { createWriter } from '../../../registry/writer.ts';
import { modelDocument, tenantDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

const ACME = parseTenantId('acme');
const requires = { evaluation: true };
const ROLE = 'arn:aws:iam::111122223333:role/evaluations';
const JUDGE = {
  ...{ id: 'quality', sort: 'judge', role: ROLE, output: 's3://results/here', task: 'General' },
  ...{ metrics: ['Builtin.Correctness', 'Builtin.Harmfulness'], judge: 'amazon.nova-pro-v1:0' },
  pass: { 'Builtin.Correctness': 0.8, 'Builtin.Harmfulness': { max: 0.1 } },
};
const HUMAN = {
  ...{ id: 'people', sort: 'human', role: ROLE, output: 's3://results', task: 'Generation' },
  ratings: [{ name: 'Friendly', rating: 'ThumbsUpDown' }],
  workflow: { flow: 'arn:aws:sagemaker:us-east-1:111122223333:flow-definition/review', instructions: 'Be kind.' },
  pass: { Friendly: 0.5 },
};

function setUp(changes: Document = { requires }) {
  const items = memoryItems();
  items.edit(tenantKey(ACME), tenantDocument('acme'));
  items.edit(modelKey('m1'), modelDocument('m1', changes));
  items.edit(modelKey('m2'), modelDocument('m2'));
  const writer = createWriter({ items, clock: () => Date.UTC(2026, 5, 1), actor: 'alice' });
  const verdict = (passed: boolean, template = 'quality') =>
    writer.evaluationRecorded('m1', template, { passed, by: 'bob' });
  const held = async () => {
    const reader = createLookup({ items, clock: () => 0, onUnusable: () => {} });
    return (await reader.tenant(ACME))?.models.map(({ id }) => id);
  };
  return { items, writer, verdict, held };
}

const elsewhere = (region: string) => ({
  kind: 'bedrock-model',
  modelId: 'amazon.nova-lite-v1:0',
  region,
  arn: `arn:aws:bedrock:${region}::foundation-model/amazon.nova-lite-v1:0`,
});

describe('a template', () => {
  test('is put, replaced, listed and removed, exported and applied, and its edits can be taken back', async () => {
    const { writer } = setUp();
    expect(await writer.setTemplate(JUDGE)).toMatchObject({ changed: true });
    await writer.setTemplate(HUMAN);
    await writer.setTemplate({ ...JUDGE, drift: 0.1, everyDays: 30 });
    expect((await writer.listTemplates()).map(({ id }) => id)).toEqual(['people', 'quality']);
    const { unusable: _, ...file } = await writer.export();
    const other = setUp().writer;
    const plan = await other.apply({ evaluations: file.evaluations });
    expect(plan.changes.map(({ item, does }) => [item, does])).toEqual([['evaluations', 'create']]);
    await plan.make();
    expect(await other.showTemplate('quality')).toMatchObject({ drift: 0.1 });
    await writer.removeTemplate('people');
    await expect(writer.showTemplate('people')).rejects.toMatchObject({ code: 'not_found', field: 'template' });
    const [last] = (await writer.history({ evaluations: true })).slice(-1);
    await writer.undo(last?.edit ?? 0);
    expect(await writer.showTemplate('people')).toEqual(HUMAN);
  });

  test.each<[string, object, Document, string, string]>([
    ['of no sort', JUDGE, { sort: 'magic' }, 'sort', 'unknown-sort'],
    ['whose role is none', JUDGE, { role: 'arn:aws:iam::1:user/x' }, 'role', 'not-a-role'],
    ['whose results have no bucket', JUDGE, { output: 'results/' }, 'output', 'not-a-bucket-uri'],
    ['of a task that there is not', JUDGE, { task: 'Cook' }, 'task', 'unknown-task'],
    ['of a metric that there is not', JUDGE, { metrics: ['Builtin.Correctnes'] }, 'metrics[0]', 'unknown-metric'],
    ['of no metric', JUDGE, { metrics: [] }, 'metrics', 'empty'],
    ['of a metric twice', JUDGE, { metrics: ['Builtin.Refusal', 'Builtin.Refusal'] }, 'metrics[1]', 'twice'],
    [
      'of answers and of passages',
      JUDGE,
      { metrics: ['Builtin.Correctness', 'Builtin.ContextCoverage'] },
      'metrics[0]',
      'not-with-retrieval',
    ],
    ['with no judge', { ...JUDGE, judge: undefined }, {}, 'judge', 'missing'],
    ['with a judge where none is asked', HUMAN, { judge: 'x' }, 'judge', 'not-of-this-sort'],
    ['with metrics of Bedrock’s for people', HUMAN, { metrics: ['Builtin.Accuracy'] }, 'metrics', 'not-of-this-sort'],
    ['that asks nobody', { ...HUMAN, workflow: undefined }, {}, 'workflow', 'missing'],
    [
      'whose flow is none',
      HUMAN,
      { workflow: { flow: 'arn:aws:iam::111122223333:role/x' } },
      'workflow.flow',
      'not-a-flow-definition',
    ],
    [
      'that compares models',
      HUMAN,
      { ratings: [{ name: 'Best', rating: 'ComparisonChoice' }] },
      'ratings[0].rating',
      'unknown-rating',
    ],
    ['with a bound of another metric', JUDGE, { pass: { Accuracy: 1 } }, 'pass.Accuracy', 'not-a-metric-of-it'],
    ['that nothing could pass', JUDGE, { pass: {} }, 'pass', 'empty'],
    ['that is evaluated never', JUDGE, { everyDays: 0 }, 'everyDays', 'too-small'],
    ['with parameters that are too long', JUDGE, { inference: { stop: 'x'.repeat(1_023) } }, 'inference', 'too-long'],
    ['with a member that there is not', JUDGE, { metric: 'x' }, 'metric', 'unknown-member'],
  ])('%s is refused, and the member named', (_, base, changes, field, reason) => {
    const given = JSON.parse(JSON.stringify({ ...base, ...changes }));
    expect(() => parseTemplate(given)).toThrow(expect.objectContaining({ code: 'bad_entry', field, reason }));
  });
});

describe('a model that requires an evaluation', () => {
  test('is granted once its version has passed, and not once it fails or is another; who holds it keeps it', async () => {
    const { writer, verdict, held } = setUp();
    await expect(writer.grant('acme', 'm1')).rejects.toMatchObject({ reason: 'not-evaluated' });
    await verdict(true);
    expect(await writer.grant('acme', 'm1')).toMatchObject({ changed: true });
    await verdict(false);
    expect(await held()).toEqual(['m1']);
    await writer.putTenant({ id: 'other', costCenter: 'x' });
    const refused = writer.grant('other', 'm1');
    await expect(refused).rejects.toMatchObject({
      reason: 'evaluation-failed',
      message: expect.stringContaining('quality'),
    });
    await verdict(true);
    await writer.putModel({ id: 'm1', target: elsewhere('us-west-2') });
    await expect(writer.grant('other', 'm1')).rejects.toMatchObject({ reason: 'not-evaluated' });
    expect(await held()).toEqual(['m1']);
    await writer.putModel({ id: 'm1', target: elsewhere('us-east-1') });
    expect(await writer.grant('other', 'm1')).toMatchObject({ changed: true });
  });

  test('is held to the latest verdict of every template, not to one that passed', async () => {
    const { writer, verdict } = setUp();
    await verdict(true);
    await verdict(false, 'people');
    await expect(writer.grant('acme', 'm1')).rejects.toMatchObject({ reason: 'evaluation-failed' });
  });

  test('is granted on its provenance’s word only as long as nobody has judged it', async () => {
    const { writer, verdict } = setUp({ requires, provenance: { evaluation: 'HELM 0.81' } });
    await writer.grant('acme', 'm1');
    await writer.revoke('acme', 'm1');
    await verdict(false);
    await expect(writer.grant('acme', 'm1')).rejects.toMatchObject({ reason: 'evaluation-failed' });
  });

  test('takes no way around: a bundle, a file, an undo, a wider term; what only narrows is let through', async () => {
    const { writer, verdict } = setUp();
    await verdict(true);
    await writer.grant('acme', 'm1', ['invoke']);
    const { edit = 0 } = await writer.revoke('acme', 'm1');
    await writer.putBundle({ id: 'all', models: ['m2'] });
    await writer.putBundle({ id: 'old', models: ['m1'] });
    await verdict(false);
    const failed = { reason: 'evaluation-failed' };
    await expect(writer.grant('acme', 'm1')).rejects.toMatchObject(failed);
    await expect(writer.grant('acme', { bundle: 'old' })).rejects.toMatchObject(failed);
    await expect(writer.changeBundle('all', { add: ['m1'] })).rejects.toMatchObject({ ...failed, field: 'models[0]' });
    await expect(writer.undo(edit)).rejects.toMatchObject(failed);
    const file = { tenants: [{ id: 'acme', grants: [{ model: 'm1' }] }] };
    await expect(writer.apply(file)).rejects.toMatchObject({ field: 'tenants[0].grants[0].model' });
    await verdict(true);
    await writer.grant('acme', 'm1', ['invoke', 'stream']);
    await verdict(false);
    await expect(writer.grant('acme', 'm1', ['invoke', 'stream', 'count'])).rejects.toMatchObject(failed);
    expect(await writer.grant('acme', 'm1', ['invoke'])).toMatchObject({ changed: true });
    expect(await writer.changeBundle('old', { drop: ['m1'] })).toMatchObject({ changed: true });
  });

  test('has no verdict by a put, a file or a rollback', async () => {
    const { writer, verdict } = setUp();
    await verdict(true);
    const { version } = await writer.showModel('m1');
    await verdict(false);
    const forged = [{ template: 'quality', last: { of: 'x', at: 'y', passed: true } }];
    await writer.putModel({ id: 'm1', evaluated: forged });
    await (await writer.apply({ models: [{ id: 'm1', evaluated: forged }] })).make();
    await writer.putModel({ id: 'm1', displayName: 'One' });
    await writer.rollback({ model: 'm1' }, version);
    const { evaluated, displayName } = await writer.showModel('m1');
    expect([evaluated?.map(({ last }) => last?.passed), displayName]).toEqual([[false], undefined]);
  });

  test('keeps the first that passed of a version, and begins anew with another', async () => {
    const { writer } = setUp();
    const ended = async (of: string, score: number, run: string) => {
      await writer.evaluationStarted('m1', 'quality', { arn: run, of, status: 'InProgress', dataset: 's3://a/b' });
      const verdict = { passed: true, scores: { 'Builtin.Correctness': score } };
      const { entry } = await writer.evaluationEnded('m1', 'quality', { arn: run, status: 'Completed', verdict });
      const [{ first, last } = {}] = entry.evaluated ?? [];
      return [first?.scores, last?.scores].map((scores) => scores?.['Builtin.Correctness']);
    };
    expect(await ended('v1', 0.9, 'a')).toEqual([0.9, 0.9]);
    expect(await ended('v1', 0.85, 'b')).toEqual([0.9, 0.85]);
    expect(await ended('v2', 0.8, 'c')).toEqual([0.8, 0.8]);
    const late = writer.evaluationEnded('m1', 'quality', { arn: 'a', status: 'Completed' });
    await expect(late).rejects.toMatchObject({ reason: 'not-the-latest' });
  });
});

test.each([
  ['nobody', { by: '' }, 'by', 'empty'],
  ['a name without end', { by: 'x'.repeat(5_000) }, 'by', 'too-long'],
  ['a note without end', { note: 'x'.repeat(501) }, 'note', 'too-long'],
])('a person’s verdict is not kept with %s', async (_, given, field, reason) => {
  const { writer } = setUp();
  await expect(writer.evaluationRecorded('m1', 'quality', { passed: true, by: 'bob', ...given })).rejects.toMatchObject(
    { field, reason },
  );
});

describe('the version that a verdict is of', () => {
  const of = (changes: Document) => versionOf(parseModel(modelDocument('m1', changes)));
  const places = (...regions: string[]) =>
    regions.map((region, index) => ({ target: elsewhere(region), weight: index + 1 }));

  test.each<[string, Document]>([
    ['its target', { target: elsewhere('us-west-2') }],
    ['a place more', { target: null, targets: places('us-east-1', 'us-west-2') } as Document],
    ['what its operator says is deployed there', { provenance: { version: '2' } }],
    ['the artifact', { provenance: { artifact: 's3://models/2' } }],
  ])('is another with %s', (_, changes) => {
    const { target, ...given } = changes;
    const document = target === null ? given : changes;
    const { target: _was, ...rest } = modelDocument('m1', document);
    expect(versionOf(parseModel(target === null ? rest : modelDocument('m1', document)))).not.toBe(of({}));
  });

  test('is the same with other prices, dates, weights, names and requirements', () => {
    const more = { prices: [], displayName: 'One', requires, lifecycle: { status: 'deprecated' } };
    expect(of(more)).toBe(of({}));
    const { target: _, ...rest } = modelDocument('m1');
    const listed = (targets: ReturnType<typeof places>) => versionOf(parseModel({ ...rest, targets }));
    const two = places('us-east-1', 'us-west-2');
    expect(listed([...two].reverse())).toBe(listed(two));
  });

  test('matters only to a model that requires one', () => {
    expect(notPassed(parseModel(modelDocument('m1')))).toBeUndefined();
  });
});
