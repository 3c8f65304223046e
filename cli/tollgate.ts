#!/usr/bin/env node
// `npx tollgate` keeps a link to the program that it found first in a folder, and this was it.
await import(new URL('./tollgate.mjs', import.meta.url).href);
