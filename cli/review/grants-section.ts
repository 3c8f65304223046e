import { ACTIONS, type Restrictions } from '../../contract/model.ts';
import type { Holding } from '../../policies/review.ts';
import { restrictionsOf } from '../../registry/restrictions.ts';
import { audienceOf } from '../../registry/term.ts';
import { type Review, sessionsOf, usedFor } from '../../review/gather.ts';
import { type Content, type Html, html } from '../page/html.ts';
import { pagedTable } from '../page/paged.ts';
import { grid, moment } from '../page/table.ts';
import { listing } from './listing.ts';
import { demands } from './text.ts';

/** Cells of a table of tenants by models that are still looked over; beyond, each tenant is a row, and its models are among the grants. */
const CELLS_MAX = 4_000;

/** Tenants x models. A cell says which actions are open, or why none is. */
export function matrix(review: Review): Html {
  const { snapshot, holdings, findings } = review;
  if (snapshot.tenants.length * snapshot.models.length > CELLS_MAX) return tenants(review);
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
  const clients = clientsOf(review);
  const rows = snapshot.tenants.map(({ id, displayName, suspended }) => [
    html`${id}${displayName === undefined ? '' : html`<br><span class="soft">${displayName}</span>`}${
      suspended ? html`<br><span class="cell warn">suspended</span>` : ''
    }${snapshot.entries.has(id) ? '' : html`<br><span class="cell warn">${UNDECIDED}</span>`}${clients(id).map(
      (client) => html`<br><span class="soft">${client}</span>`,
    )}`,
    ...models.map((model) => cell(id, model)),
  ]);
  return html`<p>Rows are tenants, columns are models. “No” was not granted: our code refuses it, and no session policy of the tenant names it.</p>
${grid('Who may call which model, and what for', ['Tenant', ...models], rows, 'matrix')}`;
}

const UNDECIDED = 'refused: its budgets cannot be read';

function clientsOf({ snapshot }: Review): (tenant: string) => string[] {
  const clients = Map.groupBy(snapshot.clients, ({ tenant }) => String(tenant));
  return (tenant) => (clients.get(tenant) ?? []).map(({ client, issuer }) => `client ${client} of ${issuer}`);
}

/** An index of tenants, where there are too many for a table of tenants by models. */
function tenants(review: Review): Html {
  const { snapshot, holdings, findings } = review;
  const held = Map.groupBy(holdings, ({ tenant }) => String(tenant));
  const reaching = new Set(findings.filter(({ kind }) => kind === 'reach').map(({ tenant }) => tenant));
  const clients = clientsOf(review);
  const rows = snapshot.tenants.map(({ id, displayName = '', suspended }) => {
    const own = held.get(id) ?? [];
    const open = own.filter(({ decisions }) => ACTIONS.some((action) => decisions[action].allowed));
    const state = [
      ...(reaching.has(id) ? ['✗ reaches a model without a grant'] : []),
      ...(suspended ? ['suspended'] : []),
      ...(snapshot.entries.has(id) ? [] : [UNDECIDED]),
    ];
    return [id, displayName, state.join(', '), own.length, open.length, clients(id).join(', ')];
  });
  return html`<p>Of each tenant how many models it holds and how many of those are open to it; which they are, and what for, is below in “Every grant”: search for the tenant there. What is not listed there was not granted: our code refuses it, and no session policy of the tenant names it.</p>
${pagedTable({
  caption: `${snapshot.tenants.length} tenants`,
  columns: [
    { name: 'Tenant', kind: 'text' },
    { name: 'Name', kind: 'text' },
    { name: 'State', kind: 'text' },
    { name: 'Models', kind: 'count' },
    { name: 'Open', kind: 'count' },
    { name: 'Clients', kind: 'text' },
  ],
  rows,
  page: 50,
})}`;
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
  const sessions = sessionsOf(reviewed);
  const rows = snapshot.held.map(({ tenant, model, grant, ...term }) => {
    const holding = held.get(named(tenant, model, term));
    const demanded = holding === undefined ? [] : demands(holding.entry);
    return { tenant, model, grant, holding, demanded, sessions: sessions(tenant, model) };
  });
  return listing({
    caption: `${rows.length} grants`,
    head: ['Tenant', 'Model', 'Decision', 'The grant demands', 'Granted', 'Session policies'],
    rows,
    cells: ({ tenant, model, grant: { bundle, version, grantedAt, grantedBy }, ...row }) => [
      tenant,
      bundle === undefined ? model : html`${model}<br><span class="soft">of bundle ${bundle}</span>`,
      lines(reasons(row.holding)),
      row.demanded.length === 0 ? 'nothing more' : lines(row.demanded),
      html`${moment(new Date(grantedAt).toISOString())}<br><span class="soft">${grantedBy}, version ${version}</span>`,
      row.sessions.map(({ policy, refused, ...session }) =>
        policy === null
          ? html`${usedFor(session)}: none (${refused ?? ''})<br>`
          : html`${usedFor(session)}: <a href="#p-${policy.slice(0, 16)}"><code>${policy.slice(0, 8)}</code></a><br>`,
      ),
    ],
    texts: ({ tenant, model, grant: { bundle, version, grantedAt, grantedBy }, ...row }) => [
      tenant,
      bundle === undefined ? model : `${model} (of bundle ${bundle})`,
      reasons(row.holding).join('; '),
      row.demanded.join('; '),
      `${new Date(grantedAt).toISOString().slice(0, 10)} ${grantedBy}, version ${version}`,
      row.sessions
        .map(({ policy, refused, ...session }) => `${usedFor(session)} ${policy?.slice(0, 8) ?? `none (${refused})`}`)
        .join(', '),
    ],
  });
}

function lines(texts: readonly string[]): Content {
  return texts.map((text) => html`${text}<br>`);
}

function reasons(holding: Holding | undefined): string[] {
  if (holding === undefined) return ['unusable: refused'];
  return ACTIONS.map((action) => {
    const { allowed, reason } = holding.decisions[action];
    return `${action}: ${allowed ? 'yes' : 'no'}${reason === 'granted' ? '' : ` (${reason})`}`;
  });
}
