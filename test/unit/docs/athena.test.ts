import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { USAGE_COLUMNS } from '../../../infra/athena-columns.ts';
import { VIEWS } from '../../../infra/athena-views.ts';
import { openCatalogue } from '../../infra/sql.ts';

const document = readFileSync(new URL('../../../docs/athena.md', import.meta.url), 'utf8');
const blocks = [...document.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, text = '']) => text);
const statements = blocks.flatMap((block) => block.split(/;\n/)).map((statement) => statement.trim());

describe('what docs/athena.md says', () => {
  test.each(statements.filter((statement) => /^(--[^\n]*\n)?SELECT [^…]*$/.test(statement)))('runs: %s', (sql) => {
    const catalogue = openCatalogue();
    expect(catalogue.all(sql)).toEqual([]);
  });

  test('its questions are more than one, and each names days', () => {
    const questions = statements.filter((statement) =>
      /FROM (usage|cost_by_\w+|top_movers|unpriced)\b/.test(statement),
    );
    expect(questions.length).toBeGreaterThan(3);
    for (const question of questions) expect(question).toMatch(/WHERE dt /);
  });

  test('the table that it declares over the output of UNLOAD has the columns of the ledger', () => {
    const [, declared = ''] =
      /CREATE EXTERNAL TABLE \w+ \(([\s\S]*?)\)\nPARTITIONED BY \(dt string\)/.exec(document) ?? [];
    const columns = [...declared.matchAll(/(\w+) (timestamp|string|bigint|decimal\(38,18\))/g)].map(
      ([, name, type]) => ({
        name,
        type,
      }),
    );
    expect(columns).toEqual(USAGE_COLUMNS);
  });

  test.each(VIEWS)('names the view $name', ({ name }) => {
    expect(document).toContain(`| \`${name}\` |`);
  });
});
