import { aliasesDocument } from '../registry/alias.ts';
import { budgetsDocument } from '../registry/budget.ts';
import { clientDocument } from '../registry/client.ts';
import { grantDocument } from '../registry/grant.ts';
import { modelDocument } from '../registry/model.ts';
import { tenantDocument } from '../registry/tenant.ts';
import { isOpen, type Review } from './gather.ts';

/** A review for a program: the items as the registry writes them, and everything that was concluded. */
export function reviewJson(review: Review): object {
  const { at, by, stage, region, snapshot, holdings, roles, reviewed, rolesReviewed, findings } = review;
  return {
    at,
    by,
    stage,
    region,
    // The two exits of the command.
    closed: !isOpen(review),
    findings,
    risks: review.risks,
    tenants: snapshot.tenants.map(tenantDocument),
    models: snapshot.models.map(modelDocument),
    grants: snapshot.grants.map(grantDocument),
    budgets: snapshot.budgets.map(budgetsDocument),
    aliases: snapshot.aliases.map(aliasesDocument),
    clients: snapshot.clients.map(clientDocument),
    unusable: snapshot.unusable,
    decisions: holdings.map(({ tenant, entry, decisions }) => ({ tenant, model: entry.id, ...decisions })),
    sessions: reviewed.sessions,
    policies: reviewed.policies.map(({ text, ...policy }) => ({
      ...policy,
      chars: text.length,
      document: JSON.parse(text) as unknown,
    })),
    roles: {
      source: roles.source,
      assumer: roles.assumers.join(', '),
      invoker: roles.invoker,
      functions: roles.functions,
    },
    trust: rolesReviewed.trust,
    functions: rolesReviewed.functions,
    spokes: review.spokes.map(({ hop, documents, ...spoke }) => ({
      ...spoke,
      hop1: { hash: hop.hash, chars: hop.text.length, document: hop.document },
      documents,
    })),
    since: review.since,
    changes: review.changes,
    policyChanges: review.policyChanges,
    notes: review.notes,
  };
}
