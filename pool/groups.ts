import type { Providers } from '../contract/sign-in.ts';
import type { FederationEvent } from './event.ts';

/** What stands in the attribute for "in no group". */
const NONE = '[]';

/**
 * The values of an attribute. Cognito keeps several as `[a,b]`, each form-encoded, so that no name can hold a comma that parts it
 * (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html); a list in JSON
 * is read too. Anything else is one value, whatever is in it.
 */
export function valuesOf(attribute: string): string[] {
  const inner = /^\[(.*)\]$/s.exec(attribute)?.[1];
  if (inner === undefined) return [attribute];
  return jsonTexts(attribute) ?? inner.split(',').map((value) => formDecoded(value.trim()));
}

function jsonTexts(text: string): string[] | undefined {
  const value = jsonOf(text);
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
}

/** @returns undefined for what is no JSON */
export function jsonOf(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // It is none.
  }
  return value;
}

/** A member of that name, and none of those that every object has: names come from outside. */
export function own<T>(of: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}

function formDecoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    // Nobody encoded it; it is the name of a group only if it is one to the letter.
    return value;
  }
}

/**
 * Cognito keeps what a provider said once until the provider says something else, and most say nothing of somebody who is in no
 * group any more: that person would stay what the last group made of them. So the claim is put in where it is missing.
 *
 * @returns what is to be kept of what the provider said; empty, which Cognito takes for "all of it as it is", where the claim is there
 */
export function attributesToMap({ request }: FederationEvent, providers: Providers): Record<string, unknown> {
  const { providerName, providerType, attributes } = request;
  const claim = own(providers, providerName)?.claim;
  if (claim === undefined) return {};
  const { idToken, userInfo, samlResponse } = attributes;
  const said = providerType === 'SAML' ? { ...samlResponse } : { ...userInfo, ...idToken };
  const value = own<unknown>(said, claim);
  const isSaid = (typeof value === 'string' || Array.isArray(value)) && value.length > 0;
  return isSaid ? {} : { ...said, [claim]: NONE };
}
