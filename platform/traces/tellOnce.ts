import { ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';
import { oneLine } from '../oneLine.ts';

/** An exporter that says once that the collector takes nothing, and once that it takes spans again; how many were lost meanwhile too. */
export function tellOnce(exporter: SpanExporter, log: Logger): SpanExporter {
  let lost = 0;
  return {
    export(spans, done) {
      exporter.export(spans, ({ code, error }) => {
        if (code === ExportResultCode.SUCCESS) {
          if (lost > 0) log.info({ lost }, 'the collector takes traces again');
          lost = 0;
        } else {
          if (lost === 0) log.warn({ reason: oneLine(error) }, 'the collector takes no traces; spans are lost until it does');
          lost += spans.length;
        }
        // Told here: the SDK would tell each batch.
        done({ code: ExportResultCode.SUCCESS });
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
