import { CONTROL } from '../../contracts/metrics/control.ts';
import { expiriesOf } from '../../platform/connections/certificates.ts';
import { addMetrics } from '../../platform/metrics.ts';
import type { ProcessContext } from '../../platform/process.ts';

/** Shows until when the certificates are valid that this process was started with. */
export function measureCertificates({ config, metrics }: Pick<ProcessContext, 'config' | 'metrics'>): void {
  const { certificate_expiry_timestamp_seconds } = addMetrics(metrics, CONTROL.certificates);
  for (const { what, until } of expiriesOf(config))
    certificate_expiry_timestamp_seconds.set({ certificate: what }, until.getTime() / 1_000);
}
