import { z } from 'zod';
import { settingsOf } from './settings.ts';

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** By OpenTelemetry's own names: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
export const TRACES_SETTINGS = settingsOf(
  {
    OTEL_EXPORTER_OTLP_ENDPOINT: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Collector that traces are sent to, by OTLP over HTTP, such as http://127.0.0.1:4318; without one nothing is traced'),
    OTEL_EXPORTER_OTLP_HEADERS: z.string().optional().describe('Headers that the collector asks for: name=value, comma separated'),
    OTEL_SERVICE_NAME: z
      .string()
      .optional()
      .describe('Name of the service in traces, the same for every process that has it [movie-mlops-<process>]'),
    OTEL_RESOURCE_ATTRIBUTES: z.string().optional().describe('What else is said of the service in traces: name=value, comma separated'),
    OTEL_TRACES_SAMPLER: z.enum(SAMPLERS).optional().describe('Which traces are kept [parentbased_always_on]'),
    OTEL_TRACES_SAMPLER_ARG: z.coerce
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Share of the traces that are kept, where the sampler is by ratio [1]'),
  },
  ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers, ...env }) => {
    if (endpoint === undefined) return undefined;
    const given = {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: headers,
      OTEL_SERVICE_NAME: env.OTEL_SERVICE_NAME,
      OTEL_RESOURCE_ATTRIBUTES: env.OTEL_RESOURCE_ATTRIBUTES,
      OTEL_TRACES_SAMPLER: env.OTEL_TRACES_SAMPLER,
      OTEL_TRACES_SAMPLER_ARG: env.OTEL_TRACES_SAMPLER_ARG?.toString(),
    };
    const variables = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return { endpoint, variables: Object.fromEntries(variables) };
  },
);
export type TracesSettings = Readonly<NonNullable<ReturnType<typeof TRACES_SETTINGS.read>>>;
