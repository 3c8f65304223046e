import { TollgateError } from '../../../contract/errors.ts';
import { isModelId } from '../../fields.ts';
import { readAwsList } from './aws-list.ts';
import { isGuidance, readGuidance } from './guidance.ts';
import type { NameMap } from './match.ts';
import { readOwnCsv, readOwnJson } from './own.ts';
import type { Defaults, Reading } from './reading.ts';
import { member, membersOf, parseTree } from './tree.ts';

/**
 * Reads a file of prices, whatever it is: ours (JSON or CSV), an offer file of AWS's Price List, or the `models.json` of
 * AWS's guidance.
 *
 * @throws TollgateError `bad_entry` when it is none of them, or no usable JSON
 */
export function readPriceFile(text: string, defaults: Defaults): Reading {
  if (!/^\uFEFF?\s*[{[]/.test(text)) return readOwnCsv(text, defaults);
  const tree = parseTree(text);
  if (member(tree, 'products') !== undefined && member(tree, 'terms') !== undefined) return readAwsList(tree, defaults);
  if (member(tree, 'prices') !== undefined) return readOwnJson(tree, defaults);
  if (isGuidance(tree)) return readGuidance(tree, defaults);
  throw new TollgateError('bad_entry', {
    field: 'file',
    reason: 'unknown-format',
    message: 'The file is no list of prices that is known here: neither ours, nor AWS’s Price List, nor a models.json.',
  });
}

/** `{"Nova Lite": "nova-lite", "Nova Reel": null}`. @throws TollgateError `bad_entry` naming the member */
export function readNameMap(text: string): NameMap {
  const tree = parseTree(text);
  const fault = (field: string, reason: string) =>
    new TollgateError('bad_entry', {
      field,
      reason,
      message: `The map of names is not valid: ${field}: ${reason.replaceAll('-', ' ')}.`,
    });
  if (tree.is !== 'object') throw fault('file', 'not-an-object');
  return new Map(
    membersOf(tree).map(([name, value]): [string, string | null] => {
      if (value.is === 'other' && value.value === null) return [name, null];
      if (value.is !== 'text' || !isModelId(value.text)) throw fault(name, 'not-a-model-id');
      return [name, value.text];
    }),
  );
}
