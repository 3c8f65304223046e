/**
 * Node's own `http`. An `import` of it reads every export, and one of them, `WebSocket`, loads Node's own undici: 50 ms of a start, and
 * memory for good.
 */
export const { Agent, createServer, request } = process.getBuiltinModule('node:http');
