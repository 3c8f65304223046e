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
  return (
    jsonTexts(attribute) ??
    inner
      .split(',')
      .map((value) => formDecoded(value.trim()))
      .filter((value) => value !== '')
  );
}

function jsonTexts(text: string): string[] | undefined {
  const value = jsonOf(text);
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
}

/** @returns undefined for what is no JSON */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
  const claim = Object.hasOwn(providers, providerName) ? providers[providerName]?.claim : undefined;
  if (claim === undefined) return {};
  const { idToken, userInfo, samlResponse } = attributes;
  const said = providerType === 'SAML' ? { ...samlResponse } : { ...userInfo, ...idToken };
  const value = Object.hasOwn(said, claim) ? said[claim] : undefined;
  const isSaid = (typeof value === 'string' || Array.isArray(value)) && value.length > 0;
  return isSaid ? {} : { ...said, [claim]: NONE };
}
