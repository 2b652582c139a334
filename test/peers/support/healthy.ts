import https from 'node:https';

const TIMEOUT_MS = 5000;

/** Whether a server answers 200 at an https URL. Its certificate may be one that it has made for itself. */
export function isHealthy(url: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    https
      .get(url, { rejectUnauthorized: false, agent: false, timeout: TIMEOUT_MS }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      })
      .on('timeout', () => reject(new Error(`${url} does not answer`)))
      .on('error', reject);
  });
}
