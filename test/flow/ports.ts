import { createServer, type Server } from 'node:net';

/**
 * @param count how many ports in a row are needed
 * @returns the first of them; all were free a moment ago
 */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    // Below the range from which systems take ports for outgoing connections, which would come between; above 10,080, the last one
    // that fetch asks nothing of (https://fetch.spec.whatwg.org/#port-blocking).
    const first = 10_100 + Math.floor(Math.random() * 19_900);
    const servers = await Promise.all(Array.from({ length: count }, (_, i) => open(first + i)));
    await Promise.all(servers.map((server) => new Promise((resolve) => (server ? server.close(resolve) : resolve(0)))));
    if (servers.every((server) => server !== undefined)) return first;
  }
  throw new Error(`no ${count} free ports in a row`);
}

function open(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
