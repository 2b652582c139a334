import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

import type { WebhookCertificate } from './keeper.ts';
import { expiryTime } from './validity.ts';

/** Registers the expiry of the certificate that is served, once per registry. */
export function createCertificateMetrics(registry: Registry, certificate: Pick<WebhookCertificate, 'current'>): void {
  new Gauge({
    name: 'tektrace_webhook_certificate_expiry_timestamp_seconds',
    help: 'When the certificate that is served expires',
    registers: [registry],
    collect() {
      this.set(expiryTime(certificate.current().certPem) / 1000);
    },
  });
}
