import { z } from 'zod';
import { settingsOf } from './settings.ts';

/** Where people look. */
export const CONSOLE_SETTINGS = settingsOf(
  {
    CONSOLE_URL: z
      .url()
      .optional()
      .describe(
        'Address that browsers reach the API by, without /console, where the other ports lie behind a proxy: whoever opens one of them is sent there [API_PORT of the same host]',
      ),
    TEMPORAL_UI_URL: z
      .url()
      .optional()
      .describe("Temporal's Web UI as browsers reach it, which the console's runs link to [that of the embedded Temporal, else none]"),
  },
  (env) => ({ url: env.CONSOLE_URL, temporalUiUrl: env.TEMPORAL_UI_URL }),
);
