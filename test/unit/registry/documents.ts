import type { Budget } from '../../../contract/budget.ts';
import type { Document } from '../../../registry/items.ts';

/** Valid documents, to be changed in one place by a test. */

const stamps = { version: 1, updatedAt: '2026-01-01T00:00:00.000Z', updatedBy: 'test' };

export function modelDocument(id: string, changes: Document = {}): Document {
  return {
    v: 1,
    id,
    target: {
      kind: 'bedrock-model',
      modelId: 'amazon.nova-lite-v1:0',
      region: 'us-east-1',
      arn: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
    },
    lifecycle: { status: 'active' },
    prices: [{ version: '2026-01', from: '2026-01-01', usdPerMillion: { input: '0.06', output: '0.24' } }],
    ...stamps,
    ...changes,
  };
}

export function tenantDocument(id: string, changes: Document = {}): Document {
  return { v: 1, id, suspended: false, costCenter: 'CC-100', ...stamps, ...changes };
}

export function grantDocument(tenant: string, model: string, changes: Document = {}): Document {
  const { version } = stamps;
  return {
    v: 1,
    tenant,
    model,
    actions: ['invoke', 'stream', 'count'],
    version,
    grantedAt: stamps.updatedAt,
    grantedBy: stamps.updatedBy,
    ...changes,
  };
}

export function budget(id: string, changes: Partial<Budget> = {}): Budget {
  return { id, per: 'tenant', period: 'day', unit: 'usd', limit: '5', enforcement: 'hard', ...changes };
}

/** @param owner a tenant, or `*` */
export function budgetsDocument(owner: string, changes: Document = {}): Document {
  return { v: 1, owner, budgets: [{ ...budget('day') }], ...stamps, ...changes };
}
