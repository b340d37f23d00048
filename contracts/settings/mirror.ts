import { z } from 'zod';
import { settingsOf } from './settings.ts';

/** Where else the registry is logged. Their names are their own: `MLFLOW_TRACKING_…` is what clients of this platform export to reach it. */
export const MIRROR_SETTINGS = settingsOf(
  {
    MLFLOW_MIRROR_URI: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('MLflow server that runs and versions of our trainings are also logged to, http(s)://[user:password@]host[:port]'),
    MLFLOW_MIRROR_USERNAME: z.string().optional().describe('Who logs there, where the address does not say so'),
    MLFLOW_MIRROR_PASSWORD: z.string().optional().describe('The password of that user'),
    MLFLOW_MIRROR_TOKEN: z.string().optional().describe('Bearer token, in place of user and password'),
    MLFLOW_MIRROR_SOURCES: z
      .url()
      .optional()
      .describe(
        'Where the readers of that server fetch our versions [http://127.0.0.1:<MLFLOW_PORT>/ajax-api/2.0/mlflow-artifacts/artifacts]',
      ),
    MLFLOW_MIRROR_FILES_MB: z.coerce
      .number()
      .int()
      .min(0)
      .default(1024)
      .describe('Size of a version up to which its files are copied there, where that server keeps files itself (MB); 0: none are'),
  },
  ({ MLFLOW_MIRROR_URI: uri, MLFLOW_MIRROR_SOURCES: sources, ...env }) => {
    if (uri === undefined) return undefined;
    const { username, password, origin, pathname } = new URL(uri);
    const user = decodeURIComponent(username) || env.MLFLOW_MIRROR_USERNAME;
    return {
      url: origin + pathname.replace(/(?<!\/)\/+$/, ''),
      token: env.MLFLOW_MIRROR_TOKEN,
      user: user === undefined ? undefined : { name: user, password: decodeURIComponent(password) || (env.MLFLOW_MIRROR_PASSWORD ?? '') },
      sources: sources?.replace(/(?<!\/)\/+$/, ''),
      filesMost: env.MLFLOW_MIRROR_FILES_MB * 2 ** 20,
    };
  },
);
export type MirrorSettings = Readonly<NonNullable<ReturnType<typeof MIRROR_SETTINGS.read>>>;
