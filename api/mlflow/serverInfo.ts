import { z } from 'zod';
import { call, type MlflowCall } from './call.ts';

/** What MLflow's clients and web page ask a server for first. A client sends a large file in parts only where this says that it may. */
export const SERVER_INFO_CALLS: readonly MlflowCall[] = [
  call({
    method: 'get',
    path: '/server-info',
    role: 'viewer',
    request: z.object({}),
    answer: () =>
      Promise.resolve({
        store_type: 'SqlStore',
        workspaces_enabled: false,
        trace_archival_enabled: false,
        multipart_uploads_enabled: true,
        multipart_downloads_enabled: false,
        presigned_upload_run_id_supported: false,
        presigned_upload_model_id_supported: false,
        features_enabled: { gateway: false },
      }),
  }),
];
