import { ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';
import { oneLine } from '../oneLine.ts';

/** An exporter that says once that the collector takes nothing, and once that it takes spans again. */
export function tellOnce(exporter: SpanExporter, log: Logger): SpanExporter {
  let isAway = false;
  return {
    export(spans, done) {
      exporter.export(spans, ({ code, error }) => {
        const fails = code !== ExportResultCode.SUCCESS;
        if (fails && !isAway) log.warn({ reason: oneLine(error) }, 'the collector takes no traces; spans are lost until it does');
        if (!fails && isAway) log.info('the collector takes traces again');
        isAway = fails;
        // Told here: the SDK would tell each batch.
        done({ code: ExportResultCode.SUCCESS });
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
