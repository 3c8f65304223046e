/** How many of each kind; those that a call has none of may be missing. */
export type Tokens = Readonly<Record<string, number>>;

/** A row of `GET /admin/requests`. */
export interface Call {
  request: string;
  at: string;
  tenant: string;
  principal: string;
  costCenter: string;
  surface: string;
  action: string;
  /** Empty where the tenant does not hold what was named. */
  model: string;
  wantedHash?: string;
  outcome: string;
  code: string;
  attempts: number;
  tokens: Tokens;
  estimated: boolean;
  cost: string | null;
  ms: number | null;
}

/** One attempt, of `GET /admin/requests/{id}`. */
export interface Attempt {
  invocation: string;
  model: string;
  region: string;
  outcome: string;
  code: string;
  tokens?: Tokens;
  cost?: string | null;
  tier?: string;
  ms?: number;
  firstByteMs?: number;
  /** For those who see every tenant. */
  nativeModel?: string;
  awsRequestId?: string;
}

export interface OneCall extends Call {
  tried: readonly Attempt[];
}

interface OutcomeWords {
  label: string;
  tone: 'neutral' | 'good' | 'warn' | 'bad' | 'info';
  about: string;
}

/** What the API’s words for how a call ended mean. */
export const OUTCOMES: Readonly<Record<string, OutcomeWords>> = {
  ok: { label: 'Answered', tone: 'good', about: 'It was answered in full.' },
  refused: { label: 'Refused', tone: 'warn', about: 'The gateway refused it, or the model as malformed. Nothing ran.' },
  denied: { label: 'Denied', tone: 'bad', about: 'AWS itself refused it, under the session policy of this one call.' },
  throttled: { label: 'Throttled', tone: 'warn', about: 'The model was too busy.' },
  failed: { label: 'Failed', tone: 'bad', about: 'The model said that it failed, or was not reached.' },
  interrupted: { label: 'Interrupted', tone: 'bad', about: 'The model had taken it, and the answer broke off.' },
  deadline: { label: 'Timed out', tone: 'bad', about: 'The gateway’s own time for it ran out.' },
  abandoned: { label: 'Abandoned', tone: 'neutral', about: 'Whoever called left before the end.' },
  counted: {
    label: 'Counted',
    tone: 'neutral',
    about: 'Tokens were counted, or a guardrail was applied. No model ran.',
  },
  retried: { label: 'Tried again', tone: 'neutral', about: 'Another attempt answered in its place.' },
  'in-flight': { label: 'In flight', tone: 'info', about: 'Its end has not been delivered yet.' },
  unsettled: { label: 'Unsettled', tone: 'warn', about: 'It began, and no end of it was ever delivered.' },
};

/** How an outcome is shown; one that is not known here is said as it stands. */
export function outcomeOf(outcome: string): OutcomeWords {
  return OUTCOMES[outcome] ?? { label: outcome, tone: 'neutral', about: '' };
}

/** `840 ms`, `2.4 s`, `3 min 5 s` */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

const KINDS: Readonly<Record<string, string>> = {
  input: 'Input',
  output: 'Output',
  cacheRead: 'Read from cache',
  cacheWrite: 'Written to cache',
  cacheWrite1h: 'Written to cache for an hour',
  reasoning: 'Of output, reasoning',
  images: 'Images',
  embeddings: 'Vectors',
  searches: 'Searches',
  calls: 'Sold by the call',
};

/** @returns the kinds that there are any of, named, in the API’s order; input and output always */
export function kindsOf(tokens: Tokens): { name: string; count: number }[] {
  return Object.entries(KINDS)
    .map(([kind, name]) => ({ kind, name, count: tokens[kind] ?? 0 }))
    .filter(({ kind, count }) => count > 0 || kind === 'input' || kind === 'output');
}

const TO_THE_SECOND = new Intl.DateTimeFormat('en-GB', {
  ...{ day: 'numeric', month: 'short' },
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
});

/** `29 Nov, 21:52:38`: several calls begin in a minute. */
export function second(at: string): string {
  return TO_THE_SECOND.format(new Date(at));
}

/** @returns enough of a request’s id to tell it from its neighbours: `1a9bb20e…` */
export function short(request: string): string {
  return request.length > 12 ? `${request.slice(0, 8)}…` : request;
}

/** A line that was delivered twice may be on two pages. */
export function joined(before: readonly Call[], more: readonly Call[]): readonly Call[] {
  const known = new Set(before.map(({ request }) => request));
  return [...before, ...more.filter(({ request }) => !known.has(request))];
}
