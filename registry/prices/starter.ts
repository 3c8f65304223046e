/**
 * The prices that come with Tollgate: of Bedrock's models as public pages had them on the dates that each entry names.
 * They are to begin with; the bill is AWS's, so compare them with its Price List before anybody is billed by them.
 */
export const STARTER_PRICES = new URL('bedrock-2026-11.csv', import.meta.url);
