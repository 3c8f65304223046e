import { ACTIONS, type Restrictions } from '../../contract/model.ts';
import type { Holding } from '../../policies/review.ts';
import { restrictionsOf } from '../../registry/restrictions.ts';
import { audienceOf } from '../../registry/term.ts';
import { type Content, type Html, html } from '../page/html.ts';
import { grid, moment } from '../page/table.ts';
import { type Review, usedFor } from './gather.ts';
import { demands } from './text.ts';

/** Tenants x models. A cell says which actions are open, or why none is. */
export function matrix({ snapshot, holdings, findings }: Review): Html {
  const held = new Map(holdings.map((holding) => [`${holding.tenant} ${holding.entry.id}`, holding]));
  const granted = new Set(snapshot.held.map(({ tenant, model }) => `${tenant} ${model}`));
  const reached = new Set(
    findings.filter(({ kind }) => kind === 'reach').map(({ tenant, reached }) => `${tenant} ${reached}`),
  );
  const cell = (tenant: string, model: string): Content => {
    const name = `${tenant} ${model}`;
    if (reached.has(name)) return html`<span class="cell bad">✗ reached without a grant</span>`;
    const holding = held.get(name);
    if (holding !== undefined) return decision(holding);
    return granted.has(name) ? html`<span class="cell warn">grant unusable</span>` : html`<span class="none">no</span>`;
  };
  const models = snapshot.models.map(({ id }) => id);
  const clients = Map.groupBy(snapshot.clients, ({ tenant }) => tenant);
  const rows = snapshot.tenants.map(({ id, displayName, suspended }) => [
    html`${id}${displayName === undefined ? '' : html`<br><span class="soft">${displayName}</span>`}${
      suspended ? html`<br><span class="cell warn">suspended</span>` : ''
    }${snapshot.entries.has(id) ? '' : html`<br><span class="cell warn">refused: its budgets cannot be read</span>`}${(
      clients.get(id) ?? []
    ).map(({ client, issuer }) => html`<br><span class="soft">client ${client} of ${issuer}</span>`)}`,
    ...models.map((model) => cell(id, model)),
  ]);
  return html`<p>Rows are tenants, columns are models. “No” was not granted: our code refuses it, and no session policy of the tenant names it.</p>
${grid('Who may call which model, and what for', ['Tenant', ...models], rows, 'matrix')}`;
}

function decision({ entry, decisions }: Holding): Html {
  const open = ACTIONS.filter((action) => decisions[action].allowed);
  const more = [
    ...(entry.direct === true ? [html`<br><span class="cell warn">direct</span>`] : []),
    ...(Object.keys(restrictionsOf(entry)).length > 0 ? [html`<br><span class="soft">restricted</span>`] : []),
  ];
  if (open.length === 0)
    return html`<span class="cell warn">no: ${decisions[entry.actions[0] ?? 'invoke'].reason}</span>`;
  const deprecated = open.some((action) => decisions[action].reason === 'deprecated');
  return html`<span class="cell good">✓ ${open.join(', ')}</span>${
    deprecated ? html`<br><span class="cell warn">deprecated</span>` : ''
  }${more}`;
}

/** Every grant with what it demands, its decision and its policies. */
export function grants({ snapshot, holdings, reviewed }: Review): Html {
  const named = (tenant: string, model: string, term: Restrictions) => `${tenant} ${model} ${audienceOf(term)}`;
  const held = new Map(holdings.map((one) => [named(one.tenant, one.entry.id, one.entry), one]));
  const sessions = Map.groupBy(reviewed.sessions, ({ tenant, model }) => `${tenant} ${model}`);
  const rows = snapshot.held.map(({ tenant, model, grant, ...term }) => {
    const { bundle, version, grantedAt, grantedBy } = grant;
    const name = `${tenant} ${model}`;
    const holding = held.get(named(tenant, model, term));
    const demanded = holding === undefined ? [] : demands(holding.entry);
    return [
      tenant,
      bundle === undefined ? model : html`${model}<br><span class="soft">of bundle ${bundle}</span>`,
      holding === undefined ? 'unusable: refused' : reasons(holding),
      demanded.length === 0 ? 'nothing more' : demanded.map((text) => html`${text}<br>`),
      html`${moment(new Date(grantedAt).toISOString())}<br><span class="soft">${grantedBy}, version ${version}</span>`,
      (sessions.get(name) ?? []).map(({ policy, refused, ...session }) =>
        policy === null
          ? html`${usedFor(session)}: none (${refused ?? ''})<br>`
          : html`${usedFor(session)}: <a href="#p-${policy.slice(0, 16)}"><code>${policy.slice(0, 8)}</code></a><br>`,
      ),
    ];
  });
  return grid(
    `${rows.length} grants`,
    ['Tenant', 'Model', 'Decision', 'The grant demands', 'Granted', 'Session policies'],
    rows,
  );
}

function reasons({ decisions }: Holding): Content {
  return ACTIONS.map((action) => {
    const { allowed, reason } = decisions[action];
    return html`${action}: ${allowed ? 'yes' : 'no'}${reason === 'granted' ? '' : ` (${reason})`}<br>`;
  });
}
