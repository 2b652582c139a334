import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { ApiError } from '../../shared/kubernetes/errors.ts';
import { sentence } from '../errors.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

const ABOUT = 'cluster';
/** An answer that takes longer is slow: a review has two seconds (webhook.timeoutSeconds). */
const SLOW_MS = 1000;

const OTHER_CONTEXT = 'choose another context (kubectl config get-contexts; kubectl config use-context NAME)';
const CERTIFICATE = /self.signed certificate|unable to (verify|get)|certificate has expired|altname/i;

function failed(server: string, error: unknown): Finding {
  const { status } = error instanceof ApiError ? error : { status: 0 };
  if (status === 401)
    return finding(
      'failed',
      ABOUT,
      `${server} does not accept the credentials of this user (401): they have expired, or are of another cluster`,
      `sign in again, as for kubectl, or ${OTHER_CONTEXT}`,
    );
  if (status === 404)
    return finding('failed', ABOUT, `${server} is no Kubernetes API server: it has no /version`, OTHER_CONTEXT);
  const reason = sentence(error);
  if (/response is not JSON/.test(reason))
    return finding('failed', ABOUT, `${server} is no Kubernetes API server: it answers something else`, OTHER_CONTEXT);
  if (/credentials of user|no credentials came/.test(reason))
    return finding(
      'failed',
      ABOUT,
      `there are no credentials for ${server}: ${reason}`,
      `sign in again, as for kubectl, or run the command that the kubeconfig's user names, to see what it lacks; or ${OTHER_CONTEXT}`,
    );
  if (CERTIFICATE.test(reason))
    return finding(
      'failed',
      ABOUT,
      `the certificate of ${server} is not trusted: ${reason}`,
      'take a new kubeconfig from the cluster: its certificate-authority-data is of another cluster, or has expired',
    );
  return finding(
    'failed',
    ABOUT,
    `${server} does not answer: ${reason}`,
    `see that kubectl reaches it with this kubeconfig (kubectl version), or ${OTHER_CONTEXT}`,
  );
}

/** Whether the API server answers, accepts this user, and is quick. */
export async function checkCluster(client: KubeClient, now: () => number): Promise<Finding> {
  const startMs = now();
  try {
    const { gitVersion } = await client.request<{ gitVersion?: string }>('GET', '/version');
    if (gitVersion === undefined)
      return finding('failed', ABOUT, `${client.server} is no Kubernetes API server`, OTHER_CONTEXT);
    const tookMs = now() - startMs;
    const text = `${client.server} is Kubernetes ${gitVersion}`;
    if (tookMs <= SLOW_MS) return finding('ok', ABOUT, text);
    return finding(
      'warning',
      ABOUT,
      `${text}, and took ${(tookMs / 1000).toFixed(1)} s to say so`,
      'kubectl get --raw "/readyz?verbose" says what is wrong with it; if it is well, the network to it is slow',
    );
  } catch (error) {
    return failed(client.server, error);
  }
}
