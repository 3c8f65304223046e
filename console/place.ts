/** Where the page stands, with a slash at its end: `https://gateway.example/console/`. */
export const page = new URL('./', location.href.split(/[?#]/)[0]).href;

/** The gateway’s root, without a slash at its end. */
export const gateway = new URL('../', page).href.replace(/\/$/, '');
