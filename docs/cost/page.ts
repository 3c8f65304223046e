import { type IdleLine, idleCost, idleLines, type Resource } from './idle.ts';
import { CALL, containerMillion, lambdaMillion, type MillionLine, moreMillion } from './million.ts';
import { PRICED_AT, PRICES, type Price } from './prices.ts';

/** An option of a deployment, and the template that it makes. */
export type Option = readonly [name: string, template: Readonly<Record<string, Resource>>];

/** The parts of docs/cost.md that are made from templates and prices, by the name of their mark. */
export function costParts(options: readonly Option[]): Record<string, string> {
  const [, plain = {}] = options[0] ?? [];
  const base = idleCost(plain);
  return {
    idle: table(
      ['a month', 'how many', 'of them free', 'US dollars'],
      [...idleLines(plain).map(idleRow), ['**in all**', '', '', `**${dollars(base)}**`]],
    ),
    options: table(
      ['option', 'US dollars a month, idle', 'more than the default'],
      options.map(([name, template]) => {
        const cost = idleCost(template);
        return [name, dollars(cost), cost - base < 0.005 && base - cost < 0.005 ? '' : signed(cost - base)];
      }),
    ),
    lambda: millions(lambdaMillion()),
    container: millions(containerMillion()),
    more: table(['beside', 'a call', 'US dollars a million'], moreMillion().map(millionRow)),
    assumed: table(
      ['a call', 'is taken to be'],
      [
        ['lasts', `${CALL.seconds} s`],
        [
          'decided by the authorizer',
          `one in ${CALL.perDecision}, in ${CALL.decisionMs} ms; the others by its kept answer`,
        ],
        ['body', `${CALL.bodyKb} KB both ways`],
        ['usage lines', `two, ${CALL.usageKb} KB together`],
        ['lines of Lambda’s and API Gateway’s own', `${CALL.othersKb} KB (?)`],
        ['AssumeRole', 'free, and kept for a quarter of an hour'],
      ],
    ),
    prices: table(
      ['what', 'US dollars', 'free each month and account', 'page'],
      (Object.entries(PRICES) as [string, Price][]).map(([what, { usd, per, free = '', page, told }]) => [
        what,
        `${Number(usd.toFixed(4))} ${per}${told === 'unverified' ? ' (?)' : ''}`,
        free,
        page,
      ]),
    ),
    date: `Prices: us-east-1, ${PRICED_AT}.\n`,
  };
}

/** @returns `page` with each part between its marks */
export function withCosts(page: string, options: readonly Option[]): string {
  return Object.entries(costParts(options)).reduce((text, [name, part]) => {
    const [begin, end] = [`<!-- ${name}, by npm run docs -->\n`, `<!-- end of ${name} -->`];
    const [before, rest = ''] = text.split(begin);
    const [, after] = rest.split(end);
    if (before === undefined || after === undefined) throw new Error(`docs/cost.md has lost a mark of ${name}`);
    return `${before}${begin}${part}${end}${after}`;
  }, page);
}

function idleRow({ what, count, free, usd }: IdleLine): string[] {
  // What is sold by the million is counted in millions.
  const many = Number.isInteger(count) ? String(count) : count < 1 ? String(Math.round(count * 1e6)) : String(count);
  return [what, many, free === 0 ? '' : String(free), dollars(usd)];
}

function millions(lines: readonly MillionLine[]): string {
  const sum = lines.reduce((total, { usd }) => total + usd, 0);
  return table(
    ['', 'a call', 'US dollars a million'],
    [...lines.map(millionRow), ['**in all**', '', `**${dollars(sum)}**`]],
  );
}

function millionRow({ what, how, usd }: MillionLine): string[] {
  return [what, how, dollars(usd)];
}

function dollars(usd: number): string {
  return usd.toFixed(2);
}

function signed(usd: number): string {
  return `${usd < 0 ? '−' : '+'}${dollars(Math.abs(usd))}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
