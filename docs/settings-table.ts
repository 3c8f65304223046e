import { TOLD } from '../infra/settings/index.ts';
import { PREFIX } from '../infra/settings/setting.ts';

const BEGIN = '<!-- the settings, by npm run docs -->';
const END = '<!-- end of the settings -->';

/** @returns `page` with the table of the settings of a stage between its two marks */
export function withSettings(page: string): string {
  const [before, rest = ''] = page.split(BEGIN);
  const [, after] = rest.split(END);
  if (before === undefined || after === undefined) throw new Error('docs/deploy.md has lost a mark of its table');
  return `${before}${BEGIN}\n${table()}${END}${after}`;
}

function table(): string {
  const rows = Object.entries(TOLD).map(([name, { values, makes, costs, security }]) =>
    [`\`${PREFIX}${name}\`: ${values}`, makes, costs, security].map((cell) => cell.replaceAll('|', '\\|')).join(' | '),
  );
  return [
    'setting: values | what it makes | what it costs | what it changes for security',
    '--- | --- | --- | ---',
    ...rows,
  ]
    .map((row) => `| ${row} |\n`)
    .join('');
}
