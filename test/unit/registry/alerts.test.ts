import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../../../contract/identity.ts';
import { differencesOf } from '../../../registry/difference.ts';
import { tenantKey } from '../../../registry/keys.ts';
import { createWriter } from '../../../registry/writer.ts';
import { tenantDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

const OPS = { id: 'ops', kinds: ['drift', 'budget'], to: { webhook: 'https://hooks.slack.com/services/T0/B0/secret' } };
const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:tollgate-prod-alarms';

function setUp() {
  const items = memoryItems();
  items.edit(tenantKey(parseTenantId('acme')), tenantDocument('acme'));
  return createWriter({ items, clock: () => 0, actor: 'alice' });
}

describe('who is told', () => {
  test('is set, replaced, listed and removed, and can be taken back with what is secret', async () => {
    const writer = setUp();
    expect(await writer.setReceiver(OPS)).toMatchObject({ changed: true, edit: 1 });
    await writer.setReceiver({ id: 'acme', kinds: ['budget'], tenant: 'acme', to: { topic: TOPIC } });
    await writer.setReceiver({ ...OPS, to: { topic: TOPIC } });
    await writer.undo(3);
    expect(await writer.listReceivers()).toEqual([
      { id: 'acme', kinds: ['budget'], tenant: 'acme', to: { topic: TOPIC } },
      { ...OPS, kinds: ['budget', 'drift'] },
    ]);
    await writer.removeReceiver('ops');
    await expect(writer.removeReceiver('ops')).rejects.toMatchObject({ code: 'not_found', field: 'alert' });
  });

  test('is exported whole, so that the file can be applied, and shown nowhere else', async () => {
    const writer = setUp();
    await writer.setReceiver(OPS);
    const file = await writer.export();
    expect(JSON.stringify(file.alerts)).toContain('/secret');
    const { unusable: _, ...entries } = file;
    const plan = await setUp().apply(entries);
    expect(plan.changes.map(({ item, does }) => [item, does])).toContainEqual(['alerts', 'create']);
    const log = [];
    for await (const change of writer.log()) log.push(change);
    const seen = JSON.stringify([await writer.history({ alerts: true }), log]);
    expect(seen).toContain('https://hooks.slack.com/… (sha256 ');
    expect(seen).not.toContain('secret"');
    expect(seen).not.toContain('services');
  });

  test('another URL of one host is a difference, though neither is shown', () => {
    const document = (path: string) => ({ alerts: [{ ...OPS, to: { webhook: `https://hooks.slack.com/${path}` } }] });
    const [difference, ...more] = differencesOf(document('one'), document('two'));
    expect(more).toEqual([]);
    expect(difference?.path).toBe('alerts[ops].to.webhook');
    expect(`${difference?.before} ${difference?.after}`).not.toMatch(/one|two/);
  });

  test.each<[string, object, string, string]>([
    ['of no kind', { kinds: [] }, 'kinds', 'empty'],
    ['of a kind that there is not', { kinds: ['weather'] }, 'kinds[0]', 'unknown-kind'],
    ['of a tenant that is not there', { tenant: 'nobody' }, 'tenant', 'no-such-tenant'],
    ['nowhere', { to: {} }, 'to', 'not-one-of-webhook-and-topic'],
    ['in two places', { to: { topic: TOPIC, ...OPS.to } }, 'to', 'not-one-of-webhook-and-topic'],
    ['without TLS', { to: { webhook: 'http://hooks.slack.com/x' } }, 'to.webhook', 'not-https'],
    ['with a password', { to: { webhook: 'https://a:b@hooks.slack.com/x' } }, 'to.webhook', 'not-https'],
    ['by another protocol', { to: { webhook: 'file:///etc/passwd' } }, 'to.webhook', 'not-https'],
    [
      'by a topic that the role may not publish to',
      { to: { topic: 'arn:aws:sns:eu-west-1:111122223333:ops' } },
      'to.topic',
      'not-a-topic-of-tollgate',
    ],
  ])('is refused by the member at fault: %s', async (_, change, field, reason) => {
    await expect(setUp().setReceiver({ ...OPS, ...change })).rejects.toMatchObject({
      code: 'bad_entry',
      field,
      reason,
    });
  });
});
