import type { Problem } from '../../contract/errors.ts';
import { THROTTLE_BURST_MAX, THROTTLE_RATE_MAX } from '../../contract/limits/units.ts';
import { STAGE, UNIT_PREFIX, unitStage } from '../../contract/names.ts';
import { nearest } from '../../contract/nearest.ts';
import { badEntries } from '../../registry/fields.ts';
import type { Document, Plain } from '../../registry/items.ts';

/**
 * `setup/configs.json` of AWS's guidance for a multi-tenant generative AI gateway, as units of `tollgate:units`. It has two forms: a
 * full deployment, and one of an API key, on the API of another entry (`PARENT_STACK_PREFIX`) or of an id (`API_GATEWAY_ID`).
 */

export interface ConfigsOptions {
  /** The stage of each unit; absent: `tollgate:stage` says it. */
  stage?: string;
  /** The stage of the API that an `API_GATEWAY_ID` names; absent: called as the unit's. */
  apiStage?: string;
}

export interface Configs {
  units: Document[];
  /** What has no counterpart here, and why, or is to be looked at: `[0].PANDAS_REQUIREMENTS is not used: ...` */
  notes: string[];
}

/** Why a member becomes nothing; or what of a unit it becomes, or else what is wrong with it. */
type Member = string | ((value: Plain, options: ConfigsOptions) => Document | string);

const NO_LAYERS = 'functions have no layers here: what they run is bundled from the lockfile';
const OWN_API =
  'must be the API of a Tollgate stage: the guidance’s own does not take keys from an authorizer; --api-stage says its stage';
const OWN_REGION = 'each call goes to the region of its model, at AWS’s own endpoint';

/** All that the setup has read in any of its versions. */
const MEMBERS: Readonly<Record<string, Member>> = {
  STACK_PREFIX: (value, { stage }) => {
    const prefix = prefixOf(value);
    if (prefix === undefined) return 'must be 1 to 18 letters, digits and "-", and not hold "tollgate"';
    if (stage !== undefined && !STAGE.test(unitStage(prefix, stage)))
      return `makes the stage’s name ${unitStage(prefix, stage)}, which must be at most 20 characters`;
    return { prefix, ...(stage === undefined ? {} : { stage }) };
  },
  PARENT_STACK_PREFIX: (value) => {
    const parent = prefixOf(value);
    return parent === undefined ? 'must be the prefix of another deployment' : { parent };
  },
  API_GATEWAY_ID: (value, { apiStage }) => {
    if (typeof value !== 'string' || !/^[a-z0-9]{1,64}$/.test(value)) return 'must be the id of a REST API';
    return { parent: { apiId: value, ...(apiStage === undefined ? {} : { stage: apiStage }) } };
  },
  API_GATEWAY_RESOURCE_ID: 'a usage plan is on an API’s stage, whatever its resources',
  API_THROTTLING_RATE: (value) => limit('throttleRate', value, THROTTLE_RATE_MAX),
  API_BURST_RATE: (value) => limit('throttleBurst', value, THROTTLE_BURST_MAX),
  VPC_CIDR: (value) =>
    typeof value === 'string' && /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/.test(value)
      ? { network: { cidr: value } }
      : 'must be a CIDR such as 10.10.0.0/16',
  BEDROCK_REGION: (value) =>
    typeof value === 'string' ? { modelRegions: [value] } : 'must be a region such as us-east-1',
  BEDROCK_ENDPOINT: OWN_REGION,
  BEDROCK_RUNTIME_ENDPOINT: OWN_REGION,
  SAGEMAKER_URL: OWN_REGION,
  SAGEMAKER_REGION: 'an endpoint’s region is said by its entry in the registry; it must be among modelRegions',
  SAGEMAKER_ENDPOINTS: 'an endpoint is an entry of the registry: tollgate model put',
  BEDROCK_REQUIREMENTS: NO_LAYERS,
  BEDROCK_SDK_URL: NO_LAYERS,
  LANGCHAIN_REQUIREMENTS: NO_LAYERS,
  PANDAS_REQUIREMENTS: NO_LAYERS,
};

/** A key deployment has these of its parent. */
const OF_A_WHOLE = ['VPC_CIDR', 'BEDROCK_REGION'];

/**
 * @param value what the file holds
 * @throws TollgateError `bad_entry` of everything that is not known or cannot be, e.g. `[1].API_BURST_RATE`
 */
export function unitsOf(value: Plain, options: ConfigsOptions): Configs {
  if (!Array.isArray(value) || value.length === 0) throw badEntries([problem('file', 'must be a list of deployments')]);
  const problems: Problem[] = [];
  const notes: string[] = [];
  const units = value.map((given, index) => {
    if (given !== null && typeof given === 'object' && !Array.isArray(given))
      return unitOf(given, options, {
        bad: (name, what) => problems.push(problem(`[${index}].${name}`, what)),
        note: (name, what) => notes.push(`[${index}].${name} ${what}`),
      });
    problems.push(problem(`[${index}]`, 'must be an object with members'));
    return {};
  });
  if (problems.length > 0) throw badEntries(problems);
  return { units, notes };
}

interface Tell {
  bad(name: string, what: string): void;
  note(name: string, what: string): void;
}

function unitOf(given: Document, options: ConfigsOptions, tell: Tell): Document {
  if (!isSaid(given.STACK_PREFIX)) tell.bad('STACK_PREFIX', 'is not set: each unit needs one of its own');
  const skipped = notAsked(given);
  const made: Document = {};
  for (const [name, value] of Object.entries(given)) {
    const member = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined;
    if (member === undefined) tell.bad(name, unknown(name));
    else if (!isSaid(value)) continue;
    else if (skipped.has(name) || typeof member === 'string')
      tell.note(name, `is not used: ${skipped.get(name) ?? member}`);
    else {
      const became = member(value, options);
      if (typeof became === 'string') tell.bad(name, became);
      else Object.assign(made, became);
      if (name === 'API_GATEWAY_ID') tell.note(name, OWN_API);
    }
  }
  return made;
}

/** What of the one form is not looked at in the other, as the setup has it, and why. */
function notAsked(given: Document): Map<string, string> {
  const isOfKey = ['API_GATEWAY_ID', 'PARENT_STACK_PREFIX'].some((name) => isSaid(given[name]));
  const isWhole = ['VPC_CIDR', 'LANGCHAIN_REQUIREMENTS', 'PANDAS_REQUIREMENTS'].every((name) => isSaid(given[name]));
  if (isWhole)
    return new Map(['API_GATEWAY_ID', 'PARENT_STACK_PREFIX'].map((name) => [name, 'this one is deployed whole']));
  if (!isOfKey) return new Map();
  const of = OF_A_WHOLE.map((name): [string, string] => [name, 'a usage plan has its parent’s']);
  return new Map(isSaid(given.API_GATEWAY_ID) ? [...of, ['PARENT_STACK_PREFIX', 'API_GATEWAY_ID says which API']] : of);
}

/** The guidance takes any text; a stack's is lower case here, and `_` is in no name of a bucket. */
function prefixOf(value: Plain): string | undefined {
  const prefix = typeof value === 'string' ? value.trim().toLowerCase().replaceAll('_', '-') : '';
  return UNIT_PREFIX.test(prefix) ? prefix : undefined;
}

function limit(member: string, value: Plain, max: number): Document | string {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= max
    ? { [member]: number }
    : `must be a whole number from 1 to ${max}`;
}

/** The setup's own file has members that are empty. */
function isSaid(value: Plain | undefined): boolean {
  return value !== undefined && value !== null && value !== '';
}

function unknown(name: string): string {
  const meant = nearest(name, Object.keys(MEMBERS));
  return `is not known${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function problem(path: string, what: string): Problem {
  return { path, reason: 'bad-config', message: what };
}

/**
 * The guidance's README has its file with comments, and with commas that stand within them or are missing there.
 *
 * @returns JSON of as many lines
 */
export function withoutComments(text: string): string {
  const string = '"(?:[^"\\\\\\n]|\\\\.)*"';
  const comment = '#.*|//.*|/\\*[^]*?\\*/';
  const bare = text
    .replaceAll('\r\n', '\n')
    .replace(new RegExp(`${string}|${comment}`, 'g'), (found) =>
      found.startsWith('"') ? found : `${/,\s*$/.test(found) ? ',' : ''}${found.replace(/[^\n]/g, '')}`,
    );
  return bare.replace(new RegExp(`${string}|,[\\s,]*[\\]}]?`, 'g'), (found) =>
    found.startsWith('"') ? found : `${/[\]}]$/.test(found) ? '' : ','}${found.replaceAll(',', '')}`,
  );
}
