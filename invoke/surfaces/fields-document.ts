import type { Field, Fields, Schema } from './fields.ts';

/** A table of fields as JSON Schema (2020-12), for OpenAPI, and as a table for people. */

type JsonSchema = Record<string, unknown>;

/** What is refused is left out: a client that is made from this cannot send it. */
export function objectSchema(fields: Fields, required: readonly string[] = []): JsonSchema {
  const shown = Object.entries(fields).filter(([, { fate }]) => fate !== 'refused');
  return {
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(shown.map(([name, field]) => [name, fieldSchema(field)])),
  };
}

function fieldSchema({ fate, note, neutral: _, ...schema }: Field): JsonSchema {
  return { ...schemaOf(schema), description: fate === 'ignored' ? `Accepted and not used: ${note}` : note };
}

function schemaOf({ fields, required, by, items, values, ...plain }: Schema): JsonSchema {
  if (by !== undefined) {
    const { enum: words, ...typed } = plain;
    const forms = { oneOf: formsOf(by) };
    return words === undefined ? { ...plain, ...forms } : { ...typed, anyOf: [{ enum: words }, forms] };
  }
  return {
    ...plain,
    ...(fields === undefined ? {} : objectSchema(fields, required)),
    ...(items === undefined ? {} : { items: schemaOf(items) }),
    ...(values === undefined ? {} : { additionalProperties: schemaOf(values) }),
  };
}

function formsOf({ member, of, absent }: NonNullable<Schema['by']>): JsonSchema[] {
  return Object.entries(of).flatMap(([word, form]) => {
    if (form.refused !== undefined) return [];
    const named = word === absent ? [] : [member];
    const { properties, ...rest } = objectSchema(form.fields ?? {}, [...named, ...(form.required ?? [])]);
    return [{ ...rest, properties: { [member]: { const: word }, ...(properties as JsonSchema) } }];
  });
}

/** Rows of Markdown: `| member | what becomes of it | note |`, members of members below their own. */
export function fieldRows(fields: Fields, at = ''): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const path = at === '' ? name : `${at}.${name}`;
    return [`| \`${path}\` | ${field.fate} | ${cell(field.note)} |`, ...rowsBelow(field, path)];
  });
}

function rowsBelow({ fields, items, by }: Schema, path: string): string[] {
  if (items !== undefined) return rowsBelow(items, `${path}[]`);
  if (fields !== undefined) return fieldRows(fields, path);
  if (by === undefined) return [];
  const refused = (word: string, why: string): string =>
    `| \`${path} (${by.member}: ${word})\` | refused | ${cell(why)} |`;
  return [
    ...Object.entries(by.of).flatMap(([word, form]) =>
      form.refused === undefined
        ? fieldRows(form.fields ?? {}, `${path} (${by.member}: ${word})`)
        : [refused(word, form.refused)],
    ),
    ...(by.others === undefined ? [] : [refused('any other', by.others)]),
  ];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

const HEAD = `# What becomes of each member of a request

Made of the tables that check the requests, by \`npm run docs\`. *translated*: into the form that the model takes. *passed*: as it
came. *ignored*: accepted, and it changes no answer. *refused*: 400, which names the member; so is any member that is not here.
Null counts as absent.
`;

/** @param tables by their headings */
export function fieldsPage(tables: Readonly<Record<string, Fields>>): string {
  const sections = Object.entries(tables).map(
    ([heading, fields]) => `\n## ${heading}\n\n| member | | |\n| --- | --- | --- |\n${fieldRows(fields).join('\n')}\n`,
  );
  return [HEAD, ...sections].join('');
}
