/**
 * US dollars as they are written: up to 9 digits before and 12 behind the point, never a sign, an exponent or a binary
 * fraction. What fits is a whole number of 10^-12 dollars, so nothing is ever rounded.
 */
export const DOLLARS = /^(0|[1-9]\d{0,8})(\.\d{1,12})?$/;

/** A count in plain notation: up to 15 digits, which a JavaScript number still holds exactly. */
export const COUNT = /^(0|[1-9]\d{0,14})$/;
