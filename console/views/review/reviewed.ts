/** What `GET /admin/review` answers, as far as the page reads it. */

export interface Finding {
  /** `reach`: more than was granted can be called. `broken`: what was granted cannot. */
  kind: 'reach' | 'broken';
  tenant: string | null;
  model: string | null;
  use: string | null;
  useCase?: string;
  place?: string;
  role?: string;
  reached: string | null;
  action: string | null;
  resource: string;
  reason: string;
}

export interface Risk {
  kind: string;
  level: 'high' | 'medium' | 'low';
  what: string;
  of: readonly string[];
}

export interface PolicyChange {
  session: string;
  change: 'new' | 'changed' | 'gone';
}

export interface Tenant {
  tenant: string;
  displayName?: string;
  standing: string;
  models: number;
  sessions: number;
  policies: number;
  questions: number;
  reach: number;
  broken: number;
  changed: number | null;
}

export interface Role {
  name: string;
  arn: string;
  trust: object;
  policies: readonly { name: string; document: object }[];
}

export interface Page {
  at: string;
  stage: string;
  closed: boolean;
  /** On the first page. */
  tenants?: { of: number; unusable: number };
  counts: { tenants: number; models: number; sessions: number; policies: number; questions: number };
  items: readonly Tenant[];
  findings: readonly Finding[];
  risks: readonly Risk[];
  roles: {
    source: 'deployed' | 'assumed';
    invoker: Role;
    functions: readonly Role[];
    trust: readonly { who: string; how: string; expected: boolean; allowed: boolean; reason: string }[];
  };
  since: { at: string | null; edit?: number; why: string };
  policyChanges: readonly PolicyChange[] | null;
  notes: readonly string[];
  next?: string;
}

/** What the pages that were read say together. */
export interface Whole {
  first: Page;
  items: readonly Tenant[];
  findings: readonly Finding[];
  risks: readonly Risk[];
  policyChanges: readonly PolicyChange[] | null;
  sessions: number;
  questions: number;
  next: string | undefined;
}

/** @param page the one behind those of `before` */
export function joined(before: Whole | undefined, page: Page): Whole {
  if (before === undefined)
    return {
      first: page,
      ...{ items: page.items, findings: page.findings, risks: page.risks, policyChanges: page.policyChanges },
      ...{ sessions: page.counts.sessions, questions: page.counts.questions, next: page.next },
    };
  return {
    first: before.first,
    items: [...before.items, ...page.items],
    // What is wrong with a role, or true of a model, every page says.
    findings: unique([...before.findings, ...page.findings], (one) => JSON.stringify(one)),
    risks: together([...before.risks, ...page.risks]),
    policyChanges:
      before.policyChanges === null || page.policyChanges === null
        ? null
        : [...before.policyChanges, ...page.policyChanges],
    sessions: before.sessions + page.counts.sessions,
    questions: before.questions + page.counts.questions,
    next: page.next,
  };
}

function together(risks: readonly Risk[]): Risk[] {
  const kinds = Map.groupBy(risks, ({ kind }) => kind);
  const order = ['high', 'medium', 'low'];
  return [...kinds.values()]
    .flatMap(([first, ...others]) =>
      first === undefined
        ? []
        : {
            ...first,
            of: unique(
              [first, ...others].flatMap(({ of }) => of),
              (one) => one,
            ),
          },
    )
    .sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}

function unique<T>(list: readonly T[], nameOf: (one: T) => string): T[] {
  return [...new Map(list.map((one) => [nameOf(one), one])).values()];
}
