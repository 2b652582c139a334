import http from 'node:http';

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

/** Plain HTTP for the kubelet's probes: /livez answers as long as the process does, /readyz says `isReady`. Rejects when the port is taken. */
export async function startHealthServer(port: number, isReady: () => boolean, host = '0.0.0.0'): Promise<HealthServer> {
  const server = http.createServer((request, response) => {
    const known = request.url === '/livez' || request.url === '/readyz';
    const status = !known ? 404 : request.url === '/livez' || isReady() ? 200 : 503;
    response.writeHead(status, { 'content-type': 'text/plain' }).end(http.STATUS_CODES[status]);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
