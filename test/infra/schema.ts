import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Property, PropertyType, SpecDatabase } from '@aws-cdk/service-spec-types';

/** What CloudFormation knows of every type of resource, as CDK itself is generated from it. Loading takes seconds. */
const db: SpecDatabase = loadAwsServiceSpecSync();

export interface Template {
  Resources: Record<string, Record<string, unknown>>;
  Parameters?: Record<string, unknown>;
  Outputs?: Record<string, unknown>;
}

/** Members that a resource may have beside its properties. */
const AROUND = new Set(
  'Type Properties DependsOn Condition Metadata DeletionPolicy UpdateReplacePolicy CreationPolicy UpdatePolicy'.split(
    ' ',
  ),
);

/** @returns what CloudFormation would not take, each with its path; none of a good template */
export function faultsOf(template: Template): string[] {
  const { Resources, Outputs = {} } = template;
  return [
    ...Object.entries(Resources).flatMap(([id, resource]) => resourceFaults(id, resource)),
    ...Object.entries({ ...Resources, ...Outputs }).flatMap(([id, part]) => referenceFaults(part, id, template)),
    ...circles(Resources),
  ];
}

/** Resources that wait for each other, of which CloudFormation would make none. */
function circles(resources: Template['Resources']): string[] {
  const done = new Set<string>();
  const from = (id: string, path: readonly string[]): string[] => {
    if (path.includes(id)) return [`${[...path.slice(path.indexOf(id)), id].join(' > ')}: wait for each other`];
    if (done.has(id)) return [];
    const found = [...awaited(resources[id])]
      .filter((one) => one in resources)
      .flatMap((one) => from(one, [...path, id]));
    done.add(id);
    return found;
  };
  return Object.keys(resources).flatMap((id) => from(id, []));
}

/** What must be there before a part of a template. */
function awaited(part: unknown): Set<string> {
  if (Array.isArray(part)) return new Set(part.flatMap((item) => [...awaited(item)]));
  if (!isObject(part)) return new Set();
  const { Ref: named, 'Fn::GetAtt': got, 'Fn::Sub': text, DependsOn: waits, ...others } = part;
  const [id] = [got].flat();
  const written = [...String([text].flat()[0]).matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
  return new Set([...[named, id, waits].flat().map(String), ...written.map(String), ...awaited(Object.values(others))]);
}

function resourceFaults(id: string, resource: Record<string, unknown>): string[] {
  const type = String(resource.Type);
  const around = Object.keys(resource)
    .filter((name) => !AROUND.has(name))
    .map((name) => `${id}.${name}: no member of a resource`);
  const properties = (resource.Properties ?? {}) as Record<string, unknown>;
  // What a custom resource takes is its function's to say.
  if (type.startsWith('Custom::')) return 'ServiceToken' in properties ? around : [...around, `${id}: no ServiceToken`];
  const known = resourceOf(type);
  if (known === undefined) return [...around, `${id}: there is no type ${type}`];
  return [...around, ...membersFaults(properties, known.properties, `${id}.Properties`)];
}

function resourceOf(type: string) {
  return db.lookup('resource', 'cloudFormationType', 'equals', type)[0];
}

/** What CloudFormation does to a resource when a property of it changes. */
export interface Found {
  path: string;
  replaces: boolean;
}

/** @returns each property of a type, however deep, whose own name is like `name`, and nothing of what lies in it */
export function propertiesLike(type: string, name: RegExp): Found[] {
  const found: Found[] = [];
  const seen = new Set<string>();
  const within = (properties: Record<string, Property>, path: string): void => {
    for (const [member, { type: of, causesReplacement }] of Object.entries(properties))
      if (name.test(member)) found.push({ path: path + member, replaces: causesReplacement === 'yes' });
      else into(of, `${path}${member}.`);
  };
  const into = (of: PropertyType, path: string): void => {
    if (of.type === 'array' || of.type === 'map') into(of.element, path);
    if (of.type === 'union') for (const one of of.types) into(one, path);
    if (of.type !== 'ref' || seen.has(of.reference.$ref)) return;
    seen.add(of.reference.$ref);
    within(db.get('typeDefinition', of.reference).properties, path);
  };
  within(resourceOf(type)?.properties ?? {}, '');
  return found;
}

function membersFaults(given: Record<string, unknown>, known: Record<string, Property>, path: string): string[] {
  const missing = Object.entries(known)
    .filter(([name, { required }]) => required === true && given[name] === undefined)
    .map(([name]) => `${path}.${name}: is required`);
  const wrong = Object.entries(given).flatMap(([name, value]) => {
    const property = known[name];
    if (property === undefined) return [`${path}.${name}: there is no such property`];
    return anyOf([property.type, ...(property.previousTypes ?? [])], value, `${path}.${name}`);
  });
  return [...missing, ...wrong];
}

/** Of several types one must fit; of those that do not, the nearest says why. */
function anyOf(types: readonly PropertyType[], value: unknown, path: string): string[] {
  const tried = types.map((type) => valueFaults(type, value, path));
  return tried.reduce((best, faults) => (faults.length < best.length ? faults : best));
}

function valueFaults(type: PropertyType, value: unknown, path: string): string[] {
  // What an intrinsic function gives is known only when the stack is deployed.
  if (isIntrinsic(value)) return [];
  switch (type.type) {
    case 'ref':
      return isObject(value)
        ? membersFaults(value, db.get('typeDefinition', type.reference).properties, path)
        : no(path, type);
    case 'tag':
      return isObject(value) && 'Key' in value && 'Value' in value ? [] : no(path, type);
    case 'array':
      if (!Array.isArray(value)) return no(path, type);
      return value.flatMap((item, index) => valueFaults(type.element, item, `${path}[${index}]`));
    case 'map':
      if (!isObject(value)) return no(path, type);
      return Object.entries(value).flatMap(([name, item]) => valueFaults(type.element, item, `${path}.${name}`));
    case 'union':
      return anyOf(type.types, value, path);
    case 'json':
      return isObject(value) || Array.isArray(value) || typeof value === 'string' ? [] : no(path, type);
    case 'string':
      // CloudFormation takes a number or a truth value where it wants text.
      if (value === null || typeof value === 'object') return no(path, type);
      return allowed(type.allowedValues, String(value), path);
    case 'date-time':
      return typeof value === 'string' ? [] : no(path, type);
    case 'integer':
      if (!isNumber(value) || !Number.isInteger(Number(value))) return no(path, type);
      return allowed(type.allowedValues, Number(value), path);
    case 'number':
      return isNumber(value) ? [] : no(path, type);
    case 'boolean':
      return value === 'true' || value === 'false' || typeof value === 'boolean' ? [] : no(path, type);
    default:
      return no(path, type);
  }
}

function allowed<T>(values: readonly T[] | undefined, value: T, path: string): string[] {
  return values === undefined || values.includes(value) ? [] : [`${path}: ${value} is none of ${values.join(', ')}`];
}

function no(path: string, { type }: PropertyType): string[] {
  return [`${path}: is not of the type ${type}`];
}

/** Every Ref and Fn::GetAtt of something that is there, and of an attribute that it has. */
function referenceFaults(value: unknown, path: string, template: Template): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => referenceFaults(item, `${path}[${index}]`, template));
  if (!isObject(value)) return [];
  const { Resources, Parameters = {} } = template;
  const { Ref: named, 'Fn::GetAtt': got } = value;
  if (typeof named === 'string' && !(named in Resources || named in Parameters || named.startsWith('AWS::')))
    return [`${path}: there is no ${named}`];
  if (got !== undefined) {
    const [id = '', attribute = ''] = [got].flat().map(String);
    const type = String(Resources[id]?.Type);
    if (type.startsWith('Custom::')) return [];
    return attribute in (resourceOf(type)?.attributes ?? {}) ? [] : [`${path}: ${id} has no attribute ${attribute}`];
  }
  return Object.entries(value).flatMap(([name, item]) => referenceFaults(item, `${path}.${name}`, template));
}

function isIntrinsic(value: unknown): boolean {
  if (!isObject(value)) return false;
  const [name = '', ...more] = Object.keys(value);
  return more.length === 0 && (name === 'Ref' || name === 'Condition' || name.startsWith('Fn::'));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && value !== '' && !Number.isNaN(Number(value)));
}
